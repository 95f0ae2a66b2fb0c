"""Thread-local data written in Python, by the identifier of the thread."""

import _thread
import weakref

from quality.oddities._base import before_the_end

known = {}  # id(local) -> a weak reference


class local:
    """Attributes by thread, in a dictionary of dictionaries."""

    __slots__ = ("__weakref__", "_local_arguments", "_local_shelves")

    def __new__(cls, /, *args, **kwargs):
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__} takes no arguments")
        self = object.__new__(cls)
        key = id(self)
        known[key] = weakref.ref(self, lambda _: known.pop(key, None))
        object.__setattr__(self, "_local_arguments", (args, kwargs))
        object.__setattr__(self, "_local_shelves", {_thread.get_ident(): {}})
        return self

    def __getattribute__(self, name):
        own = shelf(self)
        if name == "__dict__":
            return own
        if name in own and not is_data(type(self), name):
            return own[name]
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        own = shelf(self)
        if name == "__dict__":
            raise AttributeError("__dict__ cannot be replaced")
        if is_data(type(self), name):
            object.__setattr__(self, name, value)
        else:
            own[name] = value

    def __delattr__(self, name):
        own = shelf(self)
        if is_data(type(self), name):
            object.__delattr__(self, name)
        elif name in own:
            del own[name]
        else:
            raise AttributeError(name)


def is_data(kind, name):
    """Whether a class has a data descriptor of that name."""
    for one in kind.__mro__:
        if name in vars(one):
            found = type(vars(one)[name])
            return hasattr(found, "__set__") or hasattr(found, "__delete__")
    return False


def shelf(data):
    """The calling thread's attributes, initialized when it has none yet."""
    ident = _thread.get_ident()
    shelves = object.__getattribute__(data, "_local_shelves")
    if ident in shelves:
        return shelves[ident]
    own = shelves[ident] = {}
    if type(data).__init__ is not object.__init__:
        args, kwargs = object.__getattribute__(data, "_local_arguments")
        try:
            type(data).__init__(data, *args, **kwargs)
        except BaseException:
            del shelves[ident]
            raise
    return own


def forget():
    """Drop what the calling thread has stored anywhere: it ends."""
    ident = _thread.get_ident()
    for reference in list(known.values()):
        data = reference()
        if data is not None:
            object.__getattribute__(data, "_local_shelves").pop(ident, None)


def forget_at_the_end(copy):
    """Have every thread of a copy but the main one forget what it has stored when it ends."""

    def forget_unless_main(thread):
        if copy._registry.main() is not thread:
            forget()

    before_the_end(copy, forget_unless_main)
