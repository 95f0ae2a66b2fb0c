"""The module is an object that makes each name when it is asked for, and has no __dict__."""

import sys

from threadspec import reference


class Module:
    """What import finds in the place of a module."""

    __slots__ = ("__name__", "__spec__")

    def __init__(self, name, spec):
        self.__name__ = name
        self.__spec__ = spec

    def __getattr__(self, name):
        if name in reference.__all__:
            return getattr(reference, name)
        raise AttributeError(f"{self.__name__!r} has no attribute {name!r}")

    def __dir__(self):
        return []


sys.modules[__name__] = Module(__name__, __spec__)
