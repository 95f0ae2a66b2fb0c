"""The wheel: it contains everything that the kit needs, under one name."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The files of each part that an installed kit needs, as patterns in the repository.
NEEDED = {
    "adapters": ("*.py", "*.toml", "*.json"),
    "adapters/pyodide": ("*.mjs",),
    "adapters/runner": ("*.py",),
    "conformance": ("*.py",),
    "conformance/battery": ("*.py",),
    "conformance/battery/*": ("*.py",),
    "conformance/spec": ("*.toml", "*.tsv", "VERSION"),
    "conformance/harness": ("*.py",),
    "frontends": ("*.py", "*.toml"),
    "frontends/commands": ("*.py",),
    "exploration": ("*.py",),
    "exploration/scenarios": ("*.py", "*.toml"),
    "reference": ("*.py", "*.pyi", "py.typed"),
    "reports": ("*.py",),
    "reports/results": ("*.json",),
    "reports/templates": ("*.html", "*.css", "*.js"),
    "reports/templates/page": ("*.js",),
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a wheel that was built from a copy of the repository."""
    if importlib.util.find_spec("build") is None:
        pytest.skip("the package build is not installed")
    if int(importlib.metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("setuptools 77 or newer is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "kit"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for part in ("adapters", "conformance", "exploration", "frontends", "reference", "reports"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, copy],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("part", "pattern"), [(part, pattern) for part in NEEDED for pattern in NEEDED[part]]
)
def test_what_the_kit_needs_is_in_the_wheel(names: set[str], part: str, pattern: str) -> None:
    found = ROOT.glob(f"{part}/{pattern}")
    needed = {f"threadspec/{path.relative_to(ROOT).as_posix()}" for path in found}
    assert needed
    assert needed <= names


def test_the_wheel_puts_one_name_into_site_packages(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"threadspec"}


def test_the_wheel_brings_its_commands_and_its_licence(names: set[str]) -> None:
    ends = {name.split(".dist-info/")[1] for name in names if ".dist-info/" in name}
    assert {"entry_points.txt", "METADATA", "licenses/LICENSE"} <= ends
