"""Ways to use each primitive, and to check afterwards whether it still works.

Runs in every interpreter that the reference supports, with only the standard library.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .helpers import Helper, Sleepers, Unusable, answers, expect, locked, until

# The manual's names -> the standard library's current names.
TODAY = {
    "activeCount": "active_count",
    "currentThread": "current_thread",
    "isAlive": "is_alive",
    "isSet": "is_set",
    "notifyAll": "notify_all",
}

INSTANT = 0.00005  # seconds of a time-out that should expire while a signal is on its way
TIME_OUT = 0.001  # seconds of a time-out during which several signals arrive
WAITERS = 3
EARLY_WAITERS = 0.1  # the probability that they begin to wait before an interruption


class Use:
    """One way to use one object, which is kept as long as it works.

    ``kind``: the name of the class; ``time_out``: the time-out of the blocking call in seconds, or
    None; ``blocks``: the main thread is blocked in ``use`` until :meth:`wake` or the time-out.
    """

    kind = ""
    time_out: float | None = None
    blocks = False

    def __init__(self, module: Any) -> None:
        self.module = module
        self.helper = Helper()
        self.second = Helper()
        self.sleepers = Sleepers([Helper() for _ in range(WAITERS)])
        self.set_up()

    def named(self, owner: Any, name: str) -> Any:
        """An attribute, by its name in the manual or its current name."""
        if self.module.__name__ == "threading":
            name = TODAY.get(name, name)
        return getattr(owner, name)

    def set_up(self) -> None:
        """Create the object."""

    def prepare(self) -> None:
        """Create the conditions that ``use`` needs; called before each attempt."""

    def maybe_sleep(self, sleep: Callable[[Callable[[], object]], object]) -> None:
        """Sometimes let the other threads wait, so that they do so before and after ``use``."""
        if not self.sleepers.asleep and random.random() < EARLY_WAITERS:
            self.sleepers.begin(sleep)

    def use(self) -> None:
        """Use the object once."""
        raise NotImplementedError

    def wake(self) -> None:
        """End the blocking call in ``use``, from another thread."""

    def call_back(self) -> None:
        """Use the object in a signal handler that interrupts ``use``."""
        raise NotImplementedError

    def settle(self) -> int:
        """Undo what an interrupted ``use`` has left acquired, and return how much that was.

        Raises Unusable if that is more than one ``use`` can leave.
        """
        return 0

    def check(self) -> None:
        """Raise Unusable if the object does not work as it should in other threads."""
        raise NotImplementedError


class Counted(Use):
    """A lock or semaphore, which any thread may release."""

    permits = 2

    def set_up(self) -> None:
        self.permits = 1 if self.kind == "Lock" else self.permits
        make = getattr(self.module, self.kind)
        self.object = make() if self.kind == "Lock" else make(self.permits)

    def use(self) -> None:
        self.object.acquire()
        self.object.release()

    def call_back(self) -> None:
        if self.object.acquire(False):
            self.object.release()

    def settle(self) -> int:
        free = self._drain()
        expect(free <= self.permits, f"{free} can be acquired of {self.permits}")
        expect(free >= self.permits - 1, f"{free} can be acquired of {self.permits}")
        self._refill()
        return self.permits - free

    def check(self) -> None:
        self._drain()

        def sleep(begin: Callable[[], object]) -> None:
            begin()
            self.object.acquire()

        self.sleepers.begin(sleep)
        self.sleepers.wake_one_by_one(self.object.release)
        expect(not self.object.acquire(False), "there is a permit that no thread has released")
        self._refill()

    def _drain(self) -> int:
        """Acquire all permits that a helper can acquire; return their number."""
        free = 0

        def drain() -> None:
            nonlocal free
            while free <= self.permits and self.object.acquire(False):
                free += 1

        self.helper.do(drain)
        return free

    def _refill(self) -> None:
        for _ in range(self.permits):
            self.helper.do(self.object.release)


class CountedWith(Counted):
    """Used in a with statement."""

    def use(self) -> None:
        with self.object:
            pass


class CountedBlocked(Counted):
    """Acquired while another thread holds all permits."""

    blocks = True

    def prepare(self) -> None:
        for _ in range(self.permits):
            self.helper.do(self.object.acquire)
        self.held = self.permits

    def wake(self) -> None:
        self.held -= 1
        self.object.release()

    def call_back(self) -> None:
        if self.held == self.permits:
            expect(not self.object.acquire(False), "acquire(False) takes what another thread holds")
            self.wake()

    def settle(self) -> int:
        for _ in range(self.held):
            self.helper.do(self.object.release)
        self.held = 0
        return super().settle()


class Owned(Use):
    """An RLock or an object built on one: only its owner, the main thread, can release it."""

    levels = 2

    def give_back(self, lock: Any) -> int:
        """Release all levels of the main thread; return how many there were."""
        levels = 0
        while True:
            try:
                lock.release()
            except RuntimeError:
                break
            levels += 1
            expect(levels <= self.levels, f"it has more than {self.levels} levels")
        return levels


class RLockCalls(Owned):
    """Acquired twice and released twice."""

    kind = "RLock"

    def set_up(self) -> None:
        self.object = self.module.RLock()

    def use(self) -> None:
        self.object.acquire()
        self.object.acquire()
        self.object.release()
        self.object.release()

    def call_back(self) -> None:
        expect(self.object.acquire(False), "the owner cannot acquire it once more")
        self.object.release()

    def settle(self) -> int:
        return self.give_back(self.object)

    def check(self) -> None:
        def sleep(begin: Callable[[], object]) -> None:
            begin()
            self.object.acquire()
            self.object.release()

        self.helper.do(self._take)
        self.sleepers.begin(sleep)
        self.sleepers.all_wake(lambda: self.helper.do(self.object.release))

    def _take(self) -> None:
        expect(self.object.acquire(False), "no thread owns it, but it cannot be acquired")


class RLockWith(RLockCalls):
    """Used in nested with statements."""

    def use(self) -> None:
        with self.object, self.object:
            pass


class RLockBlocked(RLockCalls):
    """Acquired while another thread owns it."""

    blocks = True

    def prepare(self) -> None:
        self.helper.do(self.object.acquire)
        self.held = True

    def wake(self) -> None:
        self.held = False
        self.helper.begin(self.object.release)

    def call_back(self) -> None:
        if self.object.acquire(False):  # its owner has released it meanwhile
            self.object.release()
        if self.held:
            self.wake()

    def settle(self) -> int:
        if self.held:
            self.wake()
        self.helper.end()
        return super().settle()


class ConditionUse(Owned):
    """A condition; its waiters may wait since before the interruptions."""

    levels = 1
    plain = False

    def set_up(self) -> None:
        self.object = self.module.Condition(self.module.Lock()) if self.plain else self._default()
        self.notify_all = self.named(self.object, "notifyAll")

    def _default(self) -> Any:
        return self.module.Condition()

    def sleep(self, begin: Callable[[], object]) -> None:
        """Wait on it once."""
        with self.object:
            begin()
            self.object.wait()

    def notify(self) -> None:
        """Notify one waiter."""
        with self.object:
            self.object.notify()

    def notify_everybody(self) -> None:
        """Notify all waiters."""
        with self.object:
            self.notify_all()

    def call_back(self) -> None:
        # If the lock is a plain one, the handler may have interrupted the thread that holds it.
        if self.object.acquire(False):
            self.object.wait(0)
            self.object.notify()
            self.notify_all()
            self.object.release()

    def settle(self) -> int:
        return self.give_back(self.object)

    def check(self) -> None:
        if not self.sleepers.asleep:
            self.sleepers.begin(self.sleep)
        if random.random() < 0.5:
            self.sleepers.wake_one_by_one(lambda: self.helper.do(self.notify))
        else:
            self.sleepers.all_wake(lambda: self.helper.do(self.notify_everybody))


class ConditionNotify(ConditionUse):
    """Notified without waiters."""

    def use(self) -> None:
        with self.object:
            self.object.notify()
            self.notify_all()


class ConditionTimeOut(ConditionUse):
    """Waited for with a time-out that expires, while other threads wait without one."""

    time_out = INSTANT

    def prepare(self) -> None:
        self.maybe_sleep(self.sleep)

    def use(self) -> None:
        with self.object:
            self.object.wait(self.time_out)

    def call_back(self) -> None:
        if self.object.acquire(False):
            self.object.wait(0)
            self.object.release()


class ConditionSeconds(ConditionTimeOut):
    """Waited for with a time-out during which several signals arrive."""

    time_out = TIME_OUT
    blocks = True


class ConditionBlocked(ConditionUse):
    """Waited for without a time-out until another thread notifies."""

    blocks = True

    def use(self) -> None:
        self.woken = False
        with self.object:
            while not self.woken:
                self.object.wait()

    def wake(self) -> None:
        self.helper.begin(self._wake)
        self.helper.end()

    def _wake(self) -> None:
        with self.object:
            self.woken = True
            self.notify_all()

    def call_back(self) -> None:
        if self.object.acquire(False):
            self.woken = True
            self.notify_all()
            self.object.release()


class ConditionAlternation(ConditionUse):
    """Waited for until a helper notifies, which then waits to be notified itself."""

    def prepare(self) -> None:
        self.turn, self.stop = "helper", False
        self.second.begin(self._partner)

    def call_back(self) -> None:
        if self.object.acquire(False):
            self.notify_all()
            self.object.release()

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

    def settle(self) -> int:
        kept = super().settle()
        self.helper.do(self._end)
        self.second.end("the thread that alternates with the main thread is not woken")
        return kept

    def _end(self) -> None:
        with self.object:
            self.stop = True
            self.notify_all()


class EventUse(Use):
    """An event; its waiters may wait since before the interruptions."""

    kind = "Event"

    def set_up(self) -> None:
        self.object = self.module.Event()
        self.is_set = self.named(self.object, "isSet")

    def sleep(self, begin: Callable[[], object]) -> None:
        """Wait for it once."""
        begin()
        self.object.wait()

    def call_back(self) -> None:
        self.object.wait(0)
        self.is_set()

    def settle(self) -> int:
        if not self.sleepers.asleep:
            self.helper.do(self.object.clear)
        return 0

    def check(self) -> None:
        if not self.sleepers.asleep:
            self.sleepers.begin(self.sleep)
        expect(not self.is_set(), "it has been cleared, but is set")
        self.sleepers.all_wake(lambda: self.helper.do(self.object.set))
        expect(self.is_set(), "it has been set, but is not set")
        self.helper.do(self.object.clear)


class EventCalls(EventUse):
    """All its methods, one after another."""

    def use(self) -> None:
        self.object.clear()
        self.object.wait(INSTANT)
        self.object.set()
        self.object.wait()

    def call_back(self) -> None:
        self.is_set()
        self.object.clear()
        self.object.set()  # the interrupted call may be the one that waits for it
        self.object.wait()


class EventSet(EventUse):
    """Set and cleared."""

    def use(self) -> None:
        self.object.set()
        self.object.clear()

    def call_back(self) -> None:
        self.object.set()
        self.object.clear()


class EventTimeOut(EventUse):
    """Waited for with a time-out that expires, while other threads wait without one."""

    time_out = INSTANT

    def prepare(self) -> None:
        self.maybe_sleep(self.sleep)

    def use(self) -> None:
        self.object.wait(self.time_out)


class EventSeconds(EventTimeOut):
    """Waited for with a time-out during which several signals arrive."""

    time_out = TIME_OUT
    blocks = True


class EventBlocked(EventUse):
    """Waited for without a time-out until another thread sets it."""

    blocks = True

    def use(self) -> None:
        self.object.wait()

    def wake(self) -> None:
        self.object.set()

    def call_back(self) -> None:
        self.object.set()


class ThreadUse(Use):
    """A thread that ends soon is started and joined."""

    kind = "Thread"

    def set_up(self) -> None:
        self.count = self.named(self.module, "activeCount")
        current = self.named(self.module, "currentThread")
        for helper in (self.helper, *self.sleepers.helpers):
            helper.do(current)  # later calls then find the dummy object
        self.usual = self.count()
        self.object = self.new()

    def new(self) -> Any:
        """A new thread object that has not been started."""
        return self.module.Thread(target=bool)

    def use(self) -> None:
        self.object = self.new()
        self.object.start()
        self.object.join()

    def call_back(self) -> None:
        self.is_alive()
        self.object.getName()
        self.module.enumerate()
        self.count()

    def is_alive(self) -> bool:
        """The thread's isAlive()."""
        return bool(self.named(self.object, "isAlive")())

    def settle(self) -> int:
        self.helper.do(self._end)
        return 0

    def check(self) -> None:
        self.settle()
        self.helper.do(self._another)
        expect(answers(self._as_usual), "activeCount() counts threads that have ended")

    def _as_usual(self, wait: float) -> bool:
        return until(lambda: self.count() == self.usual, wait)

    def _end(self) -> None:
        try:
            self.object.join()
        except RuntimeError:  # it was not started
            return
        expect(not self.is_alive(), "it was joined, but is alive")

    def _another(self) -> None:
        self.object = self.new()
        self.object.start()
        self._end()


