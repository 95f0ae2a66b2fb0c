"""Proves that green threads are blocked, from the schedulers of gevent and eventlet.

All green threads share one kernel thread, so the kernel does not show what each of them waits for.
Their scheduler knows: if it has no thread to run, no time-out to wait for and no file to watch,
no thread but the caller can continue unless the caller wakes it.
"""

import sys

from threadspec.conformance.harness import declared, jvm

# The longest time-out, in seconds, that the system takes together with files to wait for.
LONGEST = 2.0**31 / 1000


def may_be_green(substrate):
    """Whether helper threads from ``substrate`` may be green.

    The adapter may say so.  Otherwise they may be if it starts them in Python code.  (Functions
    written in Java are of other types than that of ``len``.)
    """
    is_python = not isinstance(substrate.start_new_thread, type(len))
    return declared.are_green(is_python and not jvm.is_here())


def _library(substrate):
    """The top-level name of the module that starts the substrate's threads."""
    module = getattr(substrate.start_new_thread, "__module__", None) or ""
    return module.split(".")[0]


def nobody_can_run(substrate, seconds=None):
    """Whether no thread but the caller can continue, unless the caller or a signal wakes it.

    ``seconds``: for how long; None means for ever, as does any value with gevent, which does not
    show when its time-outs expire.  Returns False if unknown.  A thread that was woken but has not
    run since can continue.
    """
    try:
        return _IDLE[_library(substrate)](seconds)
    except Exception:
        return False  # another library, or another version of it


def _gevent_is_idle(seconds):
    # The count includes threads that are about to run.
    return sys.modules["gevent"].get_hub().loop.activecnt == 0


def _eventlet_is_idle(seconds):
    hub = sys.modules["eventlet.hubs"].get_hub()
    timers = list(hub.timers) + list(hub.next_timers)
    times = [when - hub.clock() for when, timer in timers if not timer.called]
    listeners = [one for ones in hub.listeners.values() for one in ones]
    return not listeners and not [rest for rest in times if seconds is None or rest < seconds]


_IDLE = {"gevent": _gevent_is_idle, "eventlet": _eventlet_is_idle}


def is_littered(substrate):
    """Whether a case has left a time-out for which the scheduler cannot wait.

    eventlet keeps a time-out that was cancelled until it would have occurred.  If nothing else is
    due sooner, it asks the system to wait for so long, which is refused, in whatever the thread
    does that lets the scheduler run.
    """
    if _library(substrate) != "eventlet":
        return False
    hub = sys.modules["eventlet.hubs"].get_hub()
    times = [when - hub.clock() for when, _ in list(hub.timers) + list(hub.next_timers)]
    return bool([rest for rest in times if rest > LONGEST])


class Stall(object):
    """A deadlock detector for green threads: only the caller can continue.

    ``seconds``: how long that must last before :meth:`is_certain` reports it; ``clock``: a function
    that returns the time; ``beyond``: for how many more seconds nothing may be able to change.
    """

    def __init__(self, substrate, seconds, clock, beyond):
        self._substrate = substrate
        self._seconds = seconds
        self._clock = clock
        self._beyond = beyond
        self._since = None

    def is_certain(self):
        """Look again; return True when no thread has been able to continue for long enough."""
        now = self._clock()
        if not nobody_can_run(self._substrate, self._beyond):
            self._since = None
        elif self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= self._seconds
