"""Finds the documented names that an implementation lacks, however its errors are worded."""

import re
import sys

# Every name that the manual documents: those of the module, and the methods of each class.
MODULE = frozenset(
    """
    activeCount Condition currentThread enumerate Event local Lock RLock Semaphore BoundedSemaphore
    Thread Timer settrace setprofile stack_size ThreadError
    """.split()
)
_THREAD = "start run join getName setName isAlive isDaemon setDaemon"
METHODS = {
    "Lock": "acquire release",
    "RLock": "acquire release",
    "Condition": "acquire release wait notify notifyAll",
    "Semaphore": "acquire release",
    "BoundedSemaphore": "acquire release",
    "Event": "isSet set clear wait",
    "Thread": _THREAD,
    "Timer": "cancel " + _THREAD,
    "currentThread": _THREAD,
}
DOCUMENTED = MODULE.union(*[methods.split() for methods in METHODS.values()])

# The chapters of the catalogue that document names, and which ones.  The others are about the same
# names as these.
CHAPTERS = {
    "module": "activeCount currentThread enumerate settrace setprofile stack_size ThreadError",
    "local": "local",
    "lock": "Lock acquire release",
    "rlock": "RLock acquire release",
    "condition": "Condition acquire release wait notify notifyAll",
    "semaphore": "Semaphore acquire release",
    "boundedsemaphore": "BoundedSemaphore acquire release",
    "event": "Event isSet set clear wait",
    "thread": "Thread start run join getName setName isAlive",
    "daemon": "isDaemon setDaemon",
    "timer": "Timer cancel",
}

# The same names, as adapter files map them: "Thread", "Thread.start".
ALL = sorted(MODULE) + [
    "%s.%s" % (owner, name) for owner in sorted(METHODS) for name in METHODS[owner].split()
]

# The owners of methods whose objects have the methods of other owners as well, and all these.
BASES = {
    "Timer": ("Timer", "Thread"),
    "currentThread": ("currentThread", "Thread"),
    "BoundedSemaphore": ("BoundedSemaphore", "Semaphore"),
}

BATTERY = "threadspec.conformance.battery"


class Missing(Exception):
    """Documented names are missing; the message names them."""


class Omissions(object):
    """The documented names that belong only to chapters that an implementation does not offer.

    ``chapters``: the names of these chapters.
    """

    def __init__(self, chapters=()):
        self._chapters = list(chapters)
        offered = [_documented_in(one) for one in CHAPTERS if one not in chapters]
        self._names = DOCUMENTED.difference(*offered)

    def __contains__(self, name):
        return name in self._names

    def split(self, lacking):
        """Split pairs as of :func:`survey` into those that are missing and those omitted."""
        omitted = set([pair for pair in lacking if self._names.intersection(pair)])
        return lacking.difference(omitted), omitted

    def tell(self, missing):
        """A sentence about what is missing because its chapters are omitted.

        ``missing``: a name, or a method with its class as :func:`lacked` returns it.
        """
        words = self._names.intersection(re.findall(r"\w+", missing))
        chapters = [one for one in self._chapters if words.intersection(_documented_in(one))]
        return "there is no %s; the adapter omits the chapter%s %s" % (
            missing,
            "s"[: len(chapters) > 1],
            " and ".join(chapters),
        )


def _documented_in(chapter):
    """The names that a chapter documents."""
    return CHAPTERS.get(chapter, "").split()


def missing_name(error):
    """The documented name that an AttributeError or ImportError says is missing, or None."""
    if not isinstance(error, (AttributeError, ImportError)):
        return None
    name = getattr(error, "name", None)
    if isinstance(error, AttributeError) and name in DOCUMENTED:
        # If the object has the attribute, the error is about something else.
        return _has(getattr(error, "obj", None), name) and None or name
    try:
        text = str(error)
    except:  # noqa: E722
        return None
    for marker in ("has no attribute", "cannot import name"):
        if marker in text:
            words = re.findall(r"\w+", text.split(marker, 1)[1])
            return words and words[0] in DOCUMENTED and words[0] or None
    return None


