"""What a shell completes besides commands and options: implementations, clauses and files.

argcomplete asks these functions in a process of the command that prints nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from threadspec.adapters import adapter, interpreters
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import battery

Completer = Callable[..., Iterable[str]]


def completed(action: argparse.Action, completer: Completer) -> None:
    """Let a shell complete the values of an option or an argument."""
    action.completer = completer  # type: ignore[attr-defined]


def implementations(prefix: str, **_: Any) -> list[str]:
    """Adapters of the kit, then those in adapter files, each with an interpreter after its @."""
    from argcomplete.completers import FilesCompleter  # which only a shell needs

    base, at, _rest = prefix.partition("@")
    if at:
        return [f"{base}@{one.label}" for one in interpreters.found()]
    files = [name for name in FilesCompleter(["toml"])(prefix) if not Path(name).is_dir()]
    folders = [name for name in FilesCompleter(["toml"])(prefix) if Path(name).is_dir()]
    return [*adapter.known(), "all", *files, *folders]


def clauses(prefix: str, **_: Any) -> list[str]:
    """The ids of clauses, and the chapters."""
    found = catalogue()
    return [*(one.name for one in found.chapters), *(one.id for one in found.clauses)]


def parts(prefix: str, **_: Any) -> list[str]:
    """What a run can be restricted to: chapters, clauses, files of the battery and cases."""
    if prefix.startswith("battery/"):
        cases = [one.id for one in battery()]
        files = list(dict.fromkeys(one.partition("::")[0] for one in cases))
        return cases if "::" in prefix else files
    return clauses(prefix)
