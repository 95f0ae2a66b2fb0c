"""Every documented call takes 30 milliseconds longer than it must."""

import functools
import time

from quality.oddities._base import own_copy, wrap_methods


def slowed(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        time.sleep(0.03)
        return function(*args, **kwargs)

    return call


wrap_methods(own_copy(__name__), slowed)
