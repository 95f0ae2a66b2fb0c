"""Comparing or hashing an object raises an error."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)


def refuse(*args):
    raise TypeError("these are not to be compared")


for kind in classes(copy):
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(kind, f"__{name}__", refuse)
    kind.__hash__ = None
