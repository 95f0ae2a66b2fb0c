"""Every documented call takes 0 to 20 milliseconds longer than it must, half before, half after."""

import functools
import random
import time

from quality.oddities._base import own_copy, wrap_methods


def slowed(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        time.sleep(random.random() / 100)
        try:
            return function(*args, **kwargs)
        finally:
            time.sleep(random.random() / 100)

    return call


wrap_methods(own_copy(__name__), slowed)