def _has(value, name):
    try:
        return value is not None and hasattr(value, name)
    except:  # noqa: E722
        return False


def used_by(function, among=DOCUMENTED):
    """The documented names in the code of a function of the battery and of what it uses there.

    ``among``: the names to look for; each of the others would cost time.
    """
    found = set()
    seen = set()
    left = [function] + list(getattr(function, "given", {}).values())
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.update(_documented(one))
        elif id(one) not in seen:
            seen.add(id(one))
            if hasattr(one, "__code__") and _is_ours(one):
                own = among.intersection(_names(one.__code__))
                found.update([name for name in own if _is_meant(name, one)])
                left += _used_directly(one)
            else:
                left += _parts(one)
    return found.intersection(among)


def _documented(text):
    """The words of a text, if all of them are documented names."""
    words = text.split()
    return not set(words).difference(DOCUMENTED) and words or []


def _is_ours(value):
    """Whether a function or a class is the battery's."""
    return str(getattr(value, "__module__", None)).startswith(BATTERY)


def _used_directly(function):
    """The functions, classes and constants that a function of the battery uses."""
    space = function.__globals__
    values = [cell.cell_contents for cell in function.__closure__ or ()]
    values += function.__defaults__ or ()
    for name in _all_names(function.__code__):
        value = space.get(name)
        # Not what the battery remembers of other cases, such as a list of checks that have passed.
        if name.isupper() or hasattr(value, "__code__") or isinstance(value, type):
            values.append(value)
    return values


def _parts(value):
    """What a constant or a class of the battery consists of."""
    if isinstance(value, dict):
        return list(value) + list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if isinstance(value, type):
        return _is_ours(value) and list(vars(value).values()) + list(value.__bases__) or []
    if _is_ours(type(value)):
        return [type(value)] + list(getattr(value, "__dict__", {}).values())
    return []


# Documented names that other modules have, too, and how code names those.
_OTHERS = {
    "enumerate": r"(?<!\.)\benumerate\(",
    "setprofile": r"\bsys(\.|, ['\"])setprofile\b",
    "settrace": r"\bsys(\.|, ['\"])settrace\b",
}


def _is_meant(name, function):
    """Whether a name in a function's code is the documented one, not just another module's."""
    if name not in _OTHERS:
        return True
    import inspect  # takes long to import, and is hardly ever needed

    try:
        source = re.sub(_OTHERS[name], "", inspect.getsource(function))
    except Exception:
        return True
    return re.search(r"\b%s\b" % name, source)


def _all_names(code):
    """The names in a code object and in those nested in it."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            names += _all_names(constant)
    return names


def _names(code):
    """The documented names in a code object and those nested in it, also in strings."""
    names = [name for name in code.co_names if name in DOCUMENTED]
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            names += _names(constant)
        for text in isinstance(constant, tuple) and constant or [constant]:
            names += isinstance(text, str) and _documented(text) or []
    return names


def survey(implementation):
    """The documented names that an implementation lacks: a set of pairs like ("Condition", "wait").

    A name of the module itself is ("", "Lock").  Creates an object of each class.
    """
    lacking = set([("", name) for name in MODULE if not hasattr(implementation, name)])
    makers = {"Timer": lambda make: make(1000.0, survey)}
    for name, methods in METHODS.items():
        try:
            made = makers.get(name, lambda make: make())(getattr(implementation, name))
        except:  # noqa: E722 - a class that cannot be instantiated is skipped
            sys.exc_info()
            continue
        lacking.update([(name, one) for one in methods.split() if not hasattr(made, one)])
    return lacking


def lacked(function, lacking):
    """The first lacking name that a function of the battery uses, as in "Condition.wait", or None.

    ``lacking``: the names that the implementation lacks, as :func:`survey` returns them.
    """
    used = used_by(function, set([name for pair in lacking for name in pair]))
    for owner, name in sorted(lacking):
        if not owner and name in used:
            return name
        if owner in used and name in used:
            return owner == "currentThread" and "currentThread()." + name or owner + "." + name
    return None
