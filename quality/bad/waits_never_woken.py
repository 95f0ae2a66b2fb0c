"""The wait() of conditions and events polls for ever, whatever happens."""

import time

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as _Condition
from threadspec.reference import Event as _Event


class Condition(_Condition):
    """A condition whose waiters release the lock and never come back."""

    def wait(self, timeout=None):
        self.release()
        while True:
            time.sleep(0.01)


class Event(_Event):
    """An event that is waited for in vain."""

    def wait(self, timeout=None):
        while True:
            time.sleep(0.01)
