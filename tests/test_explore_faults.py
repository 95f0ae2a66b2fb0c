"""The interleaving faults: they can be planted, and ``threadspec explore`` finds them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from quality.explore_faults.__main__ import collection, try_fault
from threadspec.conformance.catalogue import catalogue
from threadspec.exploration.exploring import undisturbed

FAULTS = collection()


def test_there_are_many_and_each_is_one_of_its_own() -> None:
    assert len(FAULTS) >= 60
    assert [name for name, count in Counter(one.id for one in FAULTS).items() if count > 1] == []


def test_each_names_a_clause_that_can_be_broken() -> None:
    levels = {clause.id: clause.level for clause in catalogue().clauses}
    assert {levels.get(fault.clause) for fault in FAULTS} <= {"must", "should"}


def test_each_can_be_planted() -> None:
    for fault in FAULTS:
        for file in fault.files:
            compile(fault.source(file), f"{fault.id}: {file}", "exec")


@pytest.mark.parametrize("fault", FAULTS[::4], ids=lambda fault: fault.id)
def test_each_is_found(fault: object, tmp_path: Path) -> None:
    with undisturbed():
        found = try_fault(fault, tmp_path / "copy")  # type: ignore[arg-type]
    assert found.program is not None, found.line
