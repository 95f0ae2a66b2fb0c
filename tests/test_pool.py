"""Pools: several workers give the same results as one, whatever happens in them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import miniatures
from miniatures import lock_with
from quality.judging import cases_of, implementation
from threadspec.adapters.runner import places, pool
from threadspec.adapters.runner.places import Places
from threadspec.adapters.runner.pool import MOST, READY, Pool
from threadspec.adapters.runner.process import CannotStart
from threadspec.conformance.harness.durations import TABLE
from threadspec.conformance.outcome import Outcome
from threadspec.frontends.trial import Trial

BATTERY = "threadspec.conformance.battery"
NO_VALUE = (f"{BATTERY}.lock.release", "test_release_returns_none")  # acquires, releases it
LOCKS = (f"{BATTERY}.lock.acquire", "test_acquire_locks")  # does not release it
METHODS = (f"{BATTERY}.lock.general", "test_a_lock_has_acquire_and_release")

MakePool = Callable[..., Pool]


@pytest.fixture
def make(miniature: Callable[[str, str], str], tmp_path: Path) -> Iterator[MakePool]:
    """Make a pool of ``size`` workers for an implementation with this source."""
    made = []

    def make_pool(source: str, size: int = 2, **keys: Any) -> Pool:
        subject = implementation("subject", miniature("subject", source), tmp_path)
        subject = replace(subject, adapter=replace(subject.adapter, **keys))
        made.append(Pool(subject, 1.0, size))
        return made[-1]

    yield make_pool
    for one in made:
        one.close()


def run_all(pool: Pool, names: list[tuple[str, str]]) -> list[Outcome]:
    """Announce cases and run them."""
    pool.expect(names)
    return [pool.run_case(*name) for name in names]


TRACED = "import os\n" + lock_with(
    """
    def release(self):
        with open("trace", "a") as file:
            file.write("%d " % os.getpid())
        self._lock.release()
    """
)


def traced() -> list[str]:
    """The process of each release() of TRACED."""
    return Path("trace").read_text(encoding="ascii").split()


def test_every_case_is_run_once_and_both_workers_have_some(make: MakePool) -> None:
    outcomes = run_all(make(TRACED), [NO_VALUE] * 20)
    assert {outcome.kind for outcome in outcomes} == {"ok"}
    assert len(traced()) % 20 == 0
    assert len(set(traced())) == 2


def test_outcomes_come_in_the_order_in_which_they_are_asked_for(make: MakePool) -> None:
    names = [NO_VALUE, METHODS, METHODS, NO_VALUE, METHODS, NO_VALUE, NO_VALUE, METHODS]
    printed = [bool(outcome.output) for outcome in run_all(make(miniatures.PRINTING), names)]
    assert printed == [name == NO_VALUE for name in names]


def test_a_worker_that_dies_costs_its_own_case_alone(make: MakePool) -> None:
    source = "import os\n" + lock_with(
        """
        def release(self):
            os._exit(7)
        """
    )
    outcomes = run_all(make(source), [METHODS, NO_VALUE, METHODS, NO_VALUE, *[METHODS] * 6])
    assert [outcome.kind for outcome in outcomes] == [
        *("ok", "crash") * 2,
        *["ok"] * 6,
    ]
    assert outcomes[1].observed == "the process ended: exit status 7"


def test_cases_are_run_at_the_same_time(make: MakePool) -> None:
    source = "import glob, os, time\n" + lock_with(
        """
        def release(self):
            open("there-%d" % os.getpid(), "w").close()
            while len(glob.glob("there-*")) < 2:
                time.sleep(0.001)
            self._lock.release()
        """
    )
    outcomes = run_all(make(source), [NO_VALUE] * (READY + 2))
    assert {outcome.kind for outcome in outcomes} == {"ok"}


SLEEPING = "import os, time\n" + lock_with(
    """
    def release(self):
        with open("trace", "a") as file:
            file.write("%d " % os.getpid())
        time.sleep(1.0)
        self._lock.release()
    """
)


@pytest.fixture
def idle_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow further workers to be started, however busy the machine is."""
    monkeypatch.setattr(places, "_idle_seconds", lambda: None)


