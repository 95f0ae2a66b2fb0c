"""Semaphore Objects."""

from _operator import index

from ._guard import Guard
from ._layer import allocate_lock
from ._waiting import leave, wake_first

__all__ = ["BoundedSemaphore", "Semaphore"]

_NOT_GIVEN = object()


class Semaphore:
    """A counter that ``acquire`` takes one from and ``release`` adds one to; it is never negative.

    ``value``: what the counter starts with, an int (``semaphore.value.*``).  Raises ValueError if
    it is less than 0 (``semaphore.value.negative-error``), and TypeError if it is not an int.

    Counts what is available, such as the places in a queue::

        free = Semaphore(10)
        # in the producer          # in the consumer
        free.acquire()             item = items.popleft()
        items.append(item)         free.release()

    It is a context manager (``with.*``).  What a thread did before a ``release`` is done for the
    thread whose ``acquire`` takes what it added.
    """

    # A reentrant lock guards the counter, so that a signal handler or a finalizer may use the
    # semaphore that it interrupts.  release() wakes one waiter, which then takes from the counter
    # like any other thread: a new arrival may be quicker, and the waiter joins the queue again.
    # Handing over to the waiter would make every thread under contention wait for a thread switch.

    __slots__ = ("__weakref__", "_counter", "_guard", "_waiters")

    def __init__(self, value=1):
        try:
            counter = int(index(value))
        except TypeError:
            kind = type(value).__name__
            raise TypeError(f"the value of a semaphore is an int, not {kind}") from None
        if counter < 0:
            raise ValueError("a semaphore cannot start with a value less than 0")
        self._counter = counter
        self._guard = Guard()
        self._waiters = []

    def acquire(self, blocking=_NOT_GIVEN):
        """Take one from the counter, blocking while it is zero.

        ``blocking``: if false, do not block but return False immediately where a blocking call
        would block; otherwise return True.  Without the argument there is no return value
        (``semaphore.acquire.*``).
        """
        taken = False
        try:
            with self._guard:
                if self._counter:
                    self._counter -= 1
                    taken = True
        except BaseException:  # a signal handler has raised
            if taken:
                _add_one(self)
            raise
        if not taken:
            if not blocking:
                return False
            _wait(self)
        return None if blocking is _NOT_GIVEN else True

    def release(self):
        """Add one to the counter and wake one waiting thread, if any (``semaphore.release.*``).

        Never blocks for long, and may be called in a signal handler or a finalizer.
        """
        with self._guard:
            # In this order: where a signal handler raises in between, a thread looks in vain at the
            # counter and waits again, while the other order would leave one asleep.
            if self._waiters:
                wake_first(self._waiters)
            self._counter += 1

    def __enter__(self):
        """Acquire; the value of ``as`` is True."""
        return self.acquire(True)

    def __exit__(self, kind, value, traceback):
        """Release; an exception goes on."""
        self.release()

    def __reduce__(self):
        """Raise TypeError: a copy would be another semaphore, which guards nothing."""
        raise TypeError(f"cannot copy or pickle {type(self).__name__} objects")

    def __repr__(self):
        waiters = len(self._waiters)
        return f"<{type(self).__name__} counter={self._counter} waiters={waiters}>"


class BoundedSemaphore(Semaphore):
    """A semaphore whose counter cannot exceed what it started with.

    ``value``: what the counter starts with, and its bound, an int (``boundedsemaphore.value.*``).
    Raises ValueError if it is less than 0 (``boundedsemaphore.value.negative-error``), and
    TypeError if it is not an int.

    Limits how many threads use something simultaneously, and finds the release that is one too
    many::

        connections = BoundedSemaphore(5)
        with connections:
            query()
    """

    __slots__ = ("_bound",)

    def __init__(self, value=1):
        super().__init__(value)
        self._bound = self._counter

    def release(self):
        """Add one to the counter and wake one waiting thread, if any.

        Raises ValueError, and changes nothing, when the counter has its initial value already
        (``boundedsemaphore.release.*``).
        """
        with self._guard:
            if self._counter >= self._bound:
                raise ValueError("release of a bounded semaphore beyond its initial value")
            if self._waiters:
                wake_first(self._waiters)
            self._counter += 1


# Functions, not methods: a subclass cannot change them by accident.


def _wait(semaphore):
    """Block until the counter of ``semaphore`` is not zero, and take one from it."""
    queue = semaphore._waiters
    ticket = allocate_lock()
    ticket.acquire()
    taken = False
    try:
        while not taken:
            with semaphore._guard:
                queue.append(ticket)
                if semaphore._counter and leave(queue, ticket):
                    semaphore._counter -= 1
                    taken = True
            if not taken:
                ticket.acquire()
    except BaseException:  # a signal handler has raised
        leave(queue, ticket)
        if taken:
            _add_one(semaphore)
        elif semaphore._counter:
            wake_first(queue)  # this thread may have been woken: let another one act on it
        raise


def _add_one(semaphore):
    """Give back what an interrupted acquire() has taken."""
    with semaphore._guard:
        if semaphore._waiters:
            wake_first(semaphore._waiters)
        semaphore._counter += 1
