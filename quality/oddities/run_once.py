"""The standard run() lets go of target and arguments; called again it does nothing."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
run = copy.Thread.run


def once(self):
    try:
        run(self)
    finally:
        self._threadspec_target = None
        self._threadspec_args = ()
        self._threadspec_kwargs = {}


copy.Thread.run = once
