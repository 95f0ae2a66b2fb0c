"""Before Thread.__init__ a thread can neither be given an attribute nor be asked for one."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
init = copy.Thread.__init__


def demanding_init(self, *args, **kwargs):
    object.__setattr__(self, "_made", True)
    init(self, *args, **kwargs)


def guarded_set(self, name, value):
    if "_made" not in object.__getattribute__(self, "__dict__"):
        raise RuntimeError("Thread.__init__ comes first")
    object.__setattr__(self, name, value)


def guarded_get(self, name):
    if not name.startswith("__") and "_made" not in object.__getattribute__(self, "__dict__"):
        raise RuntimeError("Thread.__init__ comes first")
    return object.__getattribute__(self, name)


copy.Thread.__init__ = demanding_init
copy.Thread.__setattr__ = guarded_set
copy.Thread.__getattribute__ = guarded_get
object.__setattr__(copy._registry.main(), "_made", True)  # it was made before
