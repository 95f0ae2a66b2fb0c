"""No class has a documented method: all are made when asked for, as objects that can be called."""

from quality.oddities._base import METHODS, classes, own_copy


class Method:
    """A method without a name, a doc or a class one could know."""

    __slots__ = ("_function", "_owner")

    def __init__(self, function, owner):
        self._function = function
        self._owner = owner

    def __call__(self, *args, **kwargs):
        return self._function(self._owner, *args, **kwargs)


class Made:
    """An attribute of a class that makes a Method for each use."""

    def __init__(self, function):
        self._function = function

    def __get__(self, owner, kind=None):
        return self._function if owner is None else Method(self._function, owner)


copy = own_copy(__name__)
for kind in classes(copy):
    for method in METHODS[kind.__name__]:
        function = vars(kind).get(method)
        if callable(function):  # not where the class inherits it, or an attribute holds it
            setattr(kind, method, Made(function))