@pytest.mark.usefixtures("idle_processors")
def test_cases_that_wait_do_not_hold_up_the_others(make: MakePool) -> None:
    pool = make(SLEEPING, 1)
    pool.load()
    began = time.monotonic()
    names = [METHODS, *[NO_VALUE] * 20, METHODS]
    outcomes = run_all(pool, names)
    least = sum(outcome.seconds for outcome in outcomes)
    assert time.monotonic() - began < least * 0.75
    assert [outcome.seconds >= 1.0 for outcome in outcomes] == [name == NO_VALUE for name in names]
    assert {outcome.kind for outcome in outcomes} == {"ok"}
    calls = traced()
    assert (
        1 < len(set(calls)) <= 1 + MOST + len(calls) // 2
    )  # workers that were too slow are replaced


@pytest.mark.usefixtures("idle_processors")
@pytest.mark.parametrize("most", [1, 2])
def test_there_are_no_more_workers_than_the_adapter_allows(make: MakePool, most: int) -> None:
    pool = make(SLEEPING.replace("1.0", "0.4"), 3, workers=most)
    pool.load()
    outcomes = run_all(pool, [METHODS, *[NO_VALUE] * 8, METHODS])
    assert {outcome.kind for outcome in outcomes} == {"ok"}
    assert len(pool._workers) == most
    if most == 1:
        assert len(set(traced())) == 1  # and it is not replaced because a case waits


@pytest.mark.usefixtures("idle_processors")
def test_one_case_that_waits_holds_up_no_other(
    miniature: Callable[[str, str], str], tmp_path: Path
) -> None:
    source = "import os, time\n" + lock_with(
        """
        def release(self):
            try:
                os.close(os.open("first", os.O_CREAT | os.O_EXCL))
            except OSError:
                with open("others", "a") as file:
                    file.write("x")
            else:
                while not os.path.exists("others") or os.path.getsize("others") < 190:
                    time.sleep(0.01)
            self._lock.release()
        """
    )
    case = next(one for one in cases_of(["lock"]) if (one.module, one.function) == NO_VALUE)
    trial = Trial(implementation("subject", miniature("subject", source), tmp_path))
    try:
        results = list(trial.run_all([case] * 200))
    finally:
        trial.close()
    assert {result.verdict for result in results} == {"pass"}


def test_cases_that_do_not_wait_are_run_by_one_worker(make: MakePool) -> None:
    pool = make(TRACED, 1)
    run_all(pool, [NO_VALUE] * 60)
    assert len(set(traced())) == 1


def test_all_processors_are_used_once_waits_are_in_vain(make: MakePool) -> None:
    for vain in ({}, {"chapter": 1}):
        one = make(TRACED, 1)
        one._hangs.has_waited({"vain": vain, "longest": {}, "pace": None})
        run_all(one, [NO_VALUE] * 3)
        assert one._places.size == (places.processors() if vain else 1)


