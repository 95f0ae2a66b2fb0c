"""Mapped names: every case finds them, and only the clauses about names say they are missing."""

from __future__ import annotations

import _queue
import _thread
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from threadspec.adapters import interpreters
from threadspec.adapters.adapter import Adapter, Implementation, resolve
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import mapping
from threadspec.conformance.harness.loading import NamesError
from threadspec.conformance.harness.names import Missing, Omissions, missing_name
from threadspec.conformance.harness.vocabulary import NotOffered
from threadspec.conformance.index import battery
from threadspec.conformance.verdicts import fails
from threadspec.frontends.trial import Trial
from threadspec.reports.record import CaseResult, clause_verdicts


def module(**names: Any) -> ModuleType:
    """A module with these names."""
    made = ModuleType("mine")
    vars(made).update(names)
    return made


def plain(**methods: Any) -> type[Any]:
    """A new class, which has a method under a name of its own."""
    return type("Plain", (), {"hold": lambda self: "held", **methods})


def proxy() -> type[Any]:
    """A new class whose objects pass everything on to others."""

    def get(self: Any, name: str) -> Any:
        return getattr(plain()(), name)

    return type("Proxy", (), {"__getattr__": get})


def factory() -> Callable[[], object]:
    """A function that returns new objects of a class."""
    kind = plain()
    return lambda: kind()


# -- in the worker --------------------------------------------------------------------------------


def test_a_name_is_given_to_the_module() -> None:
    process = plain()
    mine = module(Process=process)
    assert mapping.apply(mine, {"Thread": "Process"}) == {"Thread": "Process"}
    assert mine.Thread is process


@pytest.mark.parametrize("make", [plain, proxy, factory])
def test_a_method_is_given_to_the_class_of_the_objects(make: Callable[[], Any]) -> None:
    mine = module(Lock=make())
    assert mapping.apply(mine, {"Lock.acquire": "hold"}) == {"Lock.acquire": "hold"}
    assert mine.Lock().acquire() == "held"


def test_a_documented_name_that_exists_is_left_alone() -> None:
    mine = module(Event=plain(wait=lambda self: "waited"), Other=plain())
    assert mapping.apply(mine, {"Event": "Other", "Event.wait": "hold"}) == {}
    assert mine.Event().wait() == "waited"


def test_a_class_that_is_mapped_itself_may_have_mapped_methods() -> None:
    mine = module(Process=plain())
    names = {"Thread.start": "hold", "Thread": "Process"}
    assert mapping.apply(mine, names) == names
    assert mine.Thread().start() == "held"


def test_what_was_mapped_is_still_not_the_implementations_own_when_it_is_loaded_again() -> None:
    mine = module(Process=plain())
    names = {"Thread": "Process", "Thread.start": "hold"}
    assert mapping.apply(mine, names) == mapping.apply(mine, names) == names


def test_a_method_that_a_subclass_redefines_is_the_redefined_one() -> None:
    mine = module(Lock=plain())
    mapping.apply(mine, {"Lock.acquire": "hold"})
    derived = type("Derived", (mine.Lock,), {"hold": lambda self: "held better"})
    assert derived().acquire() == "held better"


def test_methods_of_threads_are_given_to_the_objects_of_all_threads() -> None:
    base = plain()
    process, main = type("Process", (base,), {}), type("Main", (base,), {})
    mine = module(Thread=process, currentThread=main)
    mapping.apply(mine, {"Thread.isAlive": "hold"})
    assert mine.currentThread().isAlive() == mine.Thread().isAlive() == "held"


def test_a_class_that_shares_a_base_with_another_does_not_share_what_is_mapped() -> None:
    base = plain()
    mine = module(Lock=type("Lock", (base,), {}), Event=type("Event", (base,), {}))
    mapping.apply(mine, {"Lock.acquire": "hold"})
    assert not hasattr(mine.Event(), "acquire")


