"""Loads an implementation as its adapter says, and describes what was loaded.

Nothing here imports ``threading`` before the set-up code has run.
"""

import os
import sys
import time
import types

# What the kit uses of a substrate.
SUBSTRATE = ("start_new_thread", "allocate_lock", "get_ident")


class LoadError(Exception):
    """The implementation cannot be loaded; the message says which step failed and why."""


class SubstrateError(LoadError):
    """The substrate that the adapter names cannot be used; the message begins with its name."""


class NamesError(LoadError):
    """A name cannot be mapped as the adapter says.  ``documented``: that name."""

    def __init__(self, documented, own, reason):
        LoadError.__init__(self, "%s cannot be mapped to %s: %s" % (documented, own, reason))
        self.documented = documented


def load_as(request):
    """Load the implementation that a load request describes (see ``PROTOCOL.md``).

    Returns the module and the names that were mapped, as {documented: own}.  Raises LoadError.
    """
    from threadspec.conformance.harness import declared, mapping

    declared.declare(request)
    module = load(request["module"], request["setup"], request["path"])
    mapped = mapping.apply(module, request["names"])
    if request["starts_by_maker"]:
        declared.starts_by_maker(module)
    return module, mapped


def load(module, setup=None, path=()):
    """Run the set-up code, then import and return the module called ``module``.

    ``setup``: Python source, run first of all; ``path``: folders put in front of ``sys.path``.
    Raises LoadError.
    """
    for folder in reversed(list(path)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    from threadspec.conformance.harness.vocabulary import show_error

    if setup:
        try:
            exec(compile(setup, "<set-up code of the adapter>", "exec"), {"__name__": "setup"})
        except:  # noqa: E722
            raise LoadError("its set-up code raised %s" % show_error(sys.exc_info()[1]))
    try:
        __import__(module)
    except:  # noqa: E722
        raise LoadError("importing %s raised %s" % (module, show_error(sys.exc_info()[1])))
    return sys.modules[module]


def load_substrate(name):
    """Import the module that starts helper threads: ``name``, or the low-level thread module.

    Raises SubstrateError for a ``name`` that cannot be imported or lacks what a substrate must
    have, and LoadError where the interpreter has no low-level thread module.
    """
    from threadspec.conformance.harness.vocabulary import show_error

    if not name:
        for candidate in ("_thread", "thread"):
            try:
                __import__(candidate)
                return sys.modules[candidate]
            except ImportError:
                error = sys.exc_info()[1]
        raise LoadError("its substrate cannot be imported: %s" % show_error(error))
    try:
        __import__(name)
    except:  # noqa: E722 - the module may raise anything
        raise SubstrateError("%s cannot be imported: %s" % (name, show_error(sys.exc_info()[1])))
    substrate = sys.modules[name]
    missing = [one for one in SUBSTRATE if not callable(getattr(substrate, one, None))]
    if missing:
        raise SubstrateError("%s has no %s" % (name, ", ".join(missing)))
    return substrate


def why_unfit(substrate, seconds):
    """Why ``substrate`` is of no use to the kit, or None.

    Its locks must have a time-out where those of the interpreter have one, and its threads must run
    while the kit sleeps.  ``seconds``: how long a thread may take to run.  The reason begins with
    the module's name.  A system that refuses threads, or has none, is not the substrate's fault.
    """
    from threadspec.conformance.harness import actors, blocking, declared

    if declared.lacks("threads"):
        return None
    ran = []
    try:
        lock = substrate.allocate_lock()
        if actors.TIMED_ACQUIRE:
            lock.acquire(True, 0.01)
        substrate.start_new_thread(ran.append, (None,))
    except TypeError:
        from threadspec.conformance.harness.vocabulary import show_error

        return "%s must offer start_new_thread(function, args) and locks with acquire(%s): %s" % (
            substrate.__name__,
            actors.TIMED_ACQUIRE and "blocking, timeout" or "blocking",
            show_error(sys.exc_info()[1]),
        )
    except Exception:
        return None
    deadline = blocking.clock() + seconds
    while not ran:
        if blocking.clock() > deadline:
            return (
                "%s starts threads that do not run while the kit sleeps; patch time.sleep in setup"
                % substrate.__name__
            )
        time.sleep(0.001)
    return None


def _version(module):
    """The version of a loaded module, or None: its own, its package's, or its distribution's.

    A module of the standard library has the version of the interpreter, followed by those of the
    libraries that have patched it: "3.11.7 with gevent 24.2.1".  A module that set-up code has made
    has those of the libraries that its names come from: "aiologic 0.16.0".
    """
    name = getattr(module, "__name__", None)  # sys.modules may contain any object
    package = sys.modules.get(str(name).split(".")[0], module)
    for candidate in (module, package):
        version = getattr(candidate, "__version__", None)
        if isinstance(version, str):
            return version
    if str(name).split(".")[0] == "threadspec":
        return None  # the host knows it
    if _has_file(module) and not _is_standard(module):
        return _distribution_version(package.__name__)
    libraries = " and ".join(
        [
            "%s %s" % (library.__name__, _version(library) or "of unknown version")
            for library in _libraries(module)
        ]
    )
    if not _is_standard(module):
        return libraries or None
    version = ".".join([str(number) for number in sys.version_info[:3]])
    return version + (libraries and " with " + libraries)


def _has_file(module):
    """Whether a module was loaded from a file, rather than made by set-up code or built in."""
    return getattr(module, "__file__", None) is not None


def _is_standard(module):
    """Whether a module is part of the standard library."""
    if not _has_file(module):
        top = str(getattr(module, "__name__", None)).split(".")[0]
        return top in sys.builtin_module_names or top in getattr(sys, "stdlib_module_names", ())
    standard = os.path.dirname(os.path.abspath(os.__file__))
    home = os.path.abspath(module.__file__)
    return home.startswith(standard) and not ("site-packages" in home or "dist-packages" in home)


def _libraries(module):
    """The top-level modules outside the standard library that documented names come from.

    A Java package, such as Jython's ``org``, is in ``sys.modules`` too, but is no module.
    """
    from threadspec.conformance.harness.names import MODULE

    found = []
    for name in sorted(MODULE):
        try:
            origin = getattr(module, name).__module__.split(".")[0]
            library = sys.modules[origin]
            is_other = library is not module and origin != "threadspec"
            is_library = isinstance(library, types.ModuleType) and not _is_standard(library)
            if library not in found and is_other and is_library:
                found.append(library)
        except Exception:
            pass  # the module lacks the name, or its value may be any object
    return found


def _distribution_version(name):
    """The version of the distribution that the top-level module ``name`` belongs to, or None.

    Not every Python has importlib.metadata, and its many imports would take place in the process
    where the implementation is judged.
    """
    for folder in sys.path:
        try:
            entries = sorted(os.listdir(folder or os.curdir))
        except Exception:
            continue  # an archive, or not a folder at all
        for entry in entries:
            if entry.endswith((".dist-info", ".egg-info")):
                path = os.path.join(folder, entry)
                if name in _modules_of(path, entry):
                    for line in _lines(path, "METADATA") or _lines(path, "PKG-INFO"):
                        if line.startswith("Version:"):
                            return line.split(":", 1)[1].strip()
    return None


def _modules_of(path, entry):
    """The top-level modules of the distribution whose metadata is in the folder ``path``."""
    modules = [line.strip() for line in _lines(path, "top_level.txt")]
    if not modules:
        files = [line.split(",")[0].split("/")[0] for line in _lines(path, "RECORD")]
        modules = [file.split(".")[0] for file in files if not file.endswith(".dist-info")]
    return modules + [entry.split("-")[0].split(".")[0]]


def _lines(folder, name):
    """The lines of a text file; none where it cannot be read."""
    import io

    try:
        with io.open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except EnvironmentError:
        return []


def _likely_modules(module):
    """The names of submodules of a package, two levels deep, that may be an implementation."""
    import pkgutil

    found = []
    path = getattr(module, "__path__", None)
    try:
        for _, name, is_package in path and pkgutil.iter_modules(path) or ():
            if name == "threading":
                found.append("%s.%s" % (module.__name__, name))
            elif is_package:
                inside = pkgutil.iter_modules([os.path.join(one, name) for one in path])
                if "threading" in [one[1] for one in inside]:
                    found.append("%s.%s.threading" % (module.__name__, name))
    except Exception:
        pass  # the path may be any object; the result is only a hint
    return found


def describe(module, mapped=None):
    """What was loaded, as a plain dictionary.  ``mapped``: the names that were mapped.

    ``version`` (or None), ``interpreter`` ("CPython 3.11.7"), ``python`` ("3.11.7"), ``platform``,
    ``gil`` (whether a global interpreter lock is in force; None if unknown), ``file`` (where the
    module came from, or None), ``names`` (which documented names the module has, or has been
    given), ``mapped`` and ``likely`` (if it has few names, those of modules that may have been
    meant).
    """
    import platform  # imports threading on some versions: not before the set-up code has run

    kind = platform.python_implementation()
    gil = {"CPython": True, "PyPy": True, "Jython": False}.get(kind)
    enabled = getattr(sys, "_is_gil_enabled", None)
    if enabled is not None:
        gil = bool(enabled())
    version = platform.python_version()
    interpreter = "%s %s" % (kind, version)
    pypy = getattr(sys, "pypy_version_info", None)
    if pypy is not None:
        interpreter = "PyPy %d.%d.%d (Python %s)" % (pypy[0], pypy[1], pypy[2], version)
    if sys.platform == "emscripten" and "pyodide" in sys.modules:
        interpreter += " (Pyodide %s)" % sys.modules["pyodide"].__version__
    from threadspec.conformance.harness.names import MODULE

    names = [name for name in sorted(MODULE) if hasattr(module, name)]
    return {
        "names": names,
        "mapped": mapped or {},
        "likely": _likely_modules(module) if len(names) < len(MODULE) / 2.0 else [],
        "version": _version(module),
        "interpreter": interpreter,
        "python": version,
        "platform": "%s %s" % (platform.system(), platform.machine()),
        "gil": gil,
        "file": getattr(module, "__file__", None),
    }
