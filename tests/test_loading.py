"""How a worker describes an implementation: the version that its record carries."""

from __future__ import annotations

import platform
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from threadspec.conformance.harness import loading

Load = Callable[..., types.ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write a module into a folder of packages, and import it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def load(name: str, source: str = "", **metadata: str) -> types.ModuleType:
        file = folder / (name.replace(".", "/") + ".py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
        information = folder / metadata.pop("folder", "none")
        for part, text in metadata.items():
            information.mkdir(exist_ok=True)
            path = information / {"top_level": "top_level.txt", "pkg_info": "PKG-INFO"}.get(
                part, part.upper()
            )
            path.write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return loading.load(name)

    return load


def version(module: types.ModuleType) -> str | None:
    """The version in the description of a module."""
    found: str | None = loading.describe(module)["version"]
    return found


METADATA = "Metadata-Version: 2.1\nName: Green-Threads\nVersion: 4.5.6\n\nVersion: 0\n"


def test_a_module_s_own_version_comes_first(load: Load) -> None:
    module = load(
        "greenish1", "__version__ = '1.2'", folder="greenish1-9.9.dist-info", metadata=METADATA
    )
    assert version(module) == "1.2"


@pytest.mark.parametrize(
    "files",
    [
        {"folder": "greenish2-4.5.6.dist-info", "metadata": METADATA},
        {"folder": "Other-4.5.6.dist-info", "metadata": METADATA, "top_level": "x\ngreenish2\n"},
        {
            "folder": "other-4.5.6.dist-info",
            "metadata": METADATA,
            "record": "other-4.5.6.dist-info/RECORD,,\ngreenish2.py,sha256=x,1\n",
        },
        {"folder": "greenish2.egg-info", "pkg_info": METADATA},
        {"folder": "other-4.5.6-py2.7.egg-info", "pkg_info": METADATA, "top_level": "greenish2"},
    ],
)
def test_a_module_without_a_version_has_its_distribution_s(
    load: Load, files: dict[str, str]
) -> None:
    assert version(load("greenish2", **files)) == "4.5.6"


def test_a_module_of_no_distribution_has_no_version(load: Load) -> None:
    assert version(load("greenish3")) is None


def test_a_module_of_the_standard_library_has_the_interpreter_s_version() -> None:
    assert version(sys.modules["threading"]) == platform.python_version().rstrip("+")


def test_what_set_up_code_has_made_has_the_versions_of_the_libraries_it_comes_from(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    green = load("greenish6", "__version__ = '1'\nclass Lock: pass\n")
    made = types.ModuleType("greenish7")
    monkeypatch.setitem(sys.modules, "greenish7", made)
    made.Event = type("Event", (), {"__module__": "greenish7"})  # type: ignore[attr-defined]
    assert version(made) is None
    for one in (made, types.SimpleNamespace()):
        one.Lock = green.Lock  # type: ignore[attr-defined]
        assert version(one) == "greenish6 1"


def test_a_patched_module_has_the_version_of_the_library_as_well(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "class Lock: pass\nclass Event: pass\n"
    green = load("greenish4", source, folder="greens-4.5.6.dist-info", metadata=METADATA)
    threading = sys.modules["threading"]
    monkeypatch.setattr(threading, "Lock", green.Lock)
    monkeypatch.setattr(threading, "Event", green.Event)
    expected = f"{platform.python_version()} with greenish4"
    assert version(threading) == f"{expected} of unknown version"
    monkeypatch.setattr(green, "__version__", "7.8", raising=False)
    assert version(threading) == f"{expected} 7.8"
    other = load("greenish5", "__version__ = '1'\nclass Timer: pass\n")
    monkeypatch.setattr(threading, "Timer", other.Timer)
    assert version(threading) == f"{expected} 7.8 and greenish5 1"


def test_what_is_no_module_is_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java package is in sys.modules of Jython, where a function of threading comes from it."""
    monkeypatch.setitem(sys.modules, "org", types.SimpleNamespace(__name__="org", __file__="org"))
    made = type("Event", (), {"__module__": "org.python.modules.thread.thread"})
    monkeypatch.setattr(sys.modules["threading"], "Event", made)
    assert version(sys.modules["threading"]) == platform.python_version()