class JoinTimeOut(ThreadUse):
    """A running thread is joined with a time-out that expires, while other threads join it."""

    time_out: float | None = INSTANT

    def new(self) -> Any:
        self.hold = locked()
        self.works = True
        return self.module.Thread(target=self.hold.acquire)

    def prepare(self) -> None:
        if not self.sleepers.asleep:
            self.object = self.new()
            self.helper.do(self.object.start)
            self.sleepers.begin(self.sleep)

    def sleep(self, begin: Callable[[], object]) -> None:
        """Join it once."""
        begin()
        self.object.join()

    def use(self) -> None:
        self.object.join(self.time_out)

    def wake(self) -> None:
        if self.works:
            self.works = False
            self.hold.release()

    def settle(self) -> int:
        if self.works:
            expect(self.is_alive(), "it has not ended, but is not alive")
            expect(self.object in self.module.enumerate(), "enumerate() misses a running thread")
        else:
            self.check()
        return 0

    def check(self) -> None:
        if self.sleepers.asleep:
            self.sleepers.all_wake(self.wake)
        self.helper.do(self._end)
        expect(answers(self._as_usual), "activeCount() counts threads that have ended")


class JoinSeconds(JoinTimeOut):
    """A running thread is joined with a time-out during which several signals arrive."""

    time_out = TIME_OUT
    blocks = True


