"""Every object equals everything, and all have the same hash."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)

for kind in classes(copy):
    kind.__eq__ = lambda self, other: True
    kind.__ne__ = lambda self, other: False
    kind.__hash__ = lambda self: 1
