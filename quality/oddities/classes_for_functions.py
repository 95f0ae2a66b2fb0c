"""The functions of the module are classes and callable objects; so is Lock."""

from quality.oddities._base import PlainLock
from threadspec import reference
from threadspec.reference import *  # noqa: F403


class Lock(PlainLock):
    """A class where the reference has a factory."""


class currentThread:
    """A class whose call does not make an instance."""

    def __new__(cls):
        return reference.currentThread()


class activeCount(int):
    """A number that is right when it is made."""

    def __new__(cls):
        return int.__new__(cls, reference.activeCount())


class enumerate(list):
    """A list of threads that fills itself."""

    def __init__(self):
        list.__init__(self, reference.enumerate())


class Setter:
    """Sets a function for new threads."""

    def __init__(self, function):
        self._function = function

    def __call__(self, func):
        self._function(func)
        return self


settrace = Setter(reference.settrace)
setprofile = Setter(reference.setprofile)


class StackSize:
    """A number of bytes that can be called to ask for it."""

    def __call__(self, *args, **kwargs):
        return reference.stack_size(*args, **kwargs)


stack_size = StackSize()
