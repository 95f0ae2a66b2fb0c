"""Errors are of classes derived from the documented ones, some from several, with odd arguments."""

from quality.oddities._base import intercept, own_copy


class Misuse(RuntimeError, LookupError):
    """A RuntimeError that is more than that, and takes other arguments."""

    def __init__(self, where, *, code):
        super().__init__()
        self.where, self.code = where, code

    def __str__(self):
        raise TypeError("no text")


class Excess(ValueError, ArithmeticError):
    """A ValueError without a message, equal to nothing."""

    __eq__ = lambda self, other: False  # noqa: E731
    __hash__ = None


class Refused(RuntimeError, OSError):
    """The ThreadError."""


def translated(name, call):
    try:
        return call()
    except (RuntimeError, ValueError) as error:
        if name in ("Thread.run", "Timer.run"):
            raise
        if isinstance(error, RuntimeError):
            raise Misuse(name, code=7) from error
        raise Excess from None


copy = own_copy(__name__)
intercept(copy, translated)
copy.ThreadError = Refused
init = copy.Semaphore.__init__


def refusing(self, value=1):
    try:
        init(self, value)
    except ValueError:
        raise Excess from None


copy.Semaphore.__init__ = refusing
