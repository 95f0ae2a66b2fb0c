"""No object equals any other, nor itself."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)

for kind in classes(copy):
    kind.__eq__ = lambda self, other: False
    kind.__ne__ = lambda self, other: True
    kind.__hash__ = lambda self: 1
