"""Every documented call is told on standard output and on standard error."""

import contextlib
import functools
import sys

from quality.oddities._base import own_copy, wrap_methods


def told(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # a case may have put anything there
                stream.write(f"threading: {name}\n")
                stream.flush()
        return function(*args, **kwargs)

    return call


wrap_methods(own_copy(__name__), told)
