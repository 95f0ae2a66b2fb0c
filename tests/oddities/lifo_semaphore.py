"""A semaphore wakes the thread that has waited shortest."""

from oddities._base import own_copy

copy = own_copy(__name__)


def wake(self):
    if self._waiters:
        self._waiters.pop().release()


def release(self):
    with self._guard:
        self._counter += 1
        wake(self)


def bounded_release(self):
    with self._guard:
        if self._counter >= self._bound:
            raise ValueError("the counter is at its bound")
        self._counter += 1
        wake(self)


copy.Semaphore.release = release
copy.BoundedSemaphore.release = bounded_release
