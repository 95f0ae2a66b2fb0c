"""Timers, and records of their calls."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import states

# Intervals in seconds: one that is soon over, one that is over where cancelling has failed, and one
# that no case waits out.
SOON = 0.001
LATER = 1.5


def come_to_rest(actors):
    """Wait until all threads are waiting, as those of timers do that have been started."""
    latch = Latch(actors.substrate)
    sleeper = actors.start(latch.wait)
    sleeper.is_blocked()  # the proof takes that no thread of the process has run
    latch.open()
    sleeper.returned()


def stays(actors, condition, seconds):
    """Whether ``condition()`` is true for so many seconds."""
    until = clock() + seconds
    while clock() < until:
        if not condition():
            return False
        time.sleep(0.002)
    come_to_rest(actors)  # on a loaded machine a thread may be on its way
    return bool(condition())


class Calls(object):
    """A function that keeps the arguments, the time and the thread of its calls."""

    def __init__(self, threading, actors):
        self._threading = threading
        self._actors = actors
        self.got = []
        self.times = []
        self.idents = []

    def __call__(self, *args, **kwargs):
        self.times.append(clock())
        self.idents.append(self._actors.substrate.get_ident())
        self.got.append((args, kwargs))

    @states("the timer calls its function", "the timer does not call its function")
    def come(self):
        """Wait in good time for a call; False when there is none.

        True also where timers run no function at all, so that ``got`` stays empty: that is the
        business of one clause alone.
        """
        if self._actors.until(lambda: self.got):
            return True
        plain = []
        self._threading.Timer(0.01, lambda: plain.append(1)).start()
        return not self._actors.until(lambda: plain)

    def after(self, moment):
        """How many calls came after ``moment``."""
        return len([one for one in self.times if one > moment])


# id of the module -> whether start() returned while the function ran, and what apart() found.
_returns = {}


_apart = {}


def apart(threading, actors):
    """Whether start() leaves the waiting and the function to another thread.

    If not, a case with a long interval or a long function would hang.  That it must is the business
    of one clause.
    """
    key = id(threading)
    if key not in _returns:
        latch = Latch(actors.substrate)
        starter = actors.start(lambda: threading.Timer(SOON, latch.wait).start())
        _returns[key] = starter.returned()
        latch.open()
    for _ in range(3):
        if _apart.get(key) or not _returns[key]:
            break
        calls = Calls(threading, actors)
        timer = threading.Timer(0.05, calls)
        began = clock()
        starter = actors.start(timer.start)
        starter.returned()
        _apart[key] = clock() - began < 0.04 and starter.ident not in calls.idents
        timer.cancel()
    return _returns[key] and _apart[key]
