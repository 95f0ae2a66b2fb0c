"""A thread that fails says so at length: on standard error, by a warning, and in its own words."""

import sys
import warnings

from quality.oddities._base import own_copy

copy = own_copy(__name__)


def report(name):
    sys.stderr.write(f"{name} failed\n")
    sys.excepthook(*sys.exc_info())
    warnings.warn(f"{name} failed", RuntimeWarning, stacklevel=2)


copy.thread._report = report
