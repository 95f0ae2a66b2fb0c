"""Functions and methods take more arguments than the manual has, by position and by name."""

from quality.oddities._base import own_copy, wrap_methods

MOST = {"acquire": 1, "wait": 1, "join": 1, "setName": 1, "setDaemon": 1}
MOST.update(settrace=1, setprofile=1, stack_size=1)


def lenient(function, name):
    most = MOST.get(name.rpartition(".")[2], 0) + ("." in name)

    def call(*args, priority=0, reason=None, **kwargs):
        kwargs = {key: value for key, value in kwargs.items() if not key.startswith("x_")}
        return function(*args[:most], **kwargs)

    return call


def more(function):
    def __init__(self, *args, daemon=None, context=None, **kwargs):
        function(self, *args, **kwargs)
        if daemon is not None:
            self.setDaemon(daemon)

    return __init__


copy = own_copy(__name__)
wrap_methods(copy, lenient)
copy.Thread.__init__ = more(copy.Thread.__init__)
