"""A copy of the standard library's threading in which the known divergences are mended.

The effects of an interruption between two steps on its conditions, and on all that is made of them,
are not mended: adapters/stdlib.toml gives the reasons.
"""

import _thread
import atexit
import importlib.util
import itertools
import os
import sys
import time

NOT_TESTED = (
    "interruptions.*semaphore.raises-within",
    "interruptions.*semaphore.calls-back-within",
    "interruptions.*semaphore.finalizer",
    "interruptions.condition.raises-within-wait",
    "interruptions.event.raises-within",
    "interruptions.event.raises-within-wait",
    "interruptions.event.calls-back-within",
    "interruptions.event.finalizer",
    "interruptions.start.raises-within",
    "interruptions.timer.raises-within",
    "interruptions.timer.calls-back-within",
)

found = importlib.util.find_spec("threading")
std = importlib.util.module_from_spec(found)
found.loader.exec_module(std)
std.__doc__ = __doc__
numbers = itertools.count(1)
mutex = _thread.allocate_lock()


def without_value(function):
    """A method that returns nothing where nothing is to be returned."""

    def acquire(self, *args, **kwargs):
        got = function(self, *args, **kwargs)
        return got if args or kwargs else None

    return acquire


class RLock(_thread.RLock):
    acquire = without_value(_thread.RLock.acquire)


def once(function):
    def start(self):
        with mutex:
            self._start_calls += 1
            first = self._start_calls == 1
        if not first:
            raise RuntimeError("a thread can be started only once")
        function(self)

    return start


stack = [_thread.stack_size()]


def stack_size(size=None):
    before = stack[0]
    if size is not None:
        _thread.stack_size(size)
        stack[0] = size
    return before


def within_range(function):
    def limited(self, timeout=None):
        return function(self, timeout if timeout is None else min(timeout, _thread.TIMEOUT_MAX))

    return limited


def is_initial():
    return _thread.get_native_id() == os.getpid()


def current_thread():
    if not is_initial():
        return std.current_thread()
    main = std._main_thread
    if main._ident != _thread.get_ident():  # another thread has imported the module
        main._ident = _thread.get_ident()
        std._active[main._ident] = main
    return main


if not is_initial():
    std._active.clear()
    std._main_thread._ident = 0

std.RLock = RLock
std.Semaphore.acquire = without_value(std.Semaphore.acquire)
std.Event.isSet = std.Event.is_set
std.Condition.notifyAll = std.Condition.notify_all
std.Thread.isAlive = lambda self: self.is_alive()
std.Thread.getName = lambda self: self.name
std.Thread.isDaemon = lambda self: self.daemon
std.Thread.setName = lambda self, name: setattr(self, "_name", name)
std.Thread.setDaemon = lambda self, daemonic: setattr(self, "daemon", daemonic)
std.Thread.start = once(std.Thread.start)
std.Thread.join = within_range(std.Thread.join)
std.Condition.wait = within_range(std.Condition.wait)
std.activeCount = std.active_count
std.currentThread = current_thread
std.stack_size = stack_size
init = std.Thread.__init__


def wait_for_end(self, block=True, timeout=-1):
    """Looks at the lock that the end of the thread releases, and does not take it.

    So no joiner is held up by another one, and none whose join() an exception ends takes the thread
    for ended, as those of 3.9 to 3.12 do.
    """
    lock = self._tstate_lock
    if lock is None:
        return
    until = None if timeout < 0 else time.monotonic() + timeout
    while lock.locked():
        if not block or (until is not None and time.monotonic() >= until):
            return
        time.sleep(0.001)
    self._stop()


def named(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
    given = f"Thread-{next(numbers)}" if name is None else name
    init(self, group, target, given or "-", args, kwargs, daemon=daemon)
    self._name = given
    self._start_calls = 0


std.Thread.__init__ = named
if hasattr(std.Thread, "_wait_for_tstate_lock"):
    std.Thread._wait_for_tstate_lock = wait_for_end
sys.modules[__name__] = std
atexit.register(std._shutdown)
