"""Objects of one class are equal, as if they were values."""

from quality.oddities._base import classes, own_copy

copy = own_copy(__name__)

for kind in classes(copy):
    kind.__eq__ = lambda self, other: type(self) is type(other)
    kind.__hash__ = lambda self: hash(type(self).__name__)
