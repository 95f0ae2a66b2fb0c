"""Hooks are in force early and stay in force: they see how a thread begins and ends inside."""

import sys

from quality.oddities._base import own_copy

copy = own_copy(__name__)
perform = copy.thread._perform


class Settings:
    """The sys module, but that hooks once set stay."""

    stderr = property(lambda self: sys.stderr)

    def settrace(self, func):
        pass

    setprofile = settrace


def early(self):
    if copy.thread.hooks["trace"] is not None:
        sys.settrace(copy.thread.hooks["trace"])
    if copy.thread.hooks["profile"] is not None:
        sys.setprofile(copy.thread.hooks["profile"])
    prepare(3)
    perform(self)
    prepare(3)


def prepare(depth):
    return sorted(range(depth)) and depth and prepare(depth - 1)


copy.thread.sys = Settings()
copy.thread._perform = early
