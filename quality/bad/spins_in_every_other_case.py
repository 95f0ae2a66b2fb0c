"""In every other case, creating the first object spins for ever and keeps the interpreter lock."""

import sys
import zlib

from threadspec import reference
from threadspec.reference import *  # noqa: F403

_CASES = "threadspec.conformance.battery."


def _spin():
    sum(iter(int, 1))


def _spins():
    """Whether the calling case is one that spins, which depends on its name."""
    frame = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_name
        if name.startswith("test_") and frame.f_globals["__name__"].startswith(_CASES):
            return zlib.crc32(name.encode()) % 2
        frame = frame.f_back
    return False


def _spinning(kind):
    class Spinning(kind):
        def __init__(self, *args, **kwargs):
            if _spins():
                _spin()
            super().__init__(*args, **kwargs)

    Spinning.__name__ = kind.__name__
    return Spinning


def _spinning_factory(make):
    def spinning(*args, **kwargs):
        if _spins():
            _spin()
        return make(*args, **kwargs)

    return spinning


for _name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event"):
    globals()[_name] = _spinning_factory(getattr(reference, _name))
for _name in ("Thread", "Timer", "local"):
    globals()[_name] = _spinning(getattr(reference, _name))
