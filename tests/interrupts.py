"""``python -m interrupts``: signal handlers that raise, at random moments, in each primitive.

The main thread uses a primitive over and over until a signal's handler raises, at times what a step
of the primitive's own could have raised.  Then low-level threads see whether the primitive is still
usable: they can take all of it that may be there and no more, and one wake-up reaches the one
thread that waits.  An interrupted ``acquire`` may have taken what it wanted or not; both are fine,
and told under "kept" (the lock, level or unit had to be given back by hand).  "other" counts
interruptions out of which another exception came than the handler's.  The object is replaced once
it is unusable, and a trial ends after twenty of them.  Exits non-zero where the reference ever
becomes unusable.
"""

from __future__ import annotations

import _thread
import argparse
import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from threadspec.conformance.errors import UserError
from trials import ROOT, side_by_side

MODULES = {"reference": "threadspec.reference", "stdlib": "threading"}
# The standard library's names of today.
TODAY = {
    "activeCount": "active_count",
    "currentThread": "current_thread",
    "isAlive": "is_alive",
    "isSet": "is_set",
    "notifyAll": "notify_all",
}

DELAY = 0.0004  # seconds after which the signal comes, at most
RESCUE = 0.5  # seconds after which it comes again, where the exception was swallowed
PATIENCE = 0.05  # seconds between looks at whether anything still runs in the process
LOOKS = 4  # in a row at which nothing did: whoever has not answered by then is blocked for good
ENOUGH = 20  # times that a trial goes on with a new object; finding each takes a while
STALL = 120.0  # seconds for a hundred interruptions, after which the trial is taken to hang


class Interruption(BaseException):
    """What the handler raises; like KeyboardInterrupt, no ``except Exception`` takes it."""


class Mistakable(Interruption, ValueError):
    """The same, but a careless primitive may take it for an error of a step of its own."""


class MistakableIndex(Interruption, IndexError):
    """Likewise."""


class MistakableState(Interruption, RuntimeError):
    """Likewise: what the release of an unlocked lock raises."""


KINDS = (Interruption, Interruption, Interruption, Mistakable, MistakableIndex, MistakableState)


class Unusable(Exception):
    """A primitive does not answer, or answers wrongly."""


class Helper:
    """A low-level thread that does one job after another."""

    def __init__(self) -> None:
        self._go, self._done = locked(), locked()
        self._job: Callable[[], object] = bool
        self._error: BaseException | None = None
        _thread.start_new_thread(self._work, ())

    def _work(self) -> None:
        while True:
            self._go.acquire()
            try:
                self._job()
            except BaseException as error:
                self._error = error
            self._done.release()

    def begin(self, job: Callable[[], object]) -> None:
        """Let it do the job."""
        self._job, self._error = job, None
        self._go.release()

    def end(self) -> None:
        """Wait for the job; Unusable where it is blocked for good or fails."""
        expect(answers(lambda wait: self._done.acquire(True, wait)), "it blocks for good")
        if isinstance(self._error, Unusable):
            raise self._error
        if self._error is not None:
            raise Unusable(f"{type(self._error).__name__}: {self._error}")

    def do(self, job: Callable[[], object]) -> None:
        """Let it do the job and wait for it."""
        self.begin(job)
        self.end()


def locked() -> Any:
    """A bare lock, locked."""
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def expect(true: object, otherwise: str) -> None:
    """Raise Unusable where something that must be so is not."""
    if not true:
        raise Unusable(otherwise)


def answers(done: Callable[[float], bool]) -> bool:
    """Whether ``done``, which is given seconds to wait, comes true.

    It will not once no other thread of the process runs or is about to: a machine that is slow does
    not look like that, where the system shows what threads do.
    """
    looks = 0
    while not done(PATIENCE):
        looks = looks + 1 if idle() else 0
        if looks == LOOKS:
            return done(0)
    return True


