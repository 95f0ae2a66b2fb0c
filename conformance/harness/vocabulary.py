"""What cases are written with: decorators, ``raises``, ``show``, and the kit's exceptions."""

import opcode
import os
import re
import sys
from types import FunctionType

from threadspec.conformance.harness import names

HERE = os.path.dirname(os.path.abspath(__file__))
KIT = (HERE + os.sep, os.path.join(os.path.dirname(HERE), "battery") + os.sep)


class Violation(AssertionError):
    """The implementation does not do what the clause requires; the message says what it did."""


class NotOffered(Exception):
    """What the case needs is not offered here, and the message names it; this blames nobody."""


class KitError(Exception):
    """The kit itself is at fault, not the implementation."""


class Refused(KitError):
    """The system refuses the kit a thread, a process or a file; the message tells the user."""


def clause(identifier, spoils=False, apart=False, of=None):
    """Declare the one clause that the decorated case checks.

    ``identifier``: the id in the catalogue, such as ``lock.release.unlocked-error``; ``spoils``:
    the case changes something that it may not be able to restore, so its process must run no other
    case; ``apart``: it runs in the main thread of a program, shared with other such cases; ``of``:
    for a check that several classes or methods share, their table (see :func:`bind`).
    """

    def mark(function):
        function.clause = identifier
        function.of = of
        function.spoils = spoils
        function.apart = apart
        return function

    return mark


def bind(space, checks):
    """Add the shared checks that belong to a file of the battery to its cases.

    ``space``: the file's ``globals()``; ``checks``: a module of ``battery/shared``.  A check there
    has an asterisk in its clause, such as ``*.acquire.decrements``, and a table ``of`` what shares
    it, by default the module's ``CLASSES``.  A key of the table replaces the asterisk.  Its value
    determines the check's first parameter: the name of a class of the implementation, or a function
    that is called with the implementation and returns the argument.
    """
    for name, check in list(vars(checks).items()):
        if not name.startswith("test_"):
            continue
        table = check.of or checks.CLASSES
        for key in table:
            identifier = check.clause.replace("*", key)
            if not _belongs(identifier, space["__name__"]):
                continue
            if name in space:
                raise KitError("%s has two cases %s" % (space["__name__"], name))
            case = FunctionType(check.__code__, check.__globals__, name)
            case.__dict__.update(vars(check))
            case.__module__ = space["__name__"]
            case.clause = identifier
            case.of = None
            case.given = {check.__code__.co_varnames[0]: table[key]}
            space[name] = case


def _belongs(identifier, module):
    """Whether the cases of a clause are in a module of the battery, given by its full name."""
    chapter, name = module.split(".")[-2:]
    subject = identifier.replace("-", "_").split(".")[:-1]
    return subject in ([chapter, name], [name == "general" and chapter or name])


def show(value, limit=200):
    """A short repr of ``value`` that never raises, whatever its ``__repr__`` does.

    Addresses are left out, so that evidence reads the same in every run.
    """
    try:
        text = repr(value)
    except:  # noqa: E722 - a broken __repr__ may raise anything
        text = "<%s whose repr raises %s>" % (type(value).__name__, sys.exc_info()[0])
    text = re.sub(r" at 0x[0-9A-Fa-f]+", "", text)
    if len(text) > limit:
        text = text[:limit] + "..."
    return text


def show_error(error):
    """An exception as ``module.Type: message``, without the module for built-in types."""
    kind = type(error)
    name = getattr(kind, "__name__", str(kind))
    module = getattr(kind, "__module__", None)
    if module not in (None, "builtins", "exceptions"):
        name = "%s.%s" % (module, name)
    try:
        message = str(error)
    except:  # noqa: E722
        message = ""
    if message:
        return "%s: %s" % (name, message)
    return name


def show_call(function, args=(), kwargs=None):
    """A call as a reader would write it: ``acquire(False, timeout=1)``.

    A call that an actor was asked to make is shown as the call itself, also where its result is
    asked for, and that of a function of the battery as its decorator :func:`tells` says.
    """
    asked = getattr(getattr(function, "__self__", None), "asked", None)
    if asked and function.__name__ == "result":
        return show_call(*asked)
    if args and getattr(function, "__name__", "") in ("call", "_trace") and callable(args[0]):
        function, args = args[0], args[1:]
    name = getattr(function, "__name__", None) or type(function).__name__
    if hasattr(function, "tells"):
        last = args[len(args) - function.tells.count("%s") :]
        return function.tells % tuple([getattr(arg, "__name__", arg) for arg in last])
    words = [show(arg, 60) for arg in args]
    words += ["%s=%s" % (key, show((kwargs or {})[key], 60)) for key in sorted(kwargs or {})]
    return "%s(%s)" % (name, ", ".join(words))


def raises(expected, function, *args, **kwargs):
    """Call ``function`` and return the exception it raises, which must be an ``expected`` one.

    An instance of a subclass is accepted.  Raises Violation for another exception, or for none.
    """
    try:
        value = function(*args, **kwargs)
    except (KitError, NotOffered):
        raise
    except expected:
        return sys.exc_info()[1]
    except:  # noqa: E722 - Java's throwables are no Exception
        error = sys.exc_info()[1]
        if isinstance(error, Violation) or names.missing_name(error) or _is_a_check():
            raise
        raise Violation(
            "%s raised %s, expected %s"
            % (show_call(function, args, kwargs), show_error(error), expected.__name__)
        )
    raise Violation(
        "%s returned %s, expected %s to be raised"
        % (show_call(function, args, kwargs), show(value), expected.__name__)
    )


def _is_a_check():
    """Whether the exception that is being handled is a failed check of the kit's own.

    Unknown in Python 2, where the traceback of an exception from another thread is lost.
    """
    _, error, step = sys.exc_info()
    if sys.version_info[0] < 3:
        return False
    while step.tb_next is not None:
        step = step.tb_next
    code = step.tb_frame.f_code
    is_ours = os.path.abspath(code.co_filename).startswith(KIT)
    if not (is_ours and isinstance(error, AssertionError)):
        return False
    # A function written in C that the kit has called has no frame of its own.
    return opcode.opname[code.co_code[step.tb_lasti]] == "RAISE_VARARGS"


def tells(text):
    """Describe the value of the decorated function of the battery, for evidence of a failed check.

    ``text``: a description such as "attribute %s", where "%s" stands for its last argument.
    """

    def mark(function):
        function.tells = text
        return function

    return mark


def states(true, false):
    """Describe what it means that the decorated function returns a true or a false value."""

    def mark(function):
        function.states = (true, false)
        return function

    return mark


def truth(value):
    """``value`` as "true", "false" or "None", for observing cases."""
    if value is None:
        return "None"
    return "true" if value else "false"
