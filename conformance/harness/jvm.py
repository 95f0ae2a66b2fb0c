"""Finds deadlocks of Jython's threads, from what the Java virtual machine knows of them.

The kernel alone never proves that all threads wait: it shows threads of the machine as well, some
of which wake up many times a second.  The machine alone does not prove it either: until a thread
that was woken gets a processor, it counts as waiting.
"""

import sys

from threadspec.conformance.harness import blocking

# The beginnings of the names of threads that serve Jython's sockets, processes and weak references.
SERVICE = ("Jython-Netty-", "_CouplerThread-", "weakref reaper")


def without_notice(text):
    """What a process has written to standard error, without the machine's notice of its options."""
    lines = text.splitlines(True)
    return "".join([line for line in lines if not line.startswith("Picked up JAVA_TOOL_OPTIONS")])


def is_here():
    """Whether this interpreter runs in a Java virtual machine."""
    return sys.platform.startswith("java")


def _others():
    """The threads but the caller.

    Threads of the machine itself, and those that serve Jython, are left out.
    """
    from jarray import zeros
    from java.lang import Thread

    own = Thread.currentThread()
    group = own.getThreadGroup()
    while group.getName() != "main":
        group = group.getParent()
    threads = zeros(group.activeCount() + 10, Thread)
    count = group.enumerate(threads, True)
    return [
        one for one in threads[:count] if one is not own and not one.getName().startswith(SERVICE)
    ]


def count():
    """The number of threads."""
    return len(_others()) + 1


def waits():
    """How often each thread but the caller has waited so far, as {id: number}.

    Returns None unless all of them wait to be woken, without a time-out.
    """
    from java.lang import Thread
    from java.lang.management import ManagementFactory

    seen = {}
    others = [one.getId() for one in _others()]
    for info in ManagementFactory.getThreadMXBean().getThreadInfo(others):
        if info is None:
            return None  # it has ended meanwhile
        if info.getThreadState() not in (Thread.State.WAITING, Thread.State.BLOCKED):
            return None
        seen[info.getThreadId()] = info.getWaitedCount() + info.getBlockedCount()
    return seen


def all_sleep():
    """Whether the kernel shows no thread of the process but the caller ready to run."""
    tasks = blocking.look(leave_out=(blocking.own_tid(),))
    return tasks is not None and not [task for task in tasks.values() if not task.sleeps]


class Stall(object):
    """A deadlock detector for this process that ignores the calling thread.

    ``seconds``: for how long all other threads must wait before :meth:`is_certain` reports it;
    ``clock``: a function that returns the time.
    """

    def __init__(self, seconds, clock):
        self._seconds = seconds
        self._clock = clock
        self._waits = None
        self._since = None

    def is_certain(self):
        """Look again; return True when no other thread has been woken for long enough."""
        now = self._clock()
        before, self._waits = self._waits, waits()
        if self._waits is None or self._waits != before:
            self._since = None
        elif self._since is None:
            self._since = now
        is_long = self._since is not None and now - self._since >= self._seconds
        return is_long and all_sleep()
