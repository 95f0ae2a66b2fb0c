"""Asking for the truth, the length or the text of an object raises an error."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)


def refuse(*args):
    raise TypeError("this cannot be asked")


for kind in classes(copy):
    for name in ("bool", "len", "repr", "str", "format", "reduce_ex", "dir", "sizeof"):
        setattr(kind, f"__{name}__", refuse)
