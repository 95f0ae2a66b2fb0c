"""enumerate() lists the alive threads in another order each time."""

import random

from threadspec import reference
from threadspec.reference import *  # noqa: F403


def enumerate():
    threads = reference.enumerate()
    random.shuffle(threads)
    return threads
