"""Whatever the manual tells callers not to pass is let through: groups, any lock, any flag."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
init, thread_init = copy.Condition.__init__, copy.Thread.__init__
set_daemon, join = copy.Thread.setDaemon, copy.Thread.join
is_current = copy._registry.lookup


def lenient_condition(self, lock=None):
    init(self, lock if hasattr(lock, "acquire") else None)


def lenient_thread(self, group=None, target=None, name=None, args=(), kwargs=None):
    thread_init(self, None, target, name, tuple(args or ()), dict(kwargs or {}))


def lenient_daemon(self, daemonic):
    set_daemon(self, bool(daemonic) and daemonic not in ("no", "0"))


def lenient_join(self, timeout=None):
    if timeout is not None and is_current() is self:
        waiting = copy.condition.allocate_lock()
        waiting.acquire()
        waiting.acquire(True, max(timeout, 0))
        return
    join(self, timeout)


copy.Condition.__init__ = lenient_condition
copy.Thread.__init__ = lenient_thread
copy.Thread.setDaemon = lenient_daemon
copy.Thread.join = lenient_join
