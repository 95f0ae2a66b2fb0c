"""What the manual tells callers not to pass is refused, with errors of many kinds."""

from quality.oddities._base import is_no_flag, is_no_lock, own_copy, refusing

copy = own_copy(__name__)
init, set_trace, set_profile = copy.Thread.__init__, copy.settrace, copy.setprofile


def is_no_count(value):
    return not isinstance(value, int)


def is_no_function(value):
    return value is not None and not callable(value)


def is_no_name(value):
    return not isinstance(value, str)


def strict_init(self, group=None, target=None, name=None, args=(), kwargs=None):
    assert group is None
    assert target is None or callable(target)
    assert name is None or isinstance(name, str)
    assert isinstance(args, tuple)
    assert kwargs is None or isinstance(kwargs, dict)
    init(self, group, target, name, args, kwargs)


copy.Thread.__init__ = strict_init
for kind, name, wrong in (
    (copy.Condition, "__init__", is_no_lock),
    (copy.Thread, "setDaemon", is_no_flag),
    (copy.Thread, "setName", is_no_name),
    (copy.RLock, "acquire", is_no_flag),
    (copy.Semaphore, "acquire", is_no_flag),
    (copy.Semaphore, "__init__", is_no_count),
):
    setattr(kind, name, refusing(getattr(kind, name), TypeError, wrong))


def settrace(func):
    refusing(lambda self, func: set_trace(func), TypeError, is_no_function)(None, func)


def setprofile(func):
    refusing(lambda self, func: set_profile(func), TypeError, is_no_function)(None, func)


copy.settrace, copy.setprofile = settrace, setprofile
