"""Dummy thread objects, which represent alien threads: those not started by the module."""

from . import _registry, thread
from .thread import Thread, new_name

__all__ = ["alien_thread"]


class _DummyThread(Thread):
    """The alien thread that made it: always alive and daemonic (``alien.*``).

    The end of an alien thread cannot be detected.  When the system reuses its identifier for
    another alien thread, the object represents that one.
    """

    def __init__(self):
        super().__init__(name=new_name("Dummy"))
        self.setDaemon(True)

    def join(self, timeout=None):
        """Raise RuntimeError: the end of an alien thread cannot be detected."""
        raise RuntimeError("a dummy thread object cannot be joined")


def alien_thread():
    """Return the dummy thread object of the calling thread of control, made at the first call."""
    dummy = _DummyThread()
    settled = _registry.settle(dummy)
    if settled is dummy:
        thread.adopt(dummy)
    return settled
