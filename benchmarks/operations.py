"""The table of operations: what is measured, by chapter of the manual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple, Union

from . import scenarios as play
from .other import Import, Memory
from .scenarios import TIME_OUTS, Scenario
from .snippets import Snippet

SIZES = (1, 10, 100, 1000)  # of waiters and pending timers
POPULATIONS = (1, 10, 100, 500, 1000)  # threads alive

Measured = Union[Snippet, Scenario, Import, Memory]


@dataclass(frozen=True)
class Operation:
    """A row: ``key`` is its stable name, ``floor`` says what the floor does.

    ``size``: waiters, threads or timers, of an operation whose cost depends on them (``family`` is
    the key without it); ``unit``: "s" or "B".
    """

    key: str
    chapter: str
    title: str
    floor: str
    measured: Measured
    family: str = ""
    size: int = 0
    unit: str = "s"


NO_FLOOR = "none"
PAIR = "a bare lock acquired and released"
LOOK = "a bare lock asked whether it is locked"
OWN_LOCKS = "a bare lock for each waiter, all released"
TWO_LOCKS = "two bare locks"

_MAKE_LOCK = ("", "allocate_lock()")
_PAIR = ("lock = allocate_lock()", "lock.acquire()\nlock.release()")
_WITH = ("lock = allocate_lock()", "with lock:\n    pass")
_LOOK = ("lock = allocate_lock()", "lock.locked()")
_TOGGLE = ("lock = locked()", "lock.release()\nlock.acquire()")


def _uncontended() -> List[Operation]:
    table: List[Operation] = []

    def add(
        key: str, chapter: str, title: str, says: str, floor: Tuple[str, str], uses: str, setup: str,
        code: str,
    ) -> None:  # fmt: skip
        table.append(Operation(key, chapter, title, says, Snippet(uses, setup, code, floor)))

    def lockable(chapter: str, kind: str, new: str) -> None:
        key = kind.lower()
        setup = f"lock = {new}"
        add(f"{key}.create", chapter, "create", "a bare lock", _MAKE_LOCK, kind, "", new)
        pair = "lock.$acquire()\nlock.$release()"
        add(f"{key}.pair", chapter, "acquire and release", PAIR, _PAIR, kind, setup, pair)
        with_ = "with lock:\n    pass"
        add(f"{key}.with", chapter, "with", PAIR, _WITH, kind, setup, with_)

    lockable("Lock", "Lock", "m.Lock()")
    lockable("RLock", "RLock", "m.RLock()")
    add("rlock.nested-pair", "RLock", "acquire and release, held already", "a bare lock", _PAIR,
        "RLock", "lock = m.RLock(); lock.$acquire()", "lock.$acquire()\nlock.$release()")  # fmt: skip
    add("rlock.nested-with", "RLock", "with, held already", "a bare lock", _WITH,
        "RLock", "lock = m.RLock(); lock.$acquire()", "with lock:\n    pass")  # fmt: skip

    condition = "condition = m.Condition()"
    add("condition.create", "Condition", "create", "a bare lock", _MAKE_LOCK,
        "Condition", "", "m.Condition()")  # fmt: skip
    add("condition.with", "Condition", "with", PAIR, _WITH,
        "Condition", condition, "with condition:\n    pass")  # fmt: skip
    add("condition.notify", "Condition", "notify, none waiting", LOOK, _LOOK,
        "Condition", condition + "; condition.__enter__()", "condition.notify()")  # fmt: skip

    lockable("Semaphore", "Semaphore", "m.Semaphore()")
    lockable("Semaphore", "BoundedSemaphore", "m.BoundedSemaphore()")

    event = "event = m.Event()"
    add("event.create", "Event", "create", "a bare lock", _MAKE_LOCK, "Event", "", "m.Event()")
    add("event.set-clear", "Event", "set and clear", "a bare lock released and acquired", _TOGGLE,
        "Event", event, "event.set()\nevent.clear()")  # fmt: skip
    set_ = event + "; event.set()"
    add("event.wait-set", "Event", "wait, set already", LOOK, _LOOK, "Event", set_, "event.wait()")
    add("event.set-set", "Event", "set, set already", LOOK, _LOOK, "Event", set_, "event.set()")
    add("event.is-set", "Event", "isSet", LOOK, _LOOK, "Event", set_, "event.$is_set()")
    return table


def _of_threads() -> List[Operation]:
    bare_thread = "ended = locked()\nthread.start_new_thread(ended.release, ())\nended.acquire()"
    many = (
        "threads = [$new_thread for _ in range(200)]\n"
        "for one in threads:\n    one.start()\n"
        "for one in threads:\n    one.join()"
    )
    many_bare = (
        "locks = [locked() for _ in range(200)]\n"
        "for ended in locks:\n    thread.start_new_thread(ended.release, ())\n"
        "for ended in locks:\n    ended.acquire()"
    )
    bare_timer = (
        "cancelled = locked(); ended = locked()\n"
        "thread.start_new_thread(wait_for_timer, (cancelled, ended))\n"
        "cancelled.release()\nended.acquire()"
    )
    return [
        Operation("thread.create", "Thread", "create", "a bare lock",
                  Snippet("Thread", "", "$new_thread", ("", "locked()"))),
        Operation("thread.start", "Thread", "start alone", "a bare thread started",
                  Scenario("Thread", play.thread_start, play.bare_start, 0, 50, per=50)),
        Operation("thread.start-join", "Thread", "create, start and join, one after another",
                  "a bare thread, which releases a bare lock at its end",
                  Snippet("Thread", "", "t = $new_thread\nt.start()\nt.join()",
                          ("", bare_thread))),
        Operation("thread.200", "Thread", "create, start and join, 200 at once (each)",
                  "200 bare threads, which release bare locks at their end",
                  Snippet("Thread", "", many, ("", many_bare), per=200, unrolled=1)),
        Operation("timer.cancel", "Timer", "create, start, cancel and join",
                  "a bare thread that waits for a bare lock with a time-out",
                  Snippet("Timer", "", "timer = $new_timer\n$start_timer\n$cancel_timer\n$join_timer",
                          ("", bare_timer))),
        Operation("functions.current-thread", "Module", "currentThread",
                  "the identifier of the thread",
                  Snippet("current_thread", "", "$current_thread",
                          ("get_ident = thread.get_ident", "get_ident()"))),
        Operation("local.get", "Module", "local: get", "the low-level module's local",
                  Snippet("local", "data = m.local(); data.value = 1", "data.value",
                          ("data = thread._local(); data.value = 1", "data.value"))),
        Operation("local.set", "Module", "local: set", "the low-level module's local",
                  Snippet("local", "data = m.local()", "data.value = 1",
                          ("data = thread._local()", "data.value = 1"))),
    ]  # fmt: skip


def _with_population() -> List[Operation]:
    table = []
    for uses, key, title, floor, code, says in (
        ("current_thread", "functions.current-thread", "currentThread",
         ("get_ident = thread.get_ident", "get_ident()"), "$current_thread",
         "the identifier of the thread"),
        ("active_count", "functions.active-count", "activeCount",
         ("alive = dict.fromkeys(range(population + 1))", "len(alive)"), "$active_count",
         "the length of a dictionary"),
        ("enumerate", "functions.enumerate", "enumerate",
         ("alive = dict.fromkeys(range(population + 1))", "list(alive)"), "m.enumerate()",
         "a list of a dictionary"),
    ):  # fmt: skip
        for size in POPULATIONS:
            snippet = Snippet(
                uses, "", code, floor, population=size, without=("gevent", "aiologic"),
                unrolled=2 if size >= 100 else 10,
            )  # fmt: skip
            table.append(
                Operation(f"{key}.{size}", "Module", f"{title}, {size} threads", says, snippet,
                          family=key, size=size)
            )  # fmt: skip
    return table


def _of_several() -> List[Operation]:
    table = []
    for kind in ("Lock", "RLock", "Semaphore"):
        key, floor = kind.lower(), "the same with a bare lock"
        table += [
            Operation(f"{key}.mutex", kind, "with, two threads as a mutex", floor,
                      Scenario(kind, play.tight(kind), play.tight("Lock"), 2, 5000, per=10000)),
            Operation(f"{key}.hand-off", kind, "hand-off, four threads that queue", floor,
                      Scenario(kind, play.hand_off(kind), play.hand_off("Lock"), 4, 100, per=400)),
        ]  # fmt: skip
    for kind, round_ in (
        ("Condition", play.condition_ping_pong),
        ("Semaphore", play.semaphore_ping_pong),
        ("Event", play.event_ping_pong),
    ):
        scenario = Scenario(kind, round_, play.lock_ping_pong, 1, 100, per=100)
        table.append(Operation(f"{kind.lower()}.ping-pong", kind, "ping-pong", TWO_LOCKS, scenario))
    for pairs in (1, 4):
        table.append(
            Operation(f"condition.queue-{pairs}", "Condition",
                      f"producers and consumers, {pairs}:{pairs}, unbounded (an item)", NO_FLOOR,
                      Scenario("Condition", play.queue(pairs), None, 2 * pairs, 2000, per=2000))
        )  # fmt: skip
    for kind, name, title, round_, floor_, says, per in (
        ("Condition", "notify-all", "notifyAll, {} waiters", play.notify_all, play.unlock_all,
         OWN_LOCKS, 1),
        ("Condition", "time-out", "a time-out among {} waiters", play.time_out, play.lock_time_out,
         "a bare lock awaited with the same time-out", TIME_OUTS),
        ("Semaphore", "release", "{} waiters released one by one", play.semaphore_release,
         play.unlock_all, OWN_LOCKS, 1),
        ("Event", "set", "set, {} waiters", play.event_set, play.unlock_all, OWN_LOCKS, 1),
    ):  # fmt: skip
        family = f"{kind.lower()}.{name}"
        for size in SIZES:
            table.append(
                Operation(f"{family}.{size}", kind, title.format(size), says,
                          Scenario(kind, round_, floor_, size, size, per), family, size)
            )  # fmt: skip
    for size in SIZES:
        table.append(
            Operation(f"timer.pending.{size}", "Timer", f"{size} pending: start, cancel, join all",
                      "bare threads that wait for bare locks with a time-out",
                      Scenario("Timer", play.pending_timers, play.bare_pending, 0, size),
                      "timer.pending", size)
        )  # fmt: skip
    return table


def _others() -> List[Operation]:
    table = [
        Operation("module.import", "Module", "import, cached bytecode", "importing the low-level module",
                  Import())
    ]  # fmt: skip
    for kind, new in (
        ("Lock", "m.Lock()"),
        ("RLock", "m.RLock()"),
        ("Condition", "m.Condition()"),
        ("Semaphore", "m.Semaphore()"),
        ("BoundedSemaphore", "m.BoundedSemaphore()"),
        ("Event", "m.Event()"),
        ("Thread", "$new_thread"),
        ("Timer", "$new_timer"),
        ("local", "m.local()"),
    ):
        table.append(
            Operation(f"memory.{kind.lower()}", "Memory", f"bytes of a {kind}", "a bare lock",
                      Memory(kind, new), unit="B")
        )  # fmt: skip
    return table


CHAPTERS = ("Module", "Thread", "Lock", "RLock", "Condition", "Semaphore", "Event", "Timer", "Memory")


def operations() -> List[Operation]:
    """All operations, by chapter."""
    table = [*_uncontended(), *_of_threads(), *_with_population(), *_of_several(), *_others()]
    return sorted(table, key=lambda one: CHAPTERS.index(one.chapter))