def test_current_threads_can_be_named_by_the_function() -> None:
    kind = plain()
    mine = module(currentThread=lambda: kind())
    mapping.apply(mine, {"currentThread.isAlive": "hold"})
    assert kind().isAlive() == "held"


def test_a_class_that_cannot_be_changed_is_replaced_by_a_subclass() -> None:
    mine = module(Semaphore=_queue.SimpleQueue)
    names = {"Semaphore.acquire": "get", "Semaphore.release": "put"}
    assert mapping.apply(mine, names) == names
    semaphore = mine.Semaphore()
    assert isinstance(semaphore, _queue.SimpleQueue)
    semaphore.release(3)
    assert semaphore.acquire() == 3


def broken() -> None:
    """Raise an exception, as a factory does that wants an argument."""
    raise TypeError("a name is wanted")


NEITHER = module(Thread=plain(), Timer=plain(), currentThread=broken, RLock=_thread.allocate_lock)


@pytest.mark.parametrize(
    ("documented", "own", "said"),
    [
        ("Lock", "Mutex", "Lock cannot be mapped to Mutex: mine has neither of them"),
        ("Lock.acquire", "take", "Lock.acquire cannot be mapped to take: there is no Lock"),
        ("Thread.start", "go", "Thread.start cannot be mapped to go: objects of Thread have nei"),
        ("Timer.cancel", "go", "Timer.cancel cannot be mapped to go: Timer() raised TypeError"),
        (
            "currentThread.start",
            "go",
            "currentThread.start cannot be mapped to go: currentThread() raised TypeError: a name",
        ),
        ("RLock.grab", "acquire", "to acquire: attributes of lock cannot be set"),
    ],
)
def test_a_name_that_cannot_be_mapped_is_refused(documented: str, own: str, said: str) -> None:
    with pytest.raises(NamesError) as refused:
        mapping.apply(NEITHER, {documented: own})
    assert said in str(refused.value)
    assert refused.value.documented == documented


def test_a_class_that_allows_no_subclass_is_refused() -> None:
    with pytest.raises(NamesError, match="a class that allows neither attributes nor subclasses"):
        mapping.apply(module(RLock=type(_thread.allocate_lock())), {"RLock.grab": "acquire"})


def test_an_own_name_that_some_object_lacks_is_a_missing_documented_name() -> None:
    mine = module(Lock=proxy())
    mapping.apply(mine, {"Lock.acquire": "hold"})
    mine.Lock.__getattr__ = object.__getattribute__
    with pytest.raises(AttributeError) as missing:
        mine.Lock().acquire()
    assert missing_name(missing.value) == "acquire"


def test_the_clauses_about_names_are_told_what_is_mapped() -> None:
    thing = module(Lock=plain(), Timer=plain(), Thread=plain(), isAlive=plain(), start=plain())
    naming = mapping.Naming({"Thread": "Process", "Thread.isAlive": "is_alive"}, Omissions())
    naming.check(thing, "Lock Thread")
    naming.check_own(thing, "Lock Timer")
    naming.check_own(thing, "isAlive", "Event")
    with pytest.raises(Missing, match=r"^there is no Thread; its adapter maps it to Process$"):
        naming.check_own(thing, "Lock Thread")
    for owner in ("Thread", "Timer", "currentThread"):  # threads of every kind have these methods
        with pytest.raises(Missing, match="there is no isAlive; its adapter maps it to is_alive"):
            naming.check_own(thing, "start isAlive", owner)


def test_what_is_missing_comes_before_what_is_mapped_and_that_before_what_is_omitted() -> None:
    naming = mapping.Naming({"Thread": "Process"}, Omissions(["timer"]))
    with pytest.raises(Missing, match="there is no Event "):
        naming.check_own(module(Thread=plain()), "Timer Thread Event")
    with pytest.raises(Missing, match="there is no Thread; "):
        naming.check_own(module(Thread=plain(), Event=plain()), "Timer Thread Event")
    with pytest.raises(NotOffered, match="there is no Timer; the adapter omits the chapter timer"):
        naming.check_own(module(Event=plain()), "Timer Event")