def idle() -> bool:
    """Whether all threads but the calling one sleep; True where the system does not show it."""
    own = str(_thread.get_native_id())
    try:
        tasks = [one for one in os.listdir("/proc/self/task") if one != own]
    except OSError:
        return True
    for task in tasks:
        try:
            stat = Path(f"/proc/self/task/{task}/stat").read_text(encoding="ascii")
        except OSError:  # it has just ended
            return False
        if stat.rpartition(")")[2].split()[0] != "S":
            return False
    return True


class Trial:
    """One way to use one primitive.  ``use`` is interrupted; ``check`` returns what was kept."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.helpers = (Helper(), Helper())
        self.set_up()

    def named(self, owner: Any, name: str) -> Any:
        """An attribute by its name in the manual, or by its name of today."""
        if self.module.__name__ == MODULES["stdlib"]:
            name = TODAY.get(name, name)
        return getattr(owner, name)

    def set_up(self) -> None:
        """Make the object."""

    def prepare(self) -> None:
        """Bring about what ``use`` needs, in each attempt."""

    def use(self) -> None:
        """Use the object once."""
        raise NotImplementedError

    def check(self) -> int:
        """Raise Unusable where the object is; return how much had to be given back by hand."""
        raise NotImplementedError

    def one_wakes_one(self, sleep: Callable[[Any], object], wake: Callable[[], object]) -> None:
        """A thread that sleeps on the object is woken by one call of another thread.

        ``sleep`` is given a bare lock to release when it is about to sleep.
        """
        about = locked()
        self.helpers[0].begin(lambda: sleep(about))
        begun = answers(lambda wait: bool(about.acquire(True, wait)))
        expect(begun, "a thread that wants to wait is blocked before")
        self.helpers[1].do(wake)
        self.helpers[0].end()


class Counted(Trial):
    """A lock or semaphore, which any thread may release."""

    kind = "Lock"
    units = 1

    def set_up(self) -> None:
        self.object = getattr(self.module, self.kind)()

    def check(self) -> int:
        free = 0

        def drain() -> None:
            nonlocal free
            while free <= self.units and self.object.acquire(False):
                free += 1

        self.helpers[0].do(drain)
        expect(free <= self.units, f"{free} can be taken of {self.units}")
        expect(free >= self.units - 1, f"{free} can be taken of {self.units}, and one was wanted")

        def sleep(about: Any) -> None:
            about.release()
            self.object.acquire()

        self.one_wakes_one(sleep, self.object.release)
        for _ in range(self.units):
            self.helpers[0].do(self.object.release)
        return self.units - free


class CountedCalls(Counted):
    def use(self) -> None:
        self.object.acquire()
        self.object.release()


class CountedWith(Counted):
    def use(self) -> None:
        with self.object:
            pass


class CountedBlocked(Counted):
    """Interrupted while it waits for another thread to release."""

    def prepare(self) -> None:
        self.helpers[0].do(self.object.acquire)

    def use(self) -> None:
        self.object.acquire()
        self.object.release()

    def check(self) -> int:
        self.helpers[0].do(self.object.release)
        return super().check()


class Owned(Trial):
    """An RLock or what is built on one: only its owner, the main thread, can give it back."""

    def give_back(self, thing: Any) -> int:
        """Release the main thread's levels, and return how many there were."""
        levels = 0
        while True:
            try:
                thing.release()
            except RuntimeError:
                return levels
            levels += 1


class RLockCalls(Owned):
    def set_up(self) -> None:
        self.object = self.module.RLock()

    def use(self) -> None:
        self.object.acquire()
        self.object.acquire()
        self.object.release()
        self.object.release()

    def check(self) -> int:
        kept = self.give_back(self.object)
        expect(kept <= 2, f"it has {kept} levels where there were two at most")
        self.helpers[0].do(self._take)
        self.helpers[0].do(self.object.release)
        return kept

    def _take(self) -> None:
        expect(self.object.acquire(False), "nobody owns it, and it cannot be taken")


