"""The classes with acquire() and release(), as a table gives them to a check that they share."""

from threadspec.conformance.battery.support.premises import check_waits_at_zero


class Kind(object):
    """Creates objects of one class: locks or conditions, or semaphores for a value."""

    def __init__(self, create, *value):
        self._create = create
        self._value = value

    def __call__(self):
        return self._create(*self._value)

    def check_waits(self, actors):
        """Check that acquire() blocks, where the verdict would otherwise depend on chance.

        So it does for semaphores alone: see :func:`check_waits_at_zero`.
        """
        if self._value:
            check_waits_at_zero(actors, self._create)


LOCKS = {
    "lock": lambda threading: Kind(threading.Lock),
    "rlock": lambda threading: Kind(threading.RLock),
}

CONDITIONS = {"condition": lambda threading: Kind(threading.Condition)}

SEMAPHORES_OF_ONE = {
    "semaphore": lambda threading: Kind(threading.Semaphore, 1),
    "boundedsemaphore": lambda threading: Kind(threading.BoundedSemaphore, 1),
}

SEMAPHORES_OF_TWO = {
    "semaphore": lambda threading: Kind(threading.Semaphore, 2),
    "boundedsemaphore": lambda threading: Kind(threading.BoundedSemaphore, 2),
}
