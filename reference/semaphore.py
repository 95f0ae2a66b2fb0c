"""Semaphore Objects."""

from collections import deque

from ._layer import allocate_lock

__all__ = ["BoundedSemaphore", "Semaphore"]

_NOT_GIVEN = object()


class Semaphore:
    """A counter that ``acquire`` takes one from and ``release`` adds one to; it is never negative.

    ``value``: what the counter starts with (``semaphore.value.*``).  Raises ValueError if it is
    less than 0 (``semaphore.value.negative-error``).

    It is a context manager (``with.*``).
    """

    # A release adds to the counter and wakes one waiter, which then takes from the counter like
    # any other thread: a new arrival may be quicker, and the waiter lines up again.  Handing the
    # unit to the waiter would make every thread under contention wait for a thread switch.
    # Without a handing over, this must hold: while the counter is positive and threads are lined
    # up, at least as many as it says (or all that wait) have been woken and are on their way.

    __slots__ = ("__weakref__", "_counter", "_guard", "_waiters")

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("a semaphore cannot start with a value less than 0")
        self._guard = allocate_lock()  # held for a few steps at a time, never while waiting
        self._counter = value
        self._waiters = deque()  # a locked lock for each thread lined up; unlocking it wakes it

    def acquire(self, blocking=_NOT_GIVEN):
        """Take one from the counter, blocking while it is zero.

        ``blocking``: if false, do not block but return False at once where a blocking call would
        block; otherwise return True.  Without the argument there is no return value
        (``semaphore.acquire.*``).
        """
        with self._guard:
            taken = self._counter > 0
            if taken:
                self._counter -= 1
        if not taken:
            if not blocking:
                return False
            self._wait()
        return None if blocking is _NOT_GIVEN else True

    def release(self):
        """Add one to the counter and wake one waiting thread, if any (``semaphore.release.*``)."""
        with self._guard:
            self._counter += 1
            if self._waiters:
                self._waiters.popleft().release()

    def __enter__(self):
        """Acquire; the value of ``as`` is True."""
        return self.acquire(True)

    def __exit__(self, kind, value, traceback):
        """Release; an exception goes on."""
        self.release()

    def __repr__(self):
        return f"<{type(self).__name__} counter={self._counter} waiters={len(self._waiters)}>"

    def _wait(self):
        """Block until there is something to take from the counter, and take it."""
        turn = allocate_lock()
        turn.acquire()
        try:
            while not self._take_or_line_up(turn):
                turn.acquire()
        except BaseException:  # a signal handler raised
            self._leave(turn)
            raise

    def _take_or_line_up(self, turn):
        """Take one from the counter, or put ``turn`` in line; whether it was taken."""
        with self._guard:
            if self._counter > 0:
                self._counter -= 1
                return True
            self._waiters.append(turn)
            return False

    def _leave(self, turn):
        """Give up waiting; a wake-up that has come already goes to the next thread in line."""
        with self._guard:
            if turn in self._waiters:
                self._waiters.remove(turn)
            elif self._counter > 0 and self._waiters:
                self._waiters.popleft().release()


class BoundedSemaphore(Semaphore):
    """A semaphore whose counter cannot exceed what it started with.

    ``value``: what the counter starts with, and its bound (``boundedsemaphore.value.*``).  Raises
    ValueError if it is less than 0 (``boundedsemaphore.value.negative-error``).
    """

    __slots__ = ("_bound",)

    def __init__(self, value=1):
        super().__init__(value)
        self._bound = value

    def release(self):
        """Add one to the counter and wake one waiting thread, if any.

        Raises ValueError, and changes nothing, when the counter has its initial value already
        (``boundedsemaphore.release.*``).
        """
        with self._guard:
            if self._counter >= self._bound:
                raise ValueError("release of a bounded semaphore beyond its initial value")
            self._counter += 1
            if self._waiters:
                self._waiters.popleft().release()
