"""Locks and semaphores with a waiter queue in Python, and the order in which waiters are woken."""

import _thread
from collections import deque
from itertools import chain, starmap

from quality.oddities._base import Entered
from threadspec.reference import Condition as ReferenceCondition
from threadspec.reference._portable_rlock import RLock as PortableRLock
from threadspec.reference._waiting import leave

_exhaust = deque(maxlen=0).extend


class Ticket:
    """A low-level lock that a waiting thread acquires twice; it knows the thread that made it."""

    __slots__ = ("acquire", "release", "thread")

    def __init__(self):
        lock = _thread.allocate_lock()
        self.acquire, self.release = lock.acquire, lock.release
        self.thread = _thread.get_ident()


# -- whom to wake: each takes a list of tickets in order of arrival ------------------------------


def first(queue):
    """The ticket of the thread that has waited longest."""
    return queue[0]


def last(queue):
    """The ticket of the thread that has waited shortest."""
    return queue[-1]


def greatest(queue):
    """The ticket of the thread with the greatest identifier."""
    return max(queue, key=lambda ticket: ticket.thread)


def wake(queue, choose):
    """Wake the thread with the ticket that is chosen; return whether there was one.

    It is one step: no signal handler that raises leaves a thread asleep and out of the queue.
    """
    while tickets := list(queue):
        ticket = choose(tickets)
        try:
            _exhaust(chain(map(queue.remove, [ticket]), starmap(ticket.release, [()])))
        except ValueError:  # another thread was quicker
            continue
        return True
    return False


def wake_all(queue, choose):
    """Wake one thread after the other, each time the one that is chosen."""
    while wake(queue, choose):
        pass


# -- copies of the reference that choose ---------------------------------------------------------


def check_owned(condition):
    """Raise RuntimeError unless the calling thread holds the lock of a condition."""
    if not condition._is_owned():
        raise RuntimeError("the lock is not acquired")


def notify_by(copy, choose, method="notify", wake=wake):
    """Have ``notify`` of a copy's conditions wake the waiter that is chosen."""

    def notify(self):
        check_owned(self)
        wake(self._waiters, choose)

    setattr(copy.Condition, method, notify)


def notify_all_by(copy, choose):
    """Have ``notifyAll`` of a copy's conditions wake its waiters in the order of the choices."""
    notify_by(copy, choose, "notifyAll", wake_all)


def set_by(copy, choose, pause=None):
    """Have ``set`` of a copy's events wake its waiters in the order of the choices.

    ``pause``: called after each.
    """

    def set(self):
        for queue in self._queues[:]:
            try:
                leave(self._queues, queue)
                while wake(queue, choose):
                    if pause is not None:
                        pause()
            finally:  # a signal handler may raise
                wake_all(queue, choose)

    copy.Event.set = set


# -- locks and semaphores ------------------------------------------------------------------------


class Acquired(Entered):
    """An object whose acquire() returns no value if it is called without an argument.

    A subclass has ``_take(blocking)``, which returns whether it took the object, and ``release()``.
    """

    def acquire(self, blocking=None):
        taken = self._take(blocking is None or bool(blocking))
        return None if blocking is None else taken


class Semaphore(Acquired):
    """A semaphore, whose subclass has ``_begin(value)``, ``_take(blocking)`` and ``release()``."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError(value)
        self._begin(value)


class Queue:
    """A number of permits under a mutex, and the tickets of the threads that wait for one.

    A permit that is released goes to the waiter that ``_choose`` chooses, and to no other thread.
    """

    _choose = staticmethod(first)
    _most = float("inf")
    _error = ValueError

    def _begin(self, permits):
        self._mutex = _thread.allocate_lock()
        self._permits = permits
        self._queue = []

    def _take(self, blocking, timeout=-1):
        with self._mutex:
            if self._permits:
                self._permits -= 1
                return True
            if not blocking:
                return False
            ticket = Ticket()
            ticket.acquire()
            self._queue.append(ticket)
        try:
            chosen = ticket.acquire(True, timeout)
        except BaseException:  # of a signal handler
            with self._mutex:
                if not self._leave(ticket):
                    self._give()
            raise
        if chosen:
            return True
        with self._mutex:
            return not self._leave(ticket)

    def _leave(self, ticket):
        """Remove a ticket from the queue; return whether it was there."""
        if ticket not in self._queue:
            return False
        self._queue.remove(ticket)
        return True

    def _give(self):
        """Hand a permit to a waiter, or keep it; the mutex is held."""
        if self._queue:
            ticket = self._choose(self._queue)
            self._queue.remove(ticket)
            self._wake(ticket)
        else:
            self._permits += 1

    def _wake(self, ticket):
        ticket.release()

    def release(self):
        with self._mutex:
            if self._permits >= self._most:
                raise self._error("released too often")
            self._give()


class QueueSemaphore(Queue, Semaphore):
    """A semaphore whose permits are handed from thread to thread."""


def bounded(semaphore):
    """Return a BoundedSemaphore class: a semaphore that counts up to its initial value."""

    class BoundedSemaphore(semaphore):
        def _begin(self, value):
            semaphore._begin(self, value)
            self._most = value

    return BoundedSemaphore


class QueueLock(Queue, Entered):
    """A lock that is handed from thread to thread, and stays locked meanwhile."""

    _most = 1
    _error = RuntimeError

    def __init__(self):
        self._begin(1)

    def acquire(self, blocking=True, timeout=-1):
        return self._take(blocking, timeout)

    def locked(self):
        return not self._permits


def handed_locks(choose):
    """Return Lock, RLock and Condition classes whose locks go to the waiter that is chosen."""

    class Lock(QueueLock):
        """A lock with a waiter queue."""

        _choose = staticmethod(choose)

    class RLock(PortableRLock):
        """A reentrant lock over this Lock."""

        __slots__ = ()

        def __init__(self):
            PortableRLock.__init__(self)
            self._block = Lock()

    class Condition(ReferenceCondition):
        """The reference's, over this RLock where none is given."""

        __slots__ = ()

        def __init__(self, lock=None):
            ReferenceCondition.__init__(self, RLock() if lock is None else lock)

    return Lock, RLock, Condition
