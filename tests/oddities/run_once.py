"""The standard run() lets go of target and arguments; called again it does nothing."""

from oddities._base import own_copy

copy = own_copy(__name__)
run = copy.Thread.run


def once(self):
    try:
        run(self)
    finally:
        self._Thread__target = None
        self._Thread__args = ()
        self._Thread__kwargs = {}


copy.Thread.run = once
