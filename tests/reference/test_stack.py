"""The stack size, over thread layers that treat it differently."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.reference.support import (
    Script,
    ends,
    started,
)
from threadspec.reference import _layer


class Stacks:
    """The stack size as in a thread module: reading it restores the default."""

    def __init__(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        self.size = 0
        self.fixed = False
        layer = sys.modules["scripted._layer"]
        monkeypatch.setattr(layer, "stack_size", self.ask_and_set)

    def ask_and_set(self, size: int = 0) -> int:
        if self.fixed:
            raise _layer.error("it cannot be changed")
        before, self.size = self.size, size
        return before


def test_stack_sizes_from_32_kib_on_are_for_the_layer_to_judge(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    assert script.threading.stack_size(32768) == 0
    assert stacks.size == 32768
    for small in (32767, 1, -1):
        with pytest.raises(ValueError, match="32768"):
            script.threading.stack_size(small)
    assert stacks.size == 32768
    assert script.threading.stack_size(0) == 32768
    assert stacks.size == 0


def test_to_ask_for_the_stack_size_leaves_it(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    stacks.size = 65536
    assert [script.threading.stack_size() for _ in range(3)] == [65536] * 3
    assert stacks.size == 65536


def test_threads_that_set_the_stack_size_do_it_one_after_the_other(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = Stacks(script, monkeypatch)
    stack_size = script.threading.stack_size
    stack_size()
    others: list[Any] = []
    before: list[int] = []

    def met_by_another(size: int) -> int:
        monkeypatch.setattr(sys.modules["scripted._layer"], "stack_size", stacks.ask_and_set)
        others.append(started(script, lambda: before.append(stack_size(0))))
        others[0].join(0.1)  # long enough for one that does not wait
        return stacks.ask_and_set(size)

    monkeypatch.setattr(sys.modules["scripted._layer"], "stack_size", met_by_another)
    assert stack_size(65536) == 0
    assert ends(others[0])
    assert before == [65536]
    assert stacks.size == 0


def test_the_stack_size_is_0_where_it_cannot_be_changed(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    Stacks(script, monkeypatch).fixed = True
    assert script.threading.stack_size() == 0
    with pytest.raises(script.threading.ThreadError):
        script.threading.stack_size(65536)
    assert script.threading.stack_size() == 0
