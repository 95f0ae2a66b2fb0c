"""What a with statement gives to the name after "as" is an object that cannot be used at all."""

from quality.oddities._base import classes, own_copy


class Useless:
    """Raises an error for whatever is done with it."""

    def __getattribute__(self, name):
        raise RuntimeError("useless")

    __bool__ = __len__ = __iter__ = __repr__ = __hash__ = lambda self: 1 / 0
    __eq__ = lambda self, other: 1 / 0  # noqa: E731


def entering(function):
    def __enter__(self):
        self.acquire()
        return Useless()

    return __enter__


copy = own_copy(__name__)
for kind in classes(copy):
    if hasattr(kind, "__enter__"):
        kind.__enter__ = entering(kind.__enter__)
