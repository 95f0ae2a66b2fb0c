"""Shared fixtures: a way to write a small implementation, a clean environment, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quality import browser as browsers

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def no_outer_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings of the outer pytest run from affecting the runs inside the tests."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write the source of an implementation to the current folder; return its module name."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        return name

    return write


@pytest.fixture(scope="module")
def window() -> Iterator[browsers.Page]:
    """A browser's page, for the tests of a module."""
    with browsers.browser() as shown:
        yield shown


@pytest.fixture
def shown(window: browsers.Page) -> Iterator[browsers.Page]:
    """The browser's page, in a window for a desktop; nothing may go wrong in it."""
    window.resize(1280, 900)
    window.media()
    yield window
    assert window.complaints() == []
