"""Hangs: a case that hangs like one that has hung for its whole time is recognised earlier."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from miniatures import lock_with, run_case
from quality.judging import implementation
from threadspec.adapters.runner import hangs
from threadspec.adapters.runner.hangs import (
    KIT,
    SCRIPT,
    Hangs,
    Watch,
    places,
    read_stacks,
    without_stacks,
)
from threadspec.adapters.runner.process import WorkerProcess

BATTERY = "threadspec.conformance.battery"
NO_VALUE = (f"{BATTERY}.lock.release", "test_release_returns_none")  # acquires, releases it

STACKS = f"""Thread 0x00007f01 (most recent call first):
  File "/x/bad.py", line 12 in wait
  File "{KIT}/harness/actors.py", line 70 in _perform

Current thread 0x00007f02 (most recent call first):
  File "/x/bad.py", line 30 in _spin
  File "/x/bad.py", line 7 in release
  File "{KIT}/battery/lock/release.py", line 80 in test_release_returns_none
  File "{SCRIPT}", line 250 in <module>
"""


def test_stacks_are_read_from_the_innermost_frame_outwards() -> None:
    waiter, main = read_stacks("printed\n" + STACKS + "printed later\n")
    assert waiter[0] == ("/x/bad.py", "12", "wait")
    assert [frame[2] for frame in main] == [
        "_spin",
        "release",
        "test_release_returns_none",
        "<module>",
    ]


def test_a_place_is_that_of_the_main_thread_where_it_is_in_the_implementation() -> None:
    stacks = read_stacks(STACKS)
    assert places(stacks) == {(True, "/x/bad.py", "_spin")}
    assert places(stacks[:1]) == {(False, "/x/bad.py", "wait")}
    assert places([stacks[0], stacks[1][2:]]) == {(False, "/x/bad.py", "wait")}


def test_a_thread_that_serves_the_implementation_is_in_no_place() -> None:
    service = (
        "Thread 0x00007f03 (most recent call first):\n"
        '  File "/x/queue.py", line 5 in get\n'
        '  File "/x/bad.py", line 90 in feed\n'
    )
    assert places(read_stacks(service)) == set()
    assert places(read_stacks(service + STACKS)) == places(read_stacks(STACKS))
    hangs = Hangs()
    hangs.add(service + STACKS)
    assert not hangs.knows(read_stacks(service))


def test_stacks_are_taken_out_of_what_was_printed() -> None:
    assert without_stacks("before\n" + STACKS + "after\n") == "before\nafter\n"


def watch(known: Hangs, answers: list[str], used: list[float]) -> Watch:
    """A watch that sees these stacks and processor times, one after another."""
    return Watch(known, lambda: None, lambda: answers.pop(0), lambda: used.pop(0))


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hangs, "PAUSE", 0.0)


def looks(one: Watch, count: int) -> list[bool]:
    """The findings of a watch in several looks, each of which is a question and an answer."""
    return [one.is_certain() for _ in range(2 * count)][1::2]


def test_a_thread_that_spins_where_others_have_is_recognised_by_its_processor_time() -> None:
    known = Hangs()
    known.add(STACKS)
    assert looks(watch(known, [STACKS] * 5, [1.0, 1.1, 1.2, 1.3, 1.4]), 5) == [
        *[False] * 2,
        *[True] * 3,
    ]
    assert not any(looks(watch(known, [STACKS] * 5, [1.0, 1.0, 1.01, 1.02, 1.03]), 5))


def test_a_thread_that_gets_further_does_not_hang() -> None:
    known = Hangs()
    known.add(STACKS)
    further = [STACKS, STACKS.replace("line 80", "line 81")] * 4
    assert not any(looks(watch(known, further, [float(number) for number in range(8)]), 8))


def test_nothing_is_recognised_elsewhere() -> None:
    known = Hangs()
    known.add(STACKS)
    elsewhere = STACKS.replace("_spin", "acquire")
    assert not any(looks(watch(known, [elsewhere] * 8, [float(number) for number in range(8)]), 8))


def test_nobody_is_asked_for_stacks_before_a_case_has_hung() -> None:
    asked: list[None] = []
    one = Watch(Hangs(), lambda: asked.append(None), lambda: STACKS, lambda: 0.0)
    assert not any(looks(one, 5))
    assert asked == []


def test_a_sleeper_is_waited_for_longer_than_any_case_that_has_passed() -> None:
    known = Hangs()
    assert known.patience == hangs.LEAST
    known.has_passed(1.5)
    known.has_passed(0.5)
    assert known.patience == 1.5 * hangs.TIMES


MakeWorker = Callable[[float], WorkerProcess]


@pytest.fixture
def make(
    miniature: Callable[[str, str], str], tmp_path: Path
) -> Iterator[Callable[..., WorkerProcess]]:
    """Make workers that share what they know about hangs, for this source and time scale."""
    known = Hangs()
    workers = []

    def make_worker(source: str, time_scale: float) -> WorkerProcess:
        subject = implementation("subject", miniature("subject", source), tmp_path)
        workers.append(WorkerProcess(subject, time_scale, hangs=known))
        return workers[-1]

    yield make_worker
    for worker in workers:
        worker.close()


@pytest.mark.parametrize(
    "hang",
    [
        "sum(iter(int, 1))  # keeps the interpreter lock",
        "while True: pass",
        "while True: time.sleep(0.01)",
    ],
)
def test_the_second_hang_takes_less_than_its_time(
    hang: str, make: Callable[..., WorkerProcess]
) -> None:
    source = "import time\n" + lock_with(
        f"""
        def release(self):
            {hang}
        """
    )
    first = run_case(make(source, 0.2), *NO_VALUE)
    assert first.kind == "timeout"
    second = run_case(make(source, 1.0), *NO_VALUE)
    assert second.kind == "timeout"
    assert second.seconds < 12.0  # of the 15 that a case may take
    assert "in release" in second.output


def test_one_that_is_only_slow_where_another_has_hung_passes(
    make: Callable[..., WorkerProcess],
) -> None:
    source = "import time\n" + lock_with(
        textwrap.dedent(
            """
            def release(self):
                print("released")
                try:
                    open("hung", "x").close()
                except OSError:
                    time.sleep(0.7)
                else:
                    while True: time.sleep(0.01)
                self._lock.release()
            """
        )
    )
    assert run_case(make(source, 0.2), *NO_VALUE).kind == "timeout"
    outcome = run_case(make(source, 1.0), *NO_VALUE)
    assert outcome.kind == "ok"
    assert set(outcome.output.split()) == {"released"}
