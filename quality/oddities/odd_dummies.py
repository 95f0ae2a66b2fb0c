"""The main and dummy thread objects are of odd classes, share a name, and are oddly not joined."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
kind = copy.alien._DummyThread


class Unknown(copy.Thread):
    """Between a dummy and Thread."""


def join(self, timeout=None):
    raise NotImplementedError("nobody knows when it ends")


kind.__name__ = "Thread"
kind.join = join
kind.getName = lambda self: "MainThread"
copy._registry.main().__class__ = Unknown