class JoinBlocked(JoinTimeOut):
    """A thread is joined without a time-out until it ends."""

    time_out = None
    blocks = True

    def call_back(self) -> None:
        super().call_back()
        self.wake()


class TimerUse(ThreadUse):
    """A timer is started, cancelled and joined."""

    kind = "Timer"

    def new(self) -> Any:
        return self.module.Timer(3600, bool)

    def use(self) -> None:
        self.object = self.new()
        self.object.start()
        self.object.cancel()
        self.object.join()

    def call_back(self) -> None:
        self.object.cancel()
        super().call_back()

    def _end(self) -> None:
        self.object.cancel()
        super()._end()


class TimerFires(ThreadUse):
    """A timer is started and joined, and must have called its function."""

    kind = "Timer"

    def new(self) -> Any:
        self.calls: list[None] = []
        return self.module.Timer(INSTANT, self.calls.append, (None,))

    def _end(self) -> None:
        super()._end()
        expect(len(self.calls) <= 1, "a timer has called its function twice")

    def _another(self) -> None:
        super()._another()
        expect(self.calls, "a timer has not called its function")


class Functions(Use):
    """The functions of the module."""

    kind = "module"

    def set_up(self) -> None:
        self.current = self.named(self.module, "currentThread")
        self.count = self.named(self.module, "activeCount")
        self.main = self.current()

    def use(self) -> None:
        self.current()
        self.count()
        self.module.enumerate()
        self.module.stack_size()

    def call_back(self) -> None:
        self.use()

    def check(self) -> None:
        self.helper.do(self.use)
        expect(self.current() is self.main, "the main thread has become another object")
        expect(self.main in self.module.enumerate(), "the main thread is not alive")


