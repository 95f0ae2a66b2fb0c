"""A default name is made up when it is first asked for, not when the thread is made."""

import itertools

from quality.oddities._base import own_copy

copy = own_copy(__name__)
init, get_name = copy.Thread.__init__, copy.Thread.getName
numbers = itertools.count(0, 10)


def late_init(self, group=None, target=None, name=None, args=(), kwargs=None):
    init(self, group, target, Ellipsis if name is None else name, args, kwargs)


def late_name(self):
    with copy.thread._numbering:
        if get_name(self) is Ellipsis:
            self.setName(f"Thread-{next(numbers)}")
    return get_name(self)


copy.Thread.__init__ = late_init
copy.Thread.getName = late_name
