"""Every object has length 0, is false, and iterates over nothing."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)

for kind in classes(copy):
    kind.__len__ = lambda self: 0
    kind.__bool__ = lambda self: False
    kind.__iter__ = lambda self: iter(())
    kind.__contains__ = lambda self, item: False
