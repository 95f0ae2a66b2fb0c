"""The reference as a module: its names, its docstrings, its imports and further instances of it."""

from __future__ import annotations

import copy
import os
import pickle
import re
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    FOLDER,
    Script,
    program,
)
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.harness.names import DOCUMENTED
from threadspec.reference._instantiate import instantiate
from threadspec.reference._portable_rlock import RLock as PortableRLock


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_docstrings_cite_clauses_that_exist(path: Path) -> None:
    cited = CITATION.findall(path.read_text(encoding="utf-8"))
    clauses = [one for one in cited if not one.startswith(MODULES)]
    known = [clause.id for clause in catalogue().clauses]
    unknown = [one for one in clauses if not any(fnmatchcase(clause, one) for clause in known)]
    assert unknown == []


@pytest.mark.parametrize("name", threading.__all__)
def test_every_public_name_is_documented_and_cites_a_clause(name: str) -> None:
    public = getattr(threading, name)
    if isinstance(public, type) and issubclass(public, Exception):
        return  # ThreadError belongs to the thread layer
    texts = [public.__doc__ or ""]
    if not public.__module__.startswith("threadspec."):
        # It belongs to the thread layer; the chapter describes it.
        chapter = sys.modules[f"threadspec.reference.thread_{name}"]
        texts.append(chapter.__doc__ or "")
    if isinstance(public, type):
        texts += [getattr(value, "__doc__", None) or "" for value in vars(public).values()]
    assert any(CITATION.search(text) for text in texts), f"{name} says nothing of its clauses"


def test_the_public_names_are_those_of_the_manual() -> None:
    functions_and_classes = {name for name in DOCUMENTED if hasattr(threading, name)}
    assert functions_and_classes == set(threading.__all__)


@pytest.mark.parametrize("make", [threading.RLock, threading.Semaphore, threading.Condition])
def test_as_gives_true(make: Callable[[], Any]) -> None:
    with make() as value:
        assert value is True


@pytest.mark.parametrize(
    "make",
    [
        threading.Lock,
        threading.RLock,
        PortableRLock,
        threading.Condition,
        threading.Semaphore,
        threading.BoundedSemaphore,
        threading.Event,
    ],
)
def test_what_threads_share_cannot_be_copied_or_pickled(make: Callable[[], object]) -> None:
    made = make()
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(made)


def test_an_instance_is_a_package_like_others(script: Script) -> None:
    package = script.threading
    assert package.__name__ == package.__package__ == package.__spec__.name == "scripted"
    assert package.__file__ == package.__spec__.origin == os.path.abspath(FOLDER / "__init__.py")
    assert list(package.__path__) == [os.path.abspath(FOLDER)]
    assert package.__loader__ is package.__spec__.loader
    assert package._layer is sys.modules["scripted._layer"]


