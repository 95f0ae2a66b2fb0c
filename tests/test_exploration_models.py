"""The sequential models: which histories are right, and what is said of others."""

from __future__ import annotations

import pytest

from threadspec.exploration.models import Call, History, Judge, Mark, Model, Raised

LOCK = {"x": ("Lock", None)}
DAEMON = "1 setDaemon(True) | 1 = None"
RUNS = "2 run() | 2 = None | 2 end() | 2 = None"


def history(text: str, ordered: bool = True) -> History:
    """A history from a line such as ``0 acquire() | 1 acquire(False) | 1 = False | 0 = True``.

    ``ordered``: all happened in this order; otherwise only the order within each task is certain.
    """
    count = 1 + max(int(part.split()[0]) for part in text.split(" | "))
    marks: list[list[Mark]] = [[] for _ in range(count)]
    for part in text.split(" | "):
        number, _, what = part.partition(" ")
        task = int(number)
        after = tuple(
            len(marks[other]) if ordered and other != task else 0 for other in range(count)
        )
        if what.startswith("= "):
            value = what[2:]
            seen = Raised(value) if value.endswith("Error") else eval(value)
            marks[task].append(Mark(None, seen, after))
        else:
            name, _, args = what.rstrip(")").partition("(")
            marks[task].append(Mark(Call("x", name, (eval(args),) if args else ()), None, after))
    return tuple(map(tuple, marks))


def wrong(kinds: dict[str, tuple[str, object]], found: History) -> str | None:
    said = Judge(Model(kinds)).judge(found)
    return None if said is None else str(said)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Lock", "0 acquire() | 1 acquire() | 0 = True | 0 release() | 0 = None | 1 = True"),
        ("Lock", "0 acquire() | 0 = True | 1 acquire()"),
        ("Lock", "0 acquire() | 0 = True | 1 acquire(False) | 1 = False"),
        ("Lock", "0 acquire() | 1 acquire(False) | 1 = False | 0 = True"),
        ("Lock", "0 acquire() | 1 acquire(False) | 1 = True"),
        ("Lock", "0 release() | 0 = RuntimeError"),
        ("RLock", "0 acquire() | 0 = None | 0 acquire() | 0 = None | 1 acquire(False) | 1 = False"),
        ("Event", "0 wait() | 1 set() | 1 = None | 0 = None"),
        ("Event", "0 wait() | 1 set() | 1 = None | 1 clear() | 1 = None"),
        ("Event", "0 wait() | 1 set() | 1 = None | 1 clear() | 1 = None | 0 = None"),
        ("Event", "0 wait(1) | 0 = None"),
        ("Event", "0 set() | 0 = None | 0 wait() | 0 = 'x'"),
        (
            "Thread",
            "0 start() | 2 run() | 2 = None | 1 isAlive() | 1 = True | 2 end() | 2 = None"
            " | 0 = None",
        ),
        (
            "Thread",
            "0 start() | 0 = None | 1 start() | 1 = RuntimeError | 2 run() | 2 = None | 2 end()"
            " | 2 = None",
        ),
        (
            "Thread",
            "0 start() | 1 start() | 1 = RuntimeError | 1 join() | 1 = RuntimeError | 0 = None"
            " | 2 run() | 2 = None | 2 end() | 2 = None",
        ),
        (
            "Thread",
            "0 start() | 0 = None | 0 join() | 1 run() | 1 = None | 1 end() | 1 = None | 0 = None",
        ),
        (
            "Timer",
            "0 start() | 0 = None | 0 cancel() | 0 = None | 1 run() | 1 = None | 1 end()"
            " | 1 = None",
        ),
        ("Timer", "0 start() | 0 = None | 0 cancel() | 0 = None"),
        ("Thread", "0 setDaemon(1) | 0 = None | 0 isDaemon() | 0 = True"),
        ("Thread", f"0 start() | {DAEMON} | 0 = None | 0 isDaemon() | 0 = True | {RUNS}"),
        ("Thread", f"0 start() | 0 = None | 1 setDaemon(True) | 1 = RuntimeError | {RUNS}"),
        ("Timer", f"0 cancel() | 0 = None | {DAEMON} | 1 isDaemon() | 1 = True"),
    ],
)
def test_right(kind: str, text: str) -> None:
    assert wrong({"x": (kind, None)}, history(text)) is None


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (
            "Lock",
            "0 acquire() | 0 = True | 1 acquire(False) | 1 = True",
            "x.acquire(False) returned True",
        ),
        (
            "Lock",
            "0 acquire() | 0 = True | 0 release() | 0 = None | 1 acquire(False) | 1 = False",
            "x.acquire(False) returned False",
        ),
        (
            "Lock",
            "0 acquire() | 0 = True | 0 release() | 0 = None | 1 acquire()",
            "x.acquire() blocks for ever",
        ),
        ("Lock", "0 acquire() | 0 = KeyError", "x.acquire() raised KeyError"),
        ("RLock", "0 acquire() | 0 = None | 1 acquire() | 1 = None", "x.acquire() returned None"),
        ("Event", "0 set() | 0 = None | 1 isSet() | 1 = False", "x.isSet() returned False"),
        ("Event", "0 wait() | 0 = None", "x.wait() returned None"),
        ("Event", "0 set() | 0 = None | 1 wait()", "x.wait() blocks for ever"),
        (
            "Thread",
            "0 start() | 1 start() | 0 = None | 1 = None | 2 run() | 2 = None | 2 end() | 2 = None",
            "x.start() returned None",
        ),
        (
            "Thread",
            "1 setDaemon(True) | 0 start() | 0 = None | 0 isDaemon() | 0 = False | 1 = None | "
            + RUNS,
            "x.setDaemon(True) returned None",
        ),
        ("Thread", f"0 start() | 0 = None | {DAEMON} | {RUNS}", "x.setDaemon(True) returned None"),
        ("Timer", f"{DAEMON} | 0 isDaemon() | 0 = False", "x.isDaemon() returned False"),
        ("Thread", "0 start() | 0 = None", "a thread that was started did not run to its end"),
        (
            "Thread",
            "0 start() | 0 = None | 0 join() | 1 run() | 1 = None | 0 = None | 1 end() | 1 = None",
            "x.join() returned None",
        ),
        (
            "Timer",
            "0 cancel() | 0 = None | 0 start() | 0 = None | 1 run() | 1 = None",
            "x's activity returned None",
        ),
    ],
)
def test_wrong(kind: str, text: str, said: str) -> None:
    assert wrong({"x": (kind, None)}, history(text)) == said


