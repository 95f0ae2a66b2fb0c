"""Thread-local objects are false, empty, not to be compared or shown, and miss attributes oddly."""

import _thread

from threadspec.reference import *  # noqa: F403


class Absent(AttributeError):
    """An AttributeError without a text."""

    def __str__(self):
        raise TypeError("no text")


def refuse(*args):
    raise TypeError("not this")


class local(_thread._local):
    """The C class, with odd special methods."""

    __slots__ = ()
    __hash__ = None
    __eq__ = __ne__ = __repr__ = __str__ = __reduce_ex__ = refuse

    def __bool__(self):
        return False

    def __len__(self):
        return 0

    def __getattr__(self, name):
        raise Absent