# -- from the file to the verdicts ----------------------------------------------------------------

# The reference with other names: of the module, of a class that others inherit from, of objects.
RENAMED = """
import threadspec.reference as whole
from threadspec.reference import *

Process = Thread
current = currentThread
Process.is_alive = Process.isAlive
del Thread, currentThread, Process.isAlive

class Event(object):
    def __init__(self):
        made = whole.Event()
        self.is_set, self.set, self.clear, self.wait = made.isSet, made.set, made.clear, made.wait
"""

NAMES = {
    "Thread": "Process",
    "currentThread": "current",
    "Thread.isAlive": "is_alive",
    "Event.isSet": "is_set",
}


def trial(folder: Path, names: dict[str, str]) -> Trial:
    """A trial of the renamed reference."""
    (folder / "renamed.py").write_text(textwrap.dedent(RENAMED), encoding="utf-8")
    text = "".join(f"{name!r} = {own!r}\n" for name, own in names.items())
    path = folder / "renamed.toml"
    path.write_text(f'module = "renamed"\n[names]\n{text}', encoding="utf-8")
    return Trial(resolve(str(path)))


def judged(folder: Path, names: dict[str, str], *words: str) -> list[CaseResult]:
    """The results of the cases whose id contains one of these words."""
    one = trial(folder, names)
    try:
        return list(one.run_all([case for case in battery() if any(w in case.id for w in words)]))
    finally:
        one.close()


def test_missing_names_are_one_deviation_each_and_what_is_behind_them_is_judged(
    tmp_path: Path,
) -> None:
    results = judged(tmp_path, NAMES, "overview/", "module/", "event/", "thread/", "alien/")
    verdicts = clause_verdicts(results)
    deviating = {clause: one for clause, one in verdicts.items() if fails(one, strict=True)}
    assert deviating == {"overview.names": "unsupported", "overview.methods": "unsupported"}
    told = {result.observed for result in results if result.verdict == "unsupported"}
    assert told == {
        "there is no currentThread; its adapter maps it to current; "
        "there is no Thread; its adapter maps it to Process",
        "there is no isAlive; its adapter maps it to is_alive",
        "there is no isSet; its adapter maps it to is_set",
    }


def test_programs_find_the_mapped_names(tmp_path: Path) -> None:
    results = judged(tmp_path, NAMES, "daemon/program", "interruptions/event", "mainthread")
    assert {result.verdict for result in results} == {"pass", "observed"}


def test_the_description_tells_what_was_mapped(tmp_path: Path) -> None:
    one = trial(tmp_path, {**NAMES, "Lock": "Mutex"})  # there is a Lock
    try:
        assert one.load().mapped == dict(sorted(NAMES.items(), key=lambda item: "." in item[0]))
    finally:
        one.close()


@pytest.mark.parametrize(
    ("name", "own", "reason"),
    [
        ("Thread", "Fibre", "renamed has neither of them"),
        ("Event.isSet", "is_on", "objects of Event have neither of them"),
    ],
)
def test_a_name_that_cannot_be_mapped_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, own: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    one = trial(tmp_path, {name: own})
    with pytest.raises(UserError) as caught:
        one.load()
    assert str(caught.value) == (
        f'The adapter file .{os.sep}renamed.toml, line 3, has {name} = "{own}". '
        f"{name} cannot be mapped to {own}: {reason}."
    )


def test_a_method_of_an_old_style_class_cannot_be_mapped(tmp_path: Path) -> None:
    try:
        python = interpreters.find("2.7")
    except UserError:
        pytest.skip("needs Python 2.7")
    (tmp_path / "old.py").write_text("class Event:\n    def is_set(self): return 1\n")
    adapter = Adapter("old", "old", folder=tmp_path, names={"Event.isSet": "is_set"})
    one = Trial(Implementation("old", adapter, python))
    with pytest.raises(UserError, match=r"cannot be mapped to is_set: old.Event is an old-style c"):
        one.load()
