"""A dummy module without threads, in which a call that should wait spins instead."""

from threadspec.reference.dummy_threading import *  # noqa: F403


def Lock():
    return _Lock()


class _Lock:
    def __init__(self):
        self._held = False

    def acquire(self, blocking=True):
        while self._held:
            if not blocking:
                return False
        self._held = True
        return True

    def release(self):
        if not self._held:
            raise RuntimeError("release an unlocked lock")
        self._held = False

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exc_info):
        self.release()
