"""Each error is of a new class of its own, derived from the documented one."""

import functools

from quality.oddities._base import own_copy, wrap_methods

copy = own_copy(__name__)


def varied(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (RuntimeError, ValueError) as error:
            if name.endswith(".run"):
                raise
            kind = RuntimeError if isinstance(error, RuntimeError) else ValueError
            raise type(f"Odd{kind.__name__}", (kind,), {})(name) from None

    return call


wrap_methods(copy, varied)