def test_an_order_that_is_not_certain_may_have_been_any() -> None:
    """No step of the one call is known to come before one of the other."""
    text = "0 acquire() | 0 = True | 1 acquire(False) | 1 = False"
    assert wrong(LOCK, history(text)) is None
    assert wrong(LOCK, history(text, ordered=False)) == "x.acquire(False) returned False"


def test_a_semaphore_counts() -> None:
    two = "0 acquire() | 0 = None | 1 acquire()"
    assert wrong({"x": ("Semaphore", 1)}, history(two)) is None
    assert wrong({"x": ("Semaphore", 1)}, history(f"{two} | 1 = None")) is not None
    assert wrong({"x": ("Semaphore", 2)}, history(two)) == "x.acquire() blocks for ever"
    bounded = {"x": ("BoundedSemaphore", 1)}
    assert wrong(bounded, history("0 release() | 0 = ValueError")) is None
    assert wrong(bounded, history("0 release() | 0 = None")) is not None


CONDITION = {"lock": ("Lock", None), "x": ("Condition", "lock")}
TWO_WAIT = (
    "0 acquire() | 0 = True | 0 wait() | 1 acquire() | 1 = True | 1 wait() | 2 acquire() | 2 = True"
)


def test_a_notification_wakes_one_at_least() -> None:
    notified = f"{TWO_WAIT} | 2 notify() | 2 = None | 2 release() | 2 = None"
    back = "0 = None | 0 release() | 0 = None"
    assert wrong(CONDITION, history(notified)) == "x.wait() blocks for ever"
    assert wrong(CONDITION, history(f"{notified} | {back}")) is None
    assert wrong(CONDITION, history(f"{notified} | {back} | 1 = None")) is None


def test_notify_all_wakes_all() -> None:
    notified = f"{TWO_WAIT} | 2 notifyAll() | 2 = None | 2 release() | 2 = None"
    back = "0 = None | 0 release() | 0 = None"
    assert wrong(CONDITION, history(f"{notified} | {back}")) == "x.wait() blocks for ever"
    assert wrong(CONDITION, history(f"{notified} | {back} | 1 = None")) is None


def test_wait_returns_with_the_lock() -> None:
    held = f"{TWO_WAIT} | 2 notify() | 2 = None | 0 = None"
    assert wrong(CONDITION, history(held)) == "x.wait() returned None"


def test_wait_does_not_return_unasked() -> None:
    assert wrong(CONDITION, history("0 acquire() | 0 = True | 0 wait() | 0 = None")) is not None
    assert wrong(CONDITION, history("0 acquire() | 0 = True | 0 wait(1) | 0 = None")) is None
    assert wrong(CONDITION, history("0 wait() | 0 = RuntimeError")) is None
