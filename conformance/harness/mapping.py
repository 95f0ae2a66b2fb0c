"""Gives an implementation the documented names that it lacks, as its adapter maps them to its own.

Afterwards every case and every program finds the documented names.  Only the cases of the two
clauses about names learn which of them are mapped (see :class:`Naming`), so that a missing name is
one deviation.
"""

import sys

from threadspec.conformance.harness.loading import NamesError
from threadspec.conformance.harness.names import BASES, Missing
from threadspec.conformance.harness.vocabulary import NotOffered, show_error

# What returns objects of several related classes: those of the main thread and of alien threads may
# have classes of their own.
OF_THREADS = ("Thread", "currentThread")

# How to make an object of a class, if it is not simply called.
MAKERS = {"Timer": lambda make: make(1000.0, len)}

# The names that have been given to modules in this process, as pairs.  Where an implementation is
# loaded a second time, they are still not its own.
_given = []


class Alias(object):
    """An attribute of a class that stands for another one, also where a subclass redefines that."""

    def __init__(self, documented, own):
        self._documented = documented
        self._own = own

    def __get__(self, instance, kind):
        try:
            return getattr(kind if instance is None else instance, self._own)
        except AttributeError:
            raise AttributeError(
                "%s has no attribute %s, and no %s, to which its adapter maps that"
                % (kind.__name__, self._documented, self._own)
            )


class Naming(object):
    """The fixture ``naming``: checks that documented names are there, and can be called.

    ``mapped``: {documented: own} for those that the adapter maps; ``omissions``: those that it
    omits.  Its methods take names separated by spaces, and raise Missing for one that is missing,
    or NotOffered if only omitted chapters document it.
    """

    def __init__(self, mapped, omissions):
        self._mapped = mapped
        self._omissions = omissions

    def check(self, thing, documented):
        """Check that ``thing`` has each of the names, mapped or not."""
        for name in self._check(thing, documented):
            raise NotOffered(self._omissions.tell(name))

    def check_own(self, thing, documented, owner=None):
        """Check that ``thing`` has each of the names by itself.

        ``owner``: the class whose methods they are, by default the module.
        """
        omitted = self._check(thing, documented)
        told = []
        for name in documented.split():
            keys = [one and one + "." + name or name for one in BASES.get(owner, [owner])]
            for own in [self._mapped[key] for key in keys if key in self._mapped][:1]:
                told.append("there is no %s; its adapter maps it to %s" % (name, own))
        if told:
            raise Missing("; ".join(told))
        for name in omitted:
            raise NotOffered(self._omissions.tell(name))

    def _check(self, thing, documented):
        """Check that each of the names is there; return those that are omitted and missing."""
        omitted = []
        for name in documented.split():
            try:
                value = getattr(thing, name)
            except AttributeError:
                if name not in self._omissions:
                    told = show_error(sys.exc_info()[1])
                    raise Missing("there is no %s (%s)" % (name, told))
                omitted.append(name)
            else:
                assert callable(value), "%s cannot be called" % name
        return omitted


class CannotMap(Exception):
    """A name cannot be mapped; the message says why, as the end of a sentence."""


def apply(module, mapping):
    """Map names that ``module`` lacks; return those that were mapped, as {documented: own}.

    ``mapping``: such as {"Thread": "Process", "Thread.isAlive": "is_alive"}.  The owner of a method
    is a documented class, or the function currentThread, which stands for the class of the object
    that it returns.  Raises NamesError for a name that cannot be mapped.
    """
    mapped = {}
    for documented in sorted(mapping, key=lambda name: ("." in name, name)):
        own = mapping[documented]
        owner, _, method = documented.rpartition(".")
        try:
            is_missing = (
                _map_method(module, owner, method, own)
                if owner
                else _map_name(module, documented, own)
            )
        except CannotMap:
            raise NamesError(documented, own, sys.exc_info()[1])
        if is_missing:
            mapped[documented] = own
    return mapped


def _map_name(module, documented, own):
    """Map a name of the module; return False if the module has it by itself."""
    if [1 for one, name in _given if one is module and name == documented]:
        return True
    if hasattr(module, documented):
        return False
    shown = getattr(module, "__name__", "the module")
    if not hasattr(module, own):
        raise CannotMap("%s has neither of them" % shown)
    try:
        setattr(module, documented, getattr(module, own))
    except (AttributeError, TypeError):
        raise CannotMap("attributes of %s cannot be set" % shown)
    _given.append((module, documented))
    return True


def _map_method(module, owner, documented, own):
    """Map a method of a documented class; return False if its objects have it by themselves."""
    make = getattr(module, owner, None)
    if make is None:
        raise CannotMap("there is no %s" % owner)
    if isinstance(make, type) and hasattr(make, own):
        made = kind = make
    else:
        try:
            made = MAKERS.get(owner, lambda make: make())(make)
        except:  # noqa: E722 - an implementation may raise anything
            raise CannotMap("%s() raised %s" % (owner, show_error(sys.exc_info()[1])))
        # In Python 2, an object of an old-style class has a type that says nothing about it.
        kind = sys.version_info[0] < 3 and made.__class__ or type(made)
    if isinstance(_defined(kind, documented), Alias):
        return True
    if hasattr(made, documented):
        return False
    if not hasattr(made, own):
        raise CannotMap("objects of %s have neither of them" % owner)
    alias = Alias(documented, own)
    if not (owner in OF_THREADS and _set(_origin(kind, own), documented, alias)):
        if not _set(kind, documented, alias):
            _derive(module, owner, kind, documented, alias)
    return True


def _defined(kind, name):
    """The value of an attribute where a class or the first of its bases defines it, or None."""
    for one in getattr(kind, "__mro__", ()):
        if name in vars(one):
            return vars(one)[name]
    return None


def _origin(kind, name):
    """The most basic class that defines an attribute of ``kind``; ``kind`` if none does."""
    found = [one for one in getattr(kind, "__mro__", ()) if name in vars(one)]
    return found and found[-1] or kind


def _set(kind, name, value):
    """Set an attribute of a class; return False if its attributes cannot be set."""
    if not isinstance(kind, type):
        raise CannotMap("%s is an old-style class" % kind)
    try:
        setattr(kind, name, value)
    except (AttributeError, TypeError):
        return False
    return True


def _derive(module, owner, kind, documented, alias):
    """Replace a class whose attributes cannot be set by a subclass with one more.

    Objects that the implementation makes by itself do not have that attribute.
    """
    try:
        if getattr(module, owner) is not kind:
            raise CannotMap("attributes of %s cannot be set" % kind.__name__)
        space = {str(documented): alias, "__module__": kind.__module__, "__doc__": kind.__doc__}
        setattr(module, owner, type(str(owner), (kind,), space))
    except (AttributeError, TypeError):
        raise CannotMap(
            "%s is a class that allows neither attributes nor subclasses" % kind.__name__
        )
