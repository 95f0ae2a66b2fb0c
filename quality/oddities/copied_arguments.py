"""Threads and timers copy their arguments when they are made: later changes do not reach them."""

import copy as copying

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def by_copy(init, position):
    def __init__(self, *given, args=(), kwargs=None, **others):
        given = [
            copying.copy(value) if place >= position else value for place, value in enumerate(given)
        ]
        if args:
            others["args"] = copying.copy(args)
        if kwargs:
            others["kwargs"] = dict(kwargs)
        init(self, *given, **others)

    return __init__


copy.Thread.__init__ = by_copy(copy.Thread.__init__, 3)
copy.Timer.__init__ = by_copy(copy.Timer.__init__, 2)