def test_an_instance_whose_layer_cannot_be_loaded_is_an_error() -> None:
    layer: Any = ModuleType("needy")

    def missing(name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ModuleNotFoundError("no thread module", name="_thread")

    layer.__getattr__ = missing
    package = instantiate("needy_instance", layer)
    for name in ("Lock", "Thread", "Lock"):
        with pytest.raises(ModuleNotFoundError, match="no thread module"):
            getattr(package, name)
    for name in [one for one in sys.modules if one.startswith("needy_instance")]:
        del sys.modules[name]


def test_a_missing_module_other_than_the_thread_module_is_an_error() -> None:
    lines = program(
        """
        import atexit, itertools, sys
        import threadspec.reference as threading
        for module, name in (("_operator", "Condition"), ("os", "Lock")):
            there = sys.modules[module]
            sys.modules[module] = None
            try:
                getattr(threading, name)
            except ModuleNotFoundError as error:
                print(error.name)
            sys.modules[module] = there
        print(threading.Condition(threading.Lock()).wait.__name__)
        """
    )
    assert lines == ["_operator", "os", "wait"]


def test_the_import_of_the_package_imports_no_chapter() -> None:
    lines = program(
        """
        import sys
        import threadspec.reference as threading

        def here():
            names = set(threading.__all__) & set(vars(threading))
            return len(names), len([one for one in sys.modules if one.startswith("threadspec.")])

        print(*here())
        threading.Lock()
        names, modules = here()
        print(names == len(threading.__all__), modules > len(set(threading._CHAPTERS.values())))
        """
    )
    assert lines == ["0 1", "True True"]


def test_all_names_are_there_before_their_chapters_are() -> None:
    lines = program(
        """
        import threadspec.reference as threading

        print({*threading.__all__} <= {*dir(threading)}, "__name__" in dir(threading))
        print(dir(threading) == sorted({*dir(threading)}), "Lock" in vars(threading))
        for name in ("lock", "Locks", "_main_thread", "active_count"):
            try:
                getattr(threading, name)
            except AttributeError as error:
                print(error)
        print(hasattr(threading, "Lock"), threading.Lock is vars(threading)["Lock"])
        from threadspec.reference import *
        print([name for name in threading.__all__ if globals()[name] is not vars(threading)[name]])
        """
    )
    unknown = "module 'threadspec.reference' has no attribute"
    assert lines == [
        "True True",
        "True False",
        f"{unknown} 'lock'",
        f"{unknown} 'Locks'",
        f"{unknown} '_main_thread'",
        f"{unknown} 'active_count'",
        "True True",
        "[]",
    ]


def test_threads_that_ask_first_at_the_same_time_get_the_same() -> None:
    lines = program(
        """
        import _thread, sys
        sys.setswitchinterval(1e-6)
        import threadspec.reference as threading

        names = [name for name in threading.__all__] * 2
        found, done = [], _thread.allocate_lock()
        done.acquire()

        def ask(start):
            while not begin:
                pass
            order = names[start : start + len(threading.__all__)]
            found.append({name: getattr(threading, name) for name in order})
            if len(found) == 8:
                done.release()

        begin = []
        for number in range(8):
            _thread.start_new_thread(ask, (number * 2,))
        begin.append(1)
        print(done.acquire(timeout=20), all(one == found[0] for one in found))
        print(threading.activeCount(), threading.currentThread().getName())
        """
    )
    assert lines == ["True True", "1 MainThread"]


def test_a_chapter_that_a_thread_imports_first_knows_the_main_thread() -> None:
    lines = program(
        """
        import _thread
        import threadspec.reference as threading

        def ask():
            me = threading.currentThread()
            print(me.getName(), me.isDaemon(), threading.Thread().isDaemon())
            done.release()

        done = _thread.allocate_lock()
        done.acquire()
        _thread.start_new_thread(ask, ())
        done.acquire()
        main = threading.currentThread()
        print(main.getName(), main.isDaemon(), threading.enumerate()[0] is main)
        ending = threading.Thread(target=lambda: (main.join(), print("the main thread has ended")))
        ending.start()
        """
    )
    assert lines == ["Dummy-1 True True", "MainThread False True", "the main thread has ended"]


def test_it_may_take_the_place_of_the_standard_library() -> None:
    lines = program(
        """
        import atexit, sys, time
        import threadspec.reference
        sys.modules["threading"] = threadspec.reference
        import threading
        threading.Thread(target=lambda: (time.sleep(0.1), print("worked"))).start()
        atexit.register(print, "handler")
        """
    )
    assert lines == ["worked", "handler"]


def test_the_module_may_be_imported_in_another_thread() -> None:
    lines = program(
        """
        import _thread

        def import_it():
            global importer
            import threadspec.reference as threading
            importer = threading.currentThread()
            done.release()

        done = _thread.allocate_lock()
        done.acquire()
        _thread.start_new_thread(import_it, ())
        done.acquire()
        import threadspec.reference as threading
        print(threading.Thread().isDaemon())
        main = threading.currentThread()
        print(main.getName(), main.isDaemon(), main.isAlive(), main is threading.currentThread())
        print(importer.getName(), importer.isDaemon(), importer.isAlive())
        print(threading.enumerate() == [main, importer])
        joining = threading.Thread(target=lambda: (main.join(), print("joined")))
        joining.start()
        """
    )
    assert lines == [
        "False",
        "MainThread False True True",
        "Dummy-1 True True",
        "True",
        "joined",
    ]


CITATION = re.compile(r"``([a-zA-Z_]+(?:[.-][a-zA-Z_*-]+)+)``")


MODULES = ("sys.", "os.", "threading.", "time.")