class RLockWith(RLockCalls):
    def use(self) -> None:
        with self.object, self.object:
            pass


class RLockBlocked(RLockCalls):
    """Interrupted while another thread owns it."""

    def prepare(self) -> None:
        self.helpers[0].do(self.object.acquire)

    def check(self) -> int:
        self.helpers[0].do(self.object.release)
        return super().check()


class ConditionNotify(Owned):
    def set_up(self) -> None:
        self.object = self.module.Condition()
        self.notify_all = self.named(self.object, "notifyAll")

    def use(self) -> None:
        with self.object:
            self.object.notify()
            self.notify_all()

    def check(self) -> int:
        kept = self.give_back(self.object)
        expect(kept <= 1, f"its lock has {kept} levels where there was one at most")

        def sleep(about: Any) -> None:
            with self.object:
                about.release()
                self.object.wait()

        def wake() -> None:
            with self.object:
                self.object.notify()

        self.one_wakes_one(sleep, wake)
        return kept


class ConditionTimeOut(ConditionNotify):
    def use(self) -> None:
        with self.object:
            self.object.wait(0.00005)


class ConditionWait(ConditionNotify):
    """Waits to be notified by a helper, which waits to be notified in turn."""

    def prepare(self) -> None:
        self.turn, self.stop = "helper", False
        self.helpers[0].begin(self._partner)

    def use(self) -> None:
        with self.object:
            while self.turn != "main":
                self.object.wait()
            self.turn = "helper"
            self.object.notify()

    def _partner(self) -> None:
        with self.object:
            while not self.stop:
                if self.turn == "helper":
                    self.turn = "main"
                    self.object.notify()
                else:
                    self.object.wait()

    def check(self) -> int:
        kept = self.give_back(self.object)
        self.helpers[1].do(self._end)
        self.helpers[0].end()
        return kept + super().check()

    def _end(self) -> None:
        with self.object:
            self.stop = True
            self.notify_all()


class EventCalls(Trial):
    def set_up(self) -> None:
        self.object = self.module.Event()
        self.is_set = self.named(self.object, "isSet")

    def use(self) -> None:
        self.object.clear()
        self.object.wait(0.00005)
        self.object.set()
        self.object.wait()

    def check(self) -> int:
        self.helpers[0].do(self._toggle)

        def sleep(about: Any) -> None:
            about.release()
            self.object.wait()

        self.one_wakes_one(sleep, self.object.set)
        self.helpers[0].do(self.object.clear)
        return 0

    def _toggle(self) -> None:
        self.object.set()
        expect(self.is_set(), "it has been set, and is not")
        self.object.clear()
        expect(not self.is_set(), "it has been cleared, and is set")


class EventBlocked(EventCalls):
    """Interrupted while it waits for good."""

    def use(self) -> None:
        self.object.wait()


class ThreadUse(Trial):
    """A thread that was interrupted while it was started or joined."""

    def set_up(self) -> None:
        self.count = self.named(self.module, "activeCount")
        self.object = self.new()
        self.usual = 0
        self.helpers[0].do(self._learn)

    def _learn(self) -> None:
        self.usual = self.count()

    def new(self) -> Any:
        """A thread that was not started yet."""
        return self.module.Thread(target=bool)

    def use(self) -> None:
        self.object = self.new()
        self.object.start()
        self.object.join()

    def check(self) -> int:
        self.helpers[0].do(self._end)
        self.helpers[0].do(self._another)
        expect(answers(self._as_usual), "threads stay that are not there")
        return 0

    def _as_usual(self, wait: float) -> bool:
        until = time.monotonic() + wait
        while self.count() != self.usual and time.monotonic() < until:
            time.sleep(0.0001)
        return bool(self.count() == self.usual)

    def _end(self) -> None:
        try:
            self.object.join()
        except RuntimeError:  # it was not started
            return
        expect(not self.named(self.object, "isAlive")(), "it was joined, and is alive")

    def _another(self) -> None:
        thread = self.new()
        thread.start()
        self.object = thread
        self._end()


