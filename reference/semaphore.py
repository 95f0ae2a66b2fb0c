"""Semaphore Objects."""

from itertools import repeat

from ._guard import Guard
from ._layer import allocate_lock
from ._waiting import leave, wake_first

__all__ = ["BoundedSemaphore", "Semaphore"]

_NOT_GIVEN = object()

# How many units of a large initial value lie ready at a time.
_HANDFUL = 256


class Semaphore:
    """A counter that ``acquire`` takes one from and ``release`` adds one to; it is never negative.

    ``value``: what the counter starts with (``semaphore.value.*``).  Raises ValueError if it is
    less than 0 (``semaphore.value.negative-error``).

    It is a context manager (``with.*``).
    """

    # The counter is a heap of units: to take one and to lay one down are single operations on a
    # list, which need no lock (a guarded number takes 4 times as long).  What a large initial value
    # has beyond a handful is a number still, the rest.
    #
    # A release lays down a unit and wakes one waiter, which then takes a unit like any other
    # thread: a new arrival may be quicker, and the waiter lines up again.  Handing the unit to the
    # waiter would make every thread under contention wait for a thread switch.  No wake-up is lost:
    # who releases first lays down the unit and then looks at the line, who waits first lines up and
    # then looks at the units.

    __slots__ = ("__weakref__", "_guard", "_rest", "_units", "_waiters")

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("a semaphore cannot start with a value less than 0")
        self._units = [None] * min(value, _HANDFUL)
        self._rest = value - len(self._units)
        self._waiters = []
        self._guard = Guard() if self._rest else None  # of the rest

    def acquire(self, blocking=_NOT_GIVEN):
        """Take one from the counter, blocking while it is zero.

        ``blocking``: if false, do not block but return False at once where a blocking call would
        block; otherwise return True.  Without the argument there is no return value
        (``semaphore.acquire.*``).
        """
        # Looked at first, since an exception takes longer: two threads that hand a unit to and fro
        # take a tenth less time.
        if self._units:
            try:
                del self._units[-1]
                return None if blocking is _NOT_GIVEN else True
            except IndexError:  # another thread was quicker
                pass
        if blocking:
            self._wait()
            return None if blocking is _NOT_GIVEN else True
        if self._rest or self._units:  # first the rest, which becomes units
            self._lay_out()
            return self.acquire(False)
        return False

    def release(self):
        """Add one to the counter and wake one waiting thread, if any (``semaphore.release.*``)."""
        try:
            self._units.append(None)
            if self._waiters:
                wake_first(self._waiters)
        except BaseException:  # a signal handler has raised, perhaps before anybody was woken
            wake_first(self._waiters)
            raise

    def __enter__(self):
        """Acquire; the value of ``as`` is True."""
        return self.acquire(True)

    def __exit__(self, kind, value, traceback):
        """Release; an exception goes on."""
        self.release()

    def __repr__(self):
        counter = len(self._units) + self._rest
        return f"<{type(self).__name__} counter={counter} waiters={len(self._waiters)}>"

    def _lay_out(self):
        """Let a handful of the rest lie ready."""
        if self._rest:
            with self._guard:
                handful = min(self._rest, _HANDFUL)
                more = repeat(None, handful)
                try:  # one call alone: either it is done or it has not begun
                    self._units.extend(more)
                finally:  # afterwards, so that who sees neither a rest nor units sees the truth
                    self._rest -= handful

    def _wait(self):
        """Block until there is a unit, and take it."""
        line = self._waiters
        turn = None
        taken = False
        try:
            while not taken:
                if self._rest:
                    self._lay_out()
                turn = allocate_lock()
                turn.acquire()
                line.append(turn)
                if not (self._rest or self._units) or not leave(line, turn):
                    turn.acquire()
                try:
                    del self._units[-1]
                    taken = True
                except IndexError:
                    pass
            if line and self._units:  # laid down before this thread was in line, and it was woken
                wake_first(line)
        except BaseException:  # a signal handler has raised
            leave(line, turn)
            if taken:
                self._units.append(None)
            if self._units:
                wake_first(line)  # who was woken in this thread's place, perhaps
            raise


class BoundedSemaphore(Semaphore):
    """A semaphore whose counter cannot exceed what it started with.

    ``value``: what the counter starts with, and its bound (``boundedsemaphore.value.*``).  Raises
    ValueError if it is less than 0 (``boundedsemaphore.value.negative-error``).
    """

    __slots__ = ("_bound",)

    def __init__(self, value=1):
        super().__init__(value)
        self._bound = value
        self._guard = Guard()  # of the rest, and of the bound: one release at a time

    def release(self):
        """Add one to the counter and wake one waiting thread, if any.

        Raises ValueError, and changes nothing, when the counter has its initial value already
        (``boundedsemaphore.release.*``).
        """
        with self._guard:
            if len(self._units) + self._rest >= self._bound:
                raise ValueError("release of a bounded semaphore beyond its initial value")
            try:
                self._units.append(None)
                if self._waiters:
                    wake_first(self._waiters)
            except BaseException:
                wake_first(self._waiters)
                raise
