"""The reference as a module: its names, and the clauses that its docstrings cite."""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import threadspec.reference as threading
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.worker.case import DOCUMENTED

FOLDER = Path(threading.__file__).parent
CITATION = re.compile(r"``([a-zA-Z_]+(?:[.-][a-zA-Z_*-]+)+)``")
MODULES = ("sys.", "os.", "threading.", "time.")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_docstrings_cite_clauses_that_exist(path: Path) -> None:
    cited = CITATION.findall(path.read_text(encoding="utf-8"))
    clauses = [one for one in cited if not one.startswith(MODULES)]
    known = [clause.id for clause in catalogue().clauses]
    unknown = [one for one in clauses if not any(fnmatchcase(clause, one) for clause in known)]
    assert unknown == []


@pytest.mark.parametrize("name", threading.__all__)
def test_every_public_name_is_documented_and_cites_a_clause(name: str) -> None:
    public = getattr(threading, name)
    if isinstance(public, type) and issubclass(public, Exception):
        return  # ThreadError is the thread layer's own
    texts = [public.__doc__ or ""]
    if not public.__module__.startswith("threadspec."):
        # The thread layer's own: the chapter says what there is to say.
        chapter = sys.modules[f"threadspec.reference.{name}"]
        texts.append(chapter.__doc__ or "")
    if isinstance(public, type):
        texts += [getattr(value, "__doc__", None) or "" for value in vars(public).values()]
    assert any(CITATION.search(text) for text in texts), f"{name} says nothing of its clauses"


def test_the_public_names_are_those_of_the_manual() -> None:
    functions_and_classes = {name for name in DOCUMENTED if hasattr(threading, name)}
    assert functions_and_classes == set(threading.__all__)
