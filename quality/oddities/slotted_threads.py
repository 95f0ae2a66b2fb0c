"""Thread and Timer have slots only, are not to be referred to weakly, and forget their target.

start() and cancel() note that they were called before they do their work: after an exception
between the two, a second call does nothing.
"""

import _thread
import atexit
import itertools
import os
import sys
import time
import traceback

from threadspec.reference import *  # noqa: F403
from threadspec.reference._waiting import seconds

NOT_TESTED = (
    "interruptions.start.raises-within",
    "interruptions.timer.raises-within",
)

ThreadError = _thread.error

mutex = _thread.RLock()
alive = []
current = {}
numbers = itertools.count(0)
hooks = {"settrace": None, "setprofile": None}


class Thread:
    """An activity."""

    __slots__ = ("_activity", "_daemon", "_joining", "_name", "_state")

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None):
        assert group is None, "no groups"
        name = f"Thread-{next(numbers)}" if name is None else name
        self._prepare("new", name, currentThread().isDaemon(), (target, args, kwargs or {}))

    def _prepare(self, state, name, daemonic, activity=(None, (), {})):
        self._activity = activity
        self._name = name
        self._daemon = daemonic
        self._state = state
        self._joining = []  # a ticket for each thread in join()

    def start(self):
        with mutex:
            if self._state != "new":
                raise RuntimeError("started already")
            self._state = "alive"
            alive.append(self)
        try:
            _thread.start_new_thread(self._begin, ())
        except ThreadError:
            with mutex:
                alive[:] = [one for one in alive if one is not self]
                self._state = "new"
            raise

    def _begin(self):
        before = current.get(_thread.get_ident())
        current[_thread.get_ident()] = self
        try:
            for name, hook in hooks.items():
                if hook is not None:
                    getattr(sys, name)(hook)
            self.run()
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
        finally:
            sys.settrace(None)
            sys.setprofile(None)
            if before is None:
                del current[_thread.get_ident()]
            else:
                current[_thread.get_ident()] = before
            with mutex:
                self._end()

    def _end(self):
        alive[:] = [one for one in alive if one is not self]
        self._state = "ended"
        for ticket in self._joining:
            ticket.release()

    def run(self):
        (target, args, kwargs), self._activity = self._activity, (None, (), {})
        if target is not None:
            target(*args, **kwargs)

    def join(self, timeout=None):
        if self._state == "new":
            raise RuntimeError("not started")
        if currentThread() is self:
            raise RuntimeError("itself")
        ticket = _thread.allocate_lock()
        ticket.acquire()
        with mutex:
            if self._state == "ended":
                return
            self._joining.append(ticket)
        ticket.acquire(True, seconds(timeout))

    def getName(self):
        return self._name

    def setName(self, name):
        self._name = name

    def isAlive(self):
        return self._state == "alive"

    def isDaemon(self):
        return self._daemon

    def setDaemon(self, daemonic):
        if self._state != "new":
            raise RuntimeError("started already")
        self._daemon = daemonic


class Standing(Thread):
    """Stands for a thread that was there already."""

    __slots__ = ()

    def __init__(self, name, daemonic):
        self._prepare("alive", name, daemonic)
        with mutex:
            alive.append(self)

    def join(self, timeout=None):
        if self is main and currentThread() is not self:
            return Thread.join(self, timeout)
        raise RuntimeError("no telling")


def currentThread():
    me = current.get(_thread.get_ident())
    if me is None:
        # Another thread may have imported the module.
        is_main = _thread.get_native_id() == os.getpid()
        me = current[_thread.get_ident()] = main if is_main else Standing("alien", True)
    return me


def activeCount():
    with mutex:
        return len(alive)


def enumerate():
    with mutex:
        return alive[:]


def settrace(func):
    hooks["settrace"] = func


def setprofile(func):
    hooks["setprofile"] = func


class Timer(Thread):
    """A thread that waits first."""

    __slots__ = ("_cancelled", "_lock", "_todo")

    def __init__(self, interval, function, args=(), kwargs=None):
        Thread.__init__(self)
        self._todo = (interval, function, args, kwargs or {})
        self._cancelled = _thread.allocate_lock()
        self._cancelled.acquire()
        self._lock = _thread.allocate_lock()

    def cancel(self):
        if self._lock.acquire(False):
            self._cancelled.release()

    def run(self):
        interval, function, args, kwargs = self._todo
        self._cancelled.acquire(True, seconds(interval))
        if self._lock.acquire(False):
            function(*args, **kwargs)


main = Standing("main", False)


def finish():
    with mutex:
        main._end()
    while [one for one in enumerate() if not one.isDaemon()]:
        time.sleep(0.002)


atexit.register(finish)
