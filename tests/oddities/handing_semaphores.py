"""A release hands its unit to the thread that has waited longest: nobody can be quicker."""

from oddities._base import own_copy

copy = own_copy(__name__)


def acquire(self, blocking=None):
    with self._guard:
        if self._counter > 0:
            self._counter -= 1
            return None if blocking is None else True
        if blocking is not None and not blocking:
            return False
        turn = copy.semaphore.allocate_lock()
        turn.acquire()
        self._waiters.append(turn)
    turn.acquire()
    return None if blocking is None else True


def release(self):
    with self._guard:
        if self._waiters:
            self._waiters.popleft().release()
        elif self._counter >= getattr(self, "_bound", float("inf")):
            raise ValueError("released too often")
        else:
            self._counter += 1


copy.Semaphore.acquire = acquire
copy.Semaphore.release = copy.BoundedSemaphore.release = release
