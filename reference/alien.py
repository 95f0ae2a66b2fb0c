"""Dummy thread objects, which stand for alien threads: those not started by the module."""

from . import _registry, thread
from .thread import Thread, new_name

__all__ = ["alien_thread"]


class _DummyThread(Thread):
    """Stands for the alien thread that made it: alive and daemonic for good (``alien.*``).

    The end of an alien thread cannot be seen.  When the system gives its identifier to another
    alien thread, the object stands for that one.
    """

    def __init__(self):
        super().__init__(name=new_name("Dummy"))
        self.setDaemon(True)

    def join(self, timeout=None):
        """Raise RuntimeError: there is no telling when an alien thread ends."""
        raise RuntimeError("a dummy thread object cannot be joined")


def alien_thread():
    """Return the dummy thread object of the calling thread of control, made at the first call."""
    dummy = _DummyThread()
    settled = _registry.settle(dummy)
    if settled is dummy:
        thread.adopt(dummy)
    return settled
