"""Evidence: what a failed check of the battery says to a reader who does not see the case."""

from __future__ import annotations

import ast
import multiprocessing
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from miniatures import in_battery
from threadspec.conformance.harness import evidence
from threadspec.conformance.harness.vocabulary import states, tells
from threadspec.conformance.index import BATTERY, battery, module_name


def bare_asserts() -> Iterator[Any]:
    """Each assert of the battery without a message, with its function and the module's names."""
    battery()  # imports the modules
    for path in sorted(BATTERY.rglob("*.py")):
        file = path.relative_to(BATTERY).as_posix()
        name = module_name(file)
        if name not in sys.modules:
            continue
        names = vars(sys.modules[name])
        tree = ast.parse(path.read_text(encoding="utf-8"))
        seen = set()
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in sorted(functions, key=lambda one: -one.lineno):  # the innermost first
            for node in ast.walk(function):
                if isinstance(node, ast.Assert) and node.msg is None and node not in seen:
                    seen.add(node)
                    yield pytest.param(function, node, names, id=f"{file}:{node.lineno}")


class Anybody:
    """Stands for an actor of a case that is not running."""

    asked = (len, (), {})
    error = None

    def has_ended(self) -> bool:
        return False


def test_every_check_without_a_message_can_be_put_into_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "_shown", lambda node, scope: "…")
    monkeypatch.setattr(evidence, "_actors_in", lambda node, scope: [Anybody()])
    mute = []
    for parameters in bare_asserts():
        function, node, names = parameters.values
        try:
            evidence._sentence(node.test, evidence.Scope(function, names, node.lineno))
        except evidence.Unclear as error:
            mute.append(f"{parameters.id}: {ast.unparse(node)}: {error}")
        except AttributeError:  # an attribute of an object that exists only while the case runs
            pass
    assert not mute, "\n".join(["give these a message:", *mute])


class Says:
    """An object of an implementation, with the given attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def within(actors: object, function: object) -> None:
    """Stands for a function of the battery that calls another one elsewhere."""
    raise ValueError("it is none")


@pytest.mark.parametrize(
    ("body", "observed"),
    [
        (
            "flag = event.isSet()\nassert flag",
            "isSet() returned 0, expected a true value",
        ),
        (
            "got = lock.acquire(False, timeout=seconds)\nassert got is True",
            "acquire(False, timeout=5) returned None, expected True",
        ),
        (
            "got = actors.call(lock.acquire, True)\nassert not got is None",
            "the check does not hold",
        ),
        (
            "got = actors.call(event.isSet)\nassert got in (1, 2)",
            "isSet() in another thread returned 0, expected one of (1, 2)",
        ),
        (
            "got = actors.call(lambda: event.isSet())\nassert got",
            "isSet() in another thread returned 0, expected a true value",
        ),
        (
            "seen = [event.x, event.x]\nassert seen == [1, 2]",
            "attribute x and attribute x gave [1, 1], expected [1, 2]",
        ),
        (
            "waiter = actors.start(int, '7')\nassert waiter.is_blocked()",
            "actor 1: int('7') returned 7; it must block",
        ),
        (
            "waiter = actors.start(int, '7')\nwaiter.returned()\nassert not waiter.has_ended()",
            "actor 1: int('7') returned 7; it must not end",
        ),
        (
            "actors.start(int, 'x').returned()\nassert False, 'nobody was woken'",
            "actor 1: int('x') raised ValueError: invalid literal for int() with base 10: 'x'; "
            "nobody was woken",
        ),
        (
            "actors.start(int, 'x').raised()\nassert False, 'nobody was woken'",
            "nobody was woken",
        ),
        (
            "raises(KeyError, actors.call, float, 'x')",
            "float('x') raised ValueError: could not convert string to float: 'x', "
            "expected KeyError",
        ),
        (
            "actors.call(int, 'x')",
            "actor 1: int('x') raised ValueError: invalid literal for int() with base 10: 'x'",
        ),
        (
            "group = actors.start_many(3, abs, -1)\nassert actors.ended(group, at_least=3) == []",
            "3 of 3 calls of abs(-1) ended, expected none",
        ),
        (
            "raises(RuntimeError, actors.start(int, 'x').result)",
            "int('x') raised ValueError: invalid literal for int() with base 10: 'x', expected "
            "RuntimeError",
        ),
        (
            "raises(RuntimeError, unowned.release)",  # written in C, so that it has no frame
            "release() raised AssertionError: attempt to release recursive lock not owned by "
            "thread, expected RuntimeError",
        ),
        (
            "raises(RuntimeError, within, actors, int)",
            "int() in a thread raised ValueError: it is none, expected RuntimeError",
        ),
        (
            "def check():\n    assert seconds is None, 'nothing came'\nraises(RuntimeError, check)",
            "nothing came",
        ),
        (
            "got = abs(-1)\ndef inner():\n    assert False\nassert got == 2",
            "abs(-1) returned 1, expected 2",
        ),
        ("assert is_free()", "the lock is locked"),
        ("assert not is_locked()", "the lock is locked"),
        ("assert callable(event.set)", "set cannot be called"),
        ("seen = 1 + 1\nassert seen == 3", "the check does not hold"),
    ],
)
def test_a_failed_check_says_what_was_called_what_came_and_what_was_expected(
    body: str, observed: str
) -> None:
    event = Says(isSet=lambda: 0, x=1, set=None)
    lock = Says(acquire=lambda *args, **kwargs: None)
    outcome = in_battery(
        body,
        "actors",
        event=event,
        lock=lock,
        seconds=5,
        unowned=multiprocessing.RLock(),
        within=tells("%s() in a thread")(within),
        is_free=states("the lock is free", "the lock is locked")(lambda: False),
        is_locked=states("the lock is locked", "the lock is free")(lambda: True),
    )
    assert outcome["outcome"] == "violated"
    assert outcome["observed"] == observed


def test_a_file_is_parsed_once_however_many_of_its_checks_fail() -> None:
    path = str(BATTERY / "lock" / "acquire.py")
    statement = evidence._part_at(path, 40)
    assert statement.lineno <= 40 < statement.end_lineno + 3
    assert evidence._part_at(path, 40) is statement
    with pytest.raises(evidence.Unclear):
        evidence._part_at(path, 0)
