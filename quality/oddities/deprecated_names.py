"""Every call of a documented name gives a DeprecationWarning."""

import warnings

from quality.oddities._base import intercept, own_copy


def warned(name, call):
    warnings.warn(f"{name} is old", DeprecationWarning, stacklevel=3)
    return call()


intercept(own_copy(__name__), warned)
