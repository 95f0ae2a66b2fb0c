"""Every call of a documented name gives a DeprecationWarning."""

import functools
import warnings

from quality.oddities._base import own_copy, wrap_methods


def warned(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        warnings.warn(f"{name} is old", DeprecationWarning, stacklevel=2)
        return function(*args, **kwargs)

    return call


wrap_methods(own_copy(__name__), warned)
