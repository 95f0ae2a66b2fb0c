"""Timers, and what they call."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness.blocking import clock

# Intervals in seconds: a short one, and one long enough to cancel the timer in, but short enough to
# wait for where cancel() has no effect.
SOON = 0.001
LATER = 1.5


def come_to_rest(actors):
    """Wait until all threads wait, among them those of timers that have been started."""
    latch = Latch(actors.substrate)
    sleeper = actors.start(latch.wait)
    sleeper.is_blocked()  # proved only when no thread of the process has run meanwhile
    latch.open()
    sleeper.returned()


def stays(actors, condition, seconds):
    """Whether ``condition()`` stays true for ``seconds``."""
    until = clock() + seconds
    while clock() < until:
        if not condition():
            return False
        time.sleep(0.002)
    come_to_rest(actors)  # on a loaded machine a thread may be late
    return bool(condition())


class Calls(object):
    """A function that records the arguments, the time and the thread of each call."""

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

    def come(self):
        """Wait for a call; False when there is none in good time.

        True also where timers call no function at all, and ``got`` stays empty: another clause's
        business.
        """
        if self._actors.until(lambda: self.got):
            return True
        plain = []
        self._threading.Timer(0.01, lambda: plain.append(1)).start()
        return not self._actors.until(lambda: plain)

    def check_come(self):
        """A call comes, or timers call no function at all."""
        assert self.come(), "the timer did not call its function"

    def after(self, moment):
        """How many calls were made after ``moment``."""
        return len([one for one in self.times if one > moment])


def check_called(threading, actors, interval, *args, **kwargs):
    """Start a timer, which must call its function; return the Calls.

    ``args``, ``kwargs``: what Timer gets after the function.
    """
    calls = Calls(threading, actors)
    threading.Timer(interval, calls, *args, **kwargs).start()
    assert calls.come(), "a timer of %s seconds did not call its function" % interval
    return calls


class Firing(object):
    """A with block in which the function of a timer waits at a latch.

    The block gets the timer and the Latch, which is opened at the end of the block at the latest.
    The latch has no arrivals where timers call no function.  ``after``: what the function does
    when the latch is open.
    """

    def __init__(self, threading, actors, after=int):
        self._actors = actors
        self._latch = latch = Latch(actors.substrate)
        self._timer = threading.Timer(SOON, lambda: [latch.wait(), after()])

    def __enter__(self):
        try:
            self._timer.start()
            self._actors.until(lambda: self._latch.arrivals)
        except:  # noqa: E722 - whatever it is, the function may be waiting
            self._latch.open()
            raise
        return self._timer, self._latch

    def __exit__(self, kind, value, trace):
        self._latch.open()


def start_all(timers):
    """Start the timers, one after another."""
    for timer in timers:
        timer.start()


def cancel_all(timers):
    """Cancel the timers, one after another."""
    for timer in timers:
        timer.cancel()


def joiner_of(actors, timers):
    """A new actor that joins the timers, one after another."""

    def join_all():
        for timer in timers:
            timer.join()

    return actors.start(join_all)


# id of the module -> whether start() returned while the function ran, and what apart() found.
_returns = {}
_apart = {}


def apart(threading, actors):
    """Whether start() leaves the waiting and the call of the function to another thread.

    Where it does not, which is another clause's business, a case with a long interval or a long
    function would hang.
    """
    key = id(threading)
    if key not in _returns:
        with Latch(actors.substrate) as latch:
            starter = actors.start(lambda: threading.Timer(SOON, latch.wait).start())
            _returns[key] = starter.returned()
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
