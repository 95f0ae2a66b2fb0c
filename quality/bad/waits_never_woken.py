"""The wait() of conditions and events polls for ever, whatever happens."""

import time

from threadspec.reference import *  # noqa: F403
from threadspec.reference import Condition as _Condition
from threadspec.reference import Event as _Event


class Condition(_Condition):
    """A condition whose wait() releases the lock and never returns."""

    def wait(self, timeout=None):
        self.release()
        while True:
            time.sleep(0.01)


class Event(_Event):
    """An event whose wait() never returns."""

    def wait(self, timeout=None):
        while True:
            time.sleep(0.01)
