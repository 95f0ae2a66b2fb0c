"""Whatever the manual tells callers not to pass is refused, with errors of many kinds."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def refusing(function, wrong, error):
    def call(self, *args, **kwargs):
        for value in (*args, *kwargs.values()):
            if wrong(value):
                raise error("refused")
        return function(self, *args, **kwargs)

    return call


def no_flag(value):
    return value not in (True, False)


def no_count(value):
    return not isinstance(value, int)


def no_function(value):
    return value is not None and not callable(value)


def no_lock(value):
    return value is not None and not (hasattr(value, "acquire") and hasattr(value, "release"))


copy.Condition.__init__ = refusing(copy.Condition.__init__, no_lock, TypeError)
copy.Thread.setDaemon = refusing(
    copy.Thread.setDaemon, lambda value: value not in (True, False), TypeError
)
init = copy.Thread.__init__


def strict_init(self, group=None, target=None, name=None, args=(), kwargs=None):
    assert group is None
    assert target is None or callable(target)
    assert name is None or isinstance(name, str)
    assert isinstance(args, tuple)
    assert kwargs is None or isinstance(kwargs, dict)
    init(self, group, target, name, args, kwargs)


copy.Thread.__init__ = strict_init
for kind in (copy.RLock, copy.Semaphore):
    kind.acquire = refusing(kind.acquire, no_flag, TypeError)
copy.Semaphore.__init__ = refusing(copy.Semaphore.__init__, no_count, TypeError)
copy.Thread.setName = refusing(
    copy.Thread.setName, lambda value: not isinstance(value, str), TypeError
)
set_trace, set_profile = copy.settrace, copy.setprofile


def settrace(func):
    refusing(lambda self, func: set_trace(func), no_function, TypeError)(None, func)


def setprofile(func):
    refusing(lambda self, func: set_profile(func), no_function, TypeError)(None, func)


copy.settrace, copy.setprofile = settrace, setprofile