class Local(Use):
    """Attributes of a local object."""

    kind = "local"

    def set_up(self) -> None:
        self.object = self.module.local()

    def use(self) -> None:
        self.object.value = 1
        del self.object.value

    def call_back(self) -> None:
        self.object.other = 1
        del self.object.other

    def check(self) -> None:
        self.helper.do(self.use)
        self.object.value = 1
        self.use()


def _of(kind: str, base: type[Counted]) -> type[Use]:
    return type(base.__name__ + kind, (base,), {"kind": kind})


def _plain(base: type[ConditionUse]) -> type[Use]:
    return type(base.__name__ + "Plain", (base,), {"plain": True})


CONDITIONS: dict[str, type[ConditionUse]] = {
    "notify": ConditionNotify,
    "alternation": ConditionAlternation,
    "wait, blocked": ConditionBlocked,
    "wait, time-out": ConditionTimeOut,
    "wait, seconds": ConditionSeconds,
}

# The uses that are interrupted, by their name in the table.
USES: dict[str, type[Use]] = {
    **{
        f"{kind}, {how}": _of(kind, base)
        for kind in ("Lock", "Semaphore", "BoundedSemaphore")
        for how, base in (("calls", Counted), ("with", CountedWith), ("blocked", CountedBlocked))
    },
    "RLock, calls": RLockCalls,
    "RLock, with": RLockWith,
    "RLock, blocked": RLockBlocked,
    **{f"Condition, {how}": base for how, base in CONDITIONS.items()},
    **{f"Condition(Lock()), {how}": _plain(base) for how, base in CONDITIONS.items()},
    "Event, calls": EventCalls,
    "Event, set": EventSet,
    "Event, blocked": EventBlocked,
    "Event, time-out": EventTimeOut,
    "Event, seconds": EventSeconds,
    "Thread, start and join": ThreadUse,
    "Thread, join, blocked": JoinBlocked,
    "Thread, join, time-out": JoinTimeOut,
    "Thread, join, seconds": JoinSeconds,
    "Timer, cancel": TimerUse,
    "Timer, fires": TimerFires,
    "module functions": Functions,
    "local": Local,
}

__all__ = ["USES", "Unusable", "Use"]
