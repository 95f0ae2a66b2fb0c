"""A Lock is a byte in a pipe: a thread that waits for it reads from the pipe.

The byte and the flag that tells whether the lock is locked are changed one after the other, under a
mutex that is not reentrant: an exception between the two leaves them apart, and a handler or a
finalizer that uses the lock waits for itself.
"""

import socket

from quality.oddities._base import Entered
from threadspec.reference import *  # noqa: F403
from threadspec.reference._layer import allocate_lock

NOT_TESTED = (
    "interruptions.lock.raises-within",
    "interruptions.lock.calls-back-within",
    "interruptions.lock.finalizer",
)


class Lock(Entered):
    """Unlocked while its byte is in the pipe."""

    def __init__(self):
        self._here, self._there = socket.socketpair()
        self._mutex = allocate_lock()
        self._locked = False
        self._there.send(b".")

    def acquire(self, blocking=True):
        try:
            self._here.recv(1, 0 if blocking else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        with self._mutex:
            self._locked = True
        return True

    def release(self):
        with self._mutex:
            if not self._locked:
                raise RuntimeError("not locked")
            self._locked = False
            self._there.send(b".")

    def locked(self):
        return self._locked

    def __del__(self):
        self._here.close()
        self._there.close()
