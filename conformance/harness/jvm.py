"""Finds deadlocks of Jython's threads, from what the Java virtual machine knows of them.

The kernel shows threads of the machine as well, some of which wake up many times a second, so it
never proves that all threads wait.
"""

import sys

# The beginnings of the names of threads that serve Jython's sockets and processes.
SERVICE = ("Jython-Netty-", "_CouplerThread-")


def without_notice(text):
    """What a process has written to standard error, without the machine's notice of its options."""
    lines = text.splitlines(True)
    return "".join([line for line in lines if not line.startswith("Picked up JAVA_TOOL_OPTIONS")])


def is_here():
    """Whether this interpreter runs in a Java virtual machine."""
    return sys.platform.startswith("java")


def waits():
    """How often each thread but the caller has waited so far, as {id: number}.

    Returns None unless all of them wait to be woken, without a time-out.  Threads of the machine
    itself, and those of Jython's sockets and processes, are left out.
    """
    from jarray import zeros
    from java.lang import Thread
    from java.lang.management import ManagementFactory

    own = Thread.currentThread()
    group = own.getThreadGroup()
    while group.getName() != "main":
        group = group.getParent()
    threads = zeros(group.activeCount() + 10, Thread)
    count = group.enumerate(threads, True)
    others = [one.getId() for one in threads[:count] if not _is_left_out(one, own)]
    seen = {}
    for info in ManagementFactory.getThreadMXBean().getThreadInfo(others):
        if info is None:
            return None  # it has ended meanwhile
        if info.getThreadState() not in (Thread.State.WAITING, Thread.State.BLOCKED):
            return None
        seen[info.getThreadId()] = info.getWaitedCount() + info.getBlockedCount()
    return seen


def _is_left_out(thread, own):
    return thread is own or thread.getName().startswith(SERVICE)


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
        return self._since is not None and now - self._since >= self._seconds