class TimerUse(ThreadUse):
    def new(self) -> Any:
        return self.module.Timer(3600, bool)

    def use(self) -> None:
        self.object = self.new()
        self.object.start()
        self.object.cancel()
        self.object.join()

    def _end(self) -> None:
        self.object.cancel()
        super()._end()


class Functions(Trial):
    """The functions of the module."""

    def set_up(self) -> None:
        self.current = self.named(self.module, "currentThread")
        self.count = self.named(self.module, "activeCount")
        self.main = self.current()

    def use(self) -> None:
        self.current()
        self.count()
        self.module.enumerate()
        self.module.stack_size()

    def check(self) -> int:
        self.helpers[0].do(self.use)
        expect(self.current() is self.main, "the main thread is another object now")
        expect(self.main in self.module.enumerate(), "the main thread is not alive")
        return 0


class Local(Trial):
    def set_up(self) -> None:
        self.object = self.module.local()

    def use(self) -> None:
        self.object.value = 1
        del self.object.value

    def check(self) -> int:
        self.helpers[0].do(self.use)
        self.use()
        return 0


def _of(kind: str, base: type[Counted]) -> type[Counted]:
    """A trial of a semaphore of two units, or of a lock."""
    return type(base.__name__ + kind, (base,), {"kind": kind})


TRIALS: dict[str, type[Trial]] = {
    "Lock, calls": _of("Lock", CountedCalls),
    "Lock, with": _of("Lock", CountedWith),
    "Lock, blocked": _of("Lock", CountedBlocked),
    "RLock, calls": RLockCalls,
    "RLock, with": RLockWith,
    "RLock, blocked": RLockBlocked,
    "Semaphore, calls": _of("Semaphore", CountedCalls),
    "Semaphore, with": _of("Semaphore", CountedWith),
    "Semaphore, blocked": _of("Semaphore", CountedBlocked),
    "BoundedSemaphore, calls": _of("BoundedSemaphore", CountedCalls),
    "BoundedSemaphore, with": _of("BoundedSemaphore", CountedWith),
    "BoundedSemaphore, blocked": _of("BoundedSemaphore", CountedBlocked),
    "Condition, notify": ConditionNotify,
    "Condition, wait": ConditionWait,
    "Condition, time-out": ConditionTimeOut,
    "Event, calls": EventCalls,
    "Event, blocked": EventBlocked,
    "Thread": ThreadUse,
    "Timer": TimerUse,
    "module functions": Functions,
    "local": Local,
}


@dataclass
class Outcome:
    """What came of a trial.

    ``interrupts``: how many there were; ``unusable``: how often, by why; ``kept`` and ``other``:
    how many left something to be given back, and came out as another exception; ``broken``: why the
    trial itself ended early.
    """

    interrupts: int
    unusable: dict[str, int]
    kept: int = 0
    other: int = 0
    broken: str = ""


def interrupt(use: Callable[[], None]) -> bool:
    """Use until interrupted; whether something else than the interruption was raised."""
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, DELAY), RESCUE)
        while True:
            use()
    except Interruption:
        return False
    except Exception:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _raise(number: int, frame: object) -> None:
    raise random.choice(KINDS)


def attempt(module: Any, kind: type[Trial], interrupts: int) -> Outcome:
    """Interrupt one way to use a primitive so many times."""
    signal.signal(signal.SIGALRM, _raise)
    outcome = Outcome(0, {})
    trial = kind(module)
    while outcome.interrupts < interrupts and sum(outcome.unusable.values()) < ENOUGH:
        if outcome.interrupts % 100 == 0:
            faulthandler.dump_traceback_later(STALL, exit=True)
        outcome.interrupts += 1
        try:
            trial.prepare()
            outcome.other += interrupt(trial.use)
            outcome.kept += trial.check() > 0
        except Unusable as error:
            why = str(error)
            outcome.unusable[why] = outcome.unusable.get(why, 0) + 1
            trial = kind(module)
    return outcome