@pytest.mark.parametrize(("idle", "more"), [(0.0, False), (1.0, True), (None, True)])
def test_a_worker_is_started_only_where_a_processor_is_idle(
    monkeypatch: pytest.MonkeyPatch, idle: float | None, more: bool
) -> None:
    now = [100.0]
    monkeypatch.setattr(pool.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(places, "_idle_seconds", lambda: idle and idle * now[0])
    board = pool._Board(Places(2), 1)
    board.put([pool._Job(NO_VALUE)])
    found = False
    for _ in range(20):
        now[0] += 0.1
        found = found or board.lacks_workers()
    assert found == more


def test_cases_queued_behind_one_that_waits_go_to_others(make: MakePool) -> None:
    source = "import os, time\n" + lock_with(
        """
        def release(self):
            with open("trace", "a") as file:
                file.write("%d " % os.getpid())
            try:
                open("first", "x").close()
            except OSError:
                pass
            else:
                time.sleep(2.0)
            self._lock.release()
        """
    )
    outcomes = run_all(make(source, 1), [NO_VALUE] * 30)
    assert [outcome.seconds > 1.0 for outcome in outcomes] == [True, *[False] * 29]
    assert {outcome.kind for outcome in outcomes} == {"ok"}


def test_an_implementation_that_cannot_be_loaded_is_said_for_each_case(make: MakePool) -> None:
    pool = make("raise ValueError('broken on purpose')")
    with pytest.raises(CannotStart, match="broken on purpose"):
        pool.load()
    pool.expect([NO_VALUE] * 6)
    for _ in range(3):
        with pytest.raises(CannotStart, match="broken on purpose"):
            pool.run_case(*NO_VALUE)


def test_a_worker_that_cannot_be_started_leaves_its_cases_to_the_others(make: MakePool) -> None:
    alone = """
import fcntl

alone = open("alone", "w")
fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises if another process holds the lock
"""
    outcomes = run_all(make(alone + TRACED), [NO_VALUE] * 20)
    assert {outcome.kind for outcome in outcomes} == {"ok"}
    assert len(set(traced())) == 1


def test_a_pool_can_be_used_after_a_closing_that_was_interrupted(
    make: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(TRACED)
    pool.expect([NO_VALUE] * 4)
    pool.run_case(*NO_VALUE)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pool._workers[-1], "kill", interrupt)
        pool.close()
    assert [pool.run_case(*NO_VALUE).kind for _ in range(3)] == ["ok"] * 3


def test_another_case_than_announced_is_run_in_a_fresh_worker(make: MakePool) -> None:
    pool = make(TRACED, 1)
    pool.expect([NO_VALUE, *[METHODS] * 4])
    pool.run_case(*NO_VALUE)
    before = set(traced())
    assert pool.run_case(*NO_VALUE).kind == "ok"
    assert traced()[-1] not in before
    worker = traced()[-1]
    assert pool.run_case(*NO_VALUE).kind == "ok"
    assert traced()[-1] == worker
    assert list(pool._expected) == [METHODS] * 4


def test_announced_cases_may_be_left_out(make: MakePool) -> None:
    pool = make(miniatures.PRINTING, 1)
    pool.expect([METHODS, METHODS, NO_VALUE, METHODS, LOCKS])
    assert pool.run_case(*NO_VALUE).output != ""
    assert pool.run_case(*LOCKS).kind == "ok"
    assert not pool._jobs
    assert not pool._expected


def test_closing_keeps_what_is_announced(make: MakePool) -> None:
    pool = make(TRACED)
    pool.expect([NO_VALUE] * 30)
    pool.run_case(*NO_VALUE)
    pool.close()
    before = len(traced())
    assert [pool.run_case(*NO_VALUE).kind for _ in range(29)] == ["ok"] * 29
    assert len(set(traced()[before:])) == 2


def test_a_new_announcement_replaces_the_old_one(make: MakePool) -> None:
    pool = make(TRACED, 1)
    pool.expect([NO_VALUE, METHODS])
    pool.run_case(*NO_VALUE)
    worker = traced()[-1]
    pool.expect([METHODS, NO_VALUE])  # goes on as the old one
    pool.run_case(*METHODS)
    pool.run_case(*NO_VALUE)
    assert traced()[-1] == worker
    pool.expect([METHODS, METHODS])
    pool.run_case(*METHODS)
    pool.expect([NO_VALUE])
    pool.run_case(*NO_VALUE)
    assert traced()[-1] != worker


def test_a_case_that_nobody_announced_leaves_its_worker_as_it_is(make: MakePool) -> None:
    pool = make(TRACED, 1)
    for _ in range(3):
        assert pool.run_case(*NO_VALUE).kind == "ok"
    assert len(set(traced())) == 1


def test_no_more_cases_are_handed_out_than_memory_is_for(
    make: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "HANDED_OUT", 8)
    one = make(TRACED, 1)
    one.expect([NO_VALUE] * 30)
    handed_out = []
    for _ in range(30):
        assert one.run_case(*NO_VALUE).kind == "ok"
        handed_out.append(len(one._jobs))
    assert max(handed_out) == 7
    assert handed_out[-1] == 0
    assert len(set(traced())) == 1


def test_a_closed_pool_starts_afresh(make: MakePool) -> None:
    pool = make(TRACED)
    assert pool.load()["version"] == "1.2.3"
    for _ in range(2):
        assert pool.run_case(*NO_VALUE).kind == "ok"
        pool.close()
    assert len(set(traced())) == 2


def test_workers_that_were_begun_early_are_the_ones_that_judge(make: MakePool) -> None:
    pool = make("import os\nopen('loaded-%d' % os.getpid(), 'w').close()\n" + TRACED)
    pool.begin()
    pool.load()
    run_all(pool, [NO_VALUE] * 20)
    assert {path.name for path in Path().glob("loaded-*")} == {f"loaded-{pid}" for pid in traced()}


def test_closing_ends_workers_in_the_middle_of_cases(make: MakePool) -> None:
    begun = "import os\nopen('loaded-%d' % os.getpid(), 'w').close()\n"
    pool = make(begun + miniatures.SPINNING)
    pool.expect([METHODS, *[LOCKS] * (2 * READY + 2)])
    pool.run_case(*METHODS)
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < TABLE["case"][0] / 3
    loaded = [int(path.name.split("-")[1]) for path in Path().glob("loaded-*")]
    assert loaded
    for process in loaded:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_breaking_off_ends_every_worker(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = make(TRACED)
    pool.expect([NO_VALUE] * 4)
    pool.run_case(*NO_VALUE)
    job = pool._jobs[0]

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job.outcome, "result", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pool.run_case(*NO_VALUE)
    assert all(worker._process is None for worker in pool._workers)
    assert [pool.run_case(*NO_VALUE).kind for _ in range(2)] == ["ok"] * 2


# -- places that pools share ----------------------------------------------------------------------


def board(places: Places, number: int) -> Any:
    """A board with one case to run."""
    made = pool._Board(places, number)
    made.put([pool._Job(NO_VALUE)])
    return made


def begin(function: Callable[..., Any], *args: Any) -> Future[Any]:
    """Call a function in a thread of its own."""
    executor = ThreadPoolExecutor(1)
    try:
        return executor.submit(function, *args)
    finally:
        executor.shutdown(wait=False)


def test_an_earlier_pool_gets_places_before_a_later_one() -> None:
    places = Places(1)
    places.next_number()
    later, earlier = board(places, 2), board(places, 1)
    assert places.has_one_for(later)  # the other has no worker that waits
    with places.changed:
        places.take()
    waiting = [begin(one.take, 1, False) for one in (later, earlier)]
    while not (later.can_use_a_place and earlier.can_use_a_place):
        time.sleep(0.001)
    with places.changed:
        places.give()
    assert waiting[1].result(10)
    assert not waiting[0].done()
    earlier.leave()
    assert waiting[0].result(10)
    assert places.free == 0


def test_a_pool_that_is_closed_leaves_its_places_to_others() -> None:
    places = Places(1)
    later, earlier = board(places, 2), board(places, 1)
    assert earlier.take(1, False)
    waiting = begin(later.take, 1, False)
    earlier.close()
    assert earlier.take(1, True) == []
    assert waiting.result(10)


@pytest.mark.usefixtures("idle_processors")
def test_cases_of_a_pool_are_run_while_those_of_another_wait(
    miniature: Callable[[str, str], str], tmp_path: Path
) -> None:
    places = Places(1)
    quick = implementation("quick", miniature("quick", miniatures.FAITHFUL), tmp_path)
    slow = implementation("slow", miniature("slow", SLEEPING), tmp_path)
    pools = [Pool(one, 1.0, 1, places) for one in (slow, quick)]
    for one in pools:
        one.load()
    waiting = begin(run_all, pools[0], [NO_VALUE] * 2)
    try:
        while not Path("trace").exists():
            time.sleep(0.01)
        run_all(pools[1], [METHODS] * 30)
        assert not waiting.done()
        assert [outcome.kind for outcome in waiting.result(30)] == ["ok"] * 2
    finally:
        for one in pools:
            one.close()
    assert places.free == places.size


@pytest.mark.parametrize("source", [miniatures.SPINNING, SLEEPING.replace("1.0", "20")])
def test_a_pool_that_is_given_up_ends_soon(make: MakePool, source: str) -> None:
    one = make(source, 1)
    one.expect([METHODS, *[LOCKS] * 3, *[NO_VALUE] * 3])
    one.run_case(*METHODS)
    waiting = begin(lambda: [one.run_case(*name) for name in [LOCKS] * 3 + [NO_VALUE] * 3])
    time.sleep(0.5)
    began = time.monotonic()
    one.give_up()
    with pytest.raises(CancelledError):
        waiting.result(10)
    one.close()
    assert time.monotonic() - began < TABLE["case"][0] / 3
    assert one._places.free == one._places.size
