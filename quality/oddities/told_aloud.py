"""Every documented call is announced on standard output and on standard error."""

import contextlib
import sys

from quality.oddities._base import intercept, own_copy


def told(name, call):
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a case may have put anything there
            stream.write(f"threading: {name}\n")
            stream.flush()
    return call()


intercept(own_copy(__name__), told)