def measured(subject: tuple[str, str, int]) -> Outcome:
    """The outcome of a trial of an implementation, in a process of its own."""
    name, trial, interrupts = subject
    command = [sys.executable, "-m", "interrupts", "--only", name, trial, str(interrupts)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        return Outcome(0, {}, broken=reason(done.stderr))
    return Outcome(**json.loads(done.stdout))


def reason(stderr: str) -> str:
    """Why a trial ended early, from what its process wrote."""
    lines = stderr.strip().splitlines() or ["no reason given"]
    if not any(line.startswith("Timeout (") for line in lines):
        return lines[-1]
    main = max(number for number, line in enumerate(lines) if "most recent call first" in line)
    return "hung: " + lines[main + 1].strip()


def table(outcomes: dict[tuple[str, str], Outcome]) -> Table:
    """The outcomes by trial and implementation."""
    shown = Table()
    shown.add_column("primitive")
    for name in MODULES:
        for column in ("unusable", "kept", "other"):
            shown.add_column(f"{name}\n{column}", justify="right")
    for trial in dict.fromkeys(trial for _, trial in outcomes):
        texts = [trial]
        for name in MODULES:
            one = outcomes[name, trial]
            unusable = f"{sum(one.unusable.values())} of {one.interrupts}"
            texts += ["broken" if one.broken else unusable, str(one.kept), str(one.other)]
        shown.add_row(*texts)
    return shown


def chosen(words: Sequence[str]) -> list[str]:
    """The trials with one of the words in the name; UserError for a word that is in none."""
    for word in words:
        if not any(word.lower() in name.lower() for name in TRIALS):
            raise UserError(f"No trial has {word!r} in its name; they are {'; '.join(TRIALS)}.")
    return [
        name for name in TRIALS if not words or any(one.lower() in name.lower() for one in words)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 where the reference is usable after every interruption."""
    parser = argparse.ArgumentParser(
        prog="python -m interrupts", description=__doc__.split("\n")[0]
    )
    parser.add_argument("words", nargs="*", help="only trials with one of these in the name")
    parser.add_argument("--interrupts", type=int, default=10000, help="of each trial")
    parser.add_argument("--only", nargs=3, metavar=("MODULE", "TRIAL", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.only:
        name, trial, interrupts = options.only
        outcome = attempt(import_module(MODULES[name]), TRIALS[trial], int(interrupts))
        print(json.dumps(vars(outcome)), flush=True)
        os._exit(0)  # threads that are blocked for good would be waited for
    try:
        names = chosen(options.words)
    except UserError as error:
        print(f"python -m interrupts: {error}", file=sys.stderr)
        return 2
    keys = [(name, trial) for trial in names for name in MODULES]
    console = Console()
    found = {}
    with console.status("") as status:
        subjects = [(*key, options.interrupts) for key in keys]
        for key, outcome in zip(keys, side_by_side(measured, subjects, 2), strict=True):
            found[key] = outcome
            status.update(f"{len(found)} of {len(keys)}: {', '.join(key)}")
    console.print(table(found))
    bad = 0
    for (name, trial), outcome in found.items():
        for why, count in outcome.unusable.items():
            console.print(f"{name}: {trial}: {count} times: {why}", markup=False)
        if outcome.broken:
            console.print(f"{name}: {trial}: {outcome.broken}", markup=False)
        if name == "reference":
            bad += sum(outcome.unusable.values()) + bool(outcome.broken)
    total = sum(one.interrupts for (name, _), one in found.items() if name == "reference")
    print(f"reference: unusable after {bad} of {total} interruptions")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
