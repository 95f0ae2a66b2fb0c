"""The subjects: the reference, the standard library, gevent, aiologic, and the floor.

Every subject is called by the names in its own current manual: the reference by the names of the
2.6 manual, the standard library by its current names (the old ones warn, which takes time).  The
floor needs no names: each operation defines its unavoidable part.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

NAMES = ("floor", "reference", "stdlib", "gevent", "aiologic")

# The key of a spelling -> the spelling of most subjects.
_COMMON = {
    "acquire": "acquire",
    "release": "release",
    "is_set": "is_set",
    "notify_all": "notify_all",
    "current_thread": "m.current_thread()",
    "active_count": "m.active_count()",
    "new_thread": "m.Thread(target=work)",
    "new_timer": "m.Timer(3600, work)",
    "start_timer": "timer.start()",
    "cancel_timer": "timer.cancel()",
    "join_timer": "timer.join()",
}

_SPELLINGS = {
    "floor": {},
    "stdlib": {},
    "reference": {
        "m.current_thread": "currentThread",
        "m.active_count": "activeCount",
        "is_set": "isSet",
        "notify_all": "notifyAll",
        "current_thread": "m.currentThread()",
        "active_count": "m.activeCount()",
    },
    "gevent": {
        "current_thread": "m.getcurrent()",
        "new_thread": "m.Thread(work)",
        # spawn_later() already starts the Greenlet, and kill() ends it.
        "new_timer": "m.Timer(3600, work)",
        "start_timer": "pass",
        "cancel_timer": "timer.kill()",
        "join_timer": "pass",
    },
    "aiologic": {"acquire": "green_acquire", "release": "green_release"},
}


class Subject:
    """One of ``NAMES`` in this interpreter.

    ``make``: the namespace of its classes and functions; without the one that an operation needs,
    the subject has no counterpart of that operation.
    """

    def __init__(self, name: str, make: Any) -> None:
        self.name = name
        self.make = make
        self.spelling = {**_COMMON, **_SPELLINGS[name]}

    def has(self, name: str) -> bool:
        """Whether it has a class or function, by its common name."""
        return hasattr(self.make, self.spelling.get(f"m.{name}", name))

    def method(self, thing: Any, name: str) -> Any:
        """The bound method of an object, by its common name."""
        return getattr(thing, self.spelling.get(name, name))


def load(name: str) -> Subject:
    """Import a subject.  Raises ImportError if it is not installed."""
    return Subject(name, _LOADERS[name]())


def _floor() -> Any:
    import _thread

    return SimpleNamespace(Lock=_thread.allocate_lock)


def _reference() -> Any:
    if "threadspec" not in sys.modules:
        # Use the checkout as the package, so that the kit need not be installed.
        package = ModuleType("threadspec")
        package.__path__ = [str(ROOT)]
        sys.modules["threadspec"] = package
    return import_module("threadspec.reference")


def _stdlib() -> Any:
    import threading

    return threading


def _gevent() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import gevent
        import gevent.event
        import gevent.local
        import gevent.lock
        import gevent.thread
    return SimpleNamespace(
        Lock=gevent.thread.allocate_lock,
        RLock=gevent.lock.RLock,
        Semaphore=gevent.lock.Semaphore,
        BoundedSemaphore=gevent.lock.BoundedSemaphore,
        Event=gevent.event.Event,
        Thread=gevent.Greenlet,
        Timer=gevent.spawn_later,
        local=gevent.local.local,
        current_thread=gevent.getcurrent,
        getcurrent=gevent.getcurrent,
        joinall=gevent.joinall,
        sleep=gevent.sleep,
    )


def _aiologic() -> Any:
    import aiologic
    from aiologic.lowlevel import current_green_library_tlocal

    # Otherwise it mistakes this thread for a gevent thread if gevent is measured in the same run.
    current_green_library_tlocal.name = "threading"
    return SimpleNamespace(
        Lock=aiologic.Lock,
        RLock=aiologic.RLock,
        Semaphore=aiologic.Semaphore,
        BoundedSemaphore=aiologic.BoundedSemaphore,
        Event=aiologic.REvent,  # its Event cannot be cleared
        Condition=aiologic.Condition,
    )


_LOADERS = {
    "floor": _floor,
    "reference": _reference,
    "stdlib": _stdlib,
    "gevent": _gevent,
    "aiologic": _aiologic,
}
