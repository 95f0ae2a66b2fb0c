"""The module and its objects have many more names than the manual has, some of later versions."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)
for kind in classes(copy):
    kind.locked = lambda self: None
    kind.value = property(lambda self: 0)
    kind.poll = kind.fileno = kind.close = lambda self, *args: None
copy.Lock.__lt__ = lambda self, other: id(self) < id(other)
copy.Lock.locked = lambda self: self._lock.locked()
copy.Condition.wait_for = lambda self, predicate, timeout=None: None
copy.Condition.notify_all = copy.Condition.notifyAll
copy.Event.is_set = copy.Event.isSet
copy.Event.pulse = lambda self: (self.set(), self.clear())
copy.Thread.is_alive = copy.Thread.isAlive
copy.Thread.name = property(copy.Thread.getName, copy.Thread.setName)
copy.Thread.daemon = property(copy.Thread.isDaemon, copy.Thread.setDaemon)
copy.Thread.ident = copy.Thread.native_id = property(lambda self: id(self))
copy.Thread.__iter__ = lambda self: iter(())
copy.Thread.__call__ = lambda self, *args, **kwargs: self.run()
copy.Timer.restart = copy.Timer.interval = None
copy.active_count = copy.activeCount
copy.current_thread = copy.currentThread
copy.main_thread = lambda: copy._registry.main()
copy.Barrier = copy.get_ident = copy.excepthook = copy.TIMEOUT_MAX = copy.P = copy.V = object()
