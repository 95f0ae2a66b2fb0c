"""Default names count down in steps from a large number; main and alien threads have odd names."""

import itertools

from quality.oddities._base import own_copy

copy = own_copy(__name__)
numbers = itertools.count(987654321, -7)


def new_name(kind):
    return f"Thread-{next(numbers)}" if kind == "Thread" else ""


copy.thread.new_name = copy.alien.new_name = new_name
copy._registry.main().setName("Thread-0")
