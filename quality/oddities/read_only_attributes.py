"""Threads have read-only attributes with names that a program may well want for its own."""

from quality.oddities._base import own_copy

TAKEN = """
    args count daemon done error event exception finished function ident interval kwargs lock log
    more name number ran result seen started state status target value
"""

copy = own_copy(__name__)
for name in TAKEN.split():
    setattr(copy.Thread, name, property(lambda self, name=name: name))
