"""The table of operations: what is measured, by chapter of the manual, with its floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import scenarios as play
from .other import Import, Memory
from .scenarios import TIME_OUTS, BareRound, Scenario
from .snippets import BareSnippet, Snippet

SIZES = (1, 10, 100, 1000)  # of waiters and pending timers
POPULATIONS = (1, 10, 100, 500, 1000)  # threads alive

if TYPE_CHECKING:  # older interpreters cannot evaluate it
    from .scenarios import Round

    Measured = Snippet | Scenario | Import | Memory

# The first part of an operation's key -> chapter, and the name that a subject must have.
CHAPTERS = {
    "module": ("Module", ""),
    "functions": ("Module", ""),
    "local": ("Module", "local"),
    "thread": ("Thread", "Thread"),
    "lock": ("Lock", "Lock"),
    "rlock": ("RLock", "RLock"),
    "condition": ("Condition", "Condition"),
    "semaphore": ("Semaphore", "Semaphore"),
    "boundedsemaphore": ("BoundedSemaphore", "BoundedSemaphore"),
    "event": ("Event", "Event"),
    "timer": ("Timer", "Timer"),
    "memory": ("Memory", ""),
}


@dataclass(frozen=True)
class Operation:
    """A row of the table.

    ``key``: its stable name; ``size``: the number of waiters, threads or timers, if the cost
    depends on it.  The key then ends in the size, and ``family`` is the key without it.
    """

    key: str
    title: str
    measured: Measured
    size: int = 0

    @property
    def chapter(self) -> str:
        """The manual's chapter."""
        return CHAPTERS[self.key.split(".")[0]][0]

    @property
    def family(self) -> str:
        """The key without the size."""
        return self.key.rsplit(".", 1)[0]

    @property
    def unit(self) -> str:
        """The unit of the figures: seconds or bytes."""
        return "B" if isinstance(self.measured, Memory) else "s"

    @property
    def floor(self) -> str:
        """A description of the floor, or "-"."""
        floor = self.measured.floor
        return floor.says if floor else "-"


MAKE = BareSnippet("a bare lock is made", "", "allocate_lock()")
PAIR = BareSnippet(
    "a bare lock is acquired and released",
    "lock = allocate_lock()",
    "lock.acquire()\nlock.release()",
)
WITH = BareSnippet("with a bare lock", "lock = allocate_lock()", "with lock:\n    pass")
LOOK = BareSnippet("a bare lock is asked for its state", "lock = allocate_lock()", "lock.locked()")
TOGGLE = BareSnippet(
    "a bare lock is released and acquired", "lock = locked()", "lock.release()\nlock.acquire()"
)
MAKE_LOCKED = BareSnippet("a bare lock is made and acquired", "", "locked()")
START_JOIN = BareSnippet(
    "a bare thread that runs a function in Python, which releases a bare lock",
    "",
    "ended = locked()\nthread.start_new_thread(bare_run, (ended,))\nended.acquire()",
)
START_JOIN_200 = BareSnippet(
    "bare threads that run a function in Python, which releases a bare lock",
    "",
    "locks = [locked() for _ in range(200)]\n"
    "for ended in locks:\n    thread.start_new_thread(bare_run, (ended,))\n"
    "for ended in locks:\n    ended.acquire()",
)
BARE_TIMER = BareSnippet(
    "a bare thread that waits for a bare lock with a time-out",
    "",
    "cancelled = locked()\nended = locked()\n"
    "thread.start_new_thread(bare_timer, (cancelled, ended))\n"
    "cancelled.release()\nended.acquire()",
)
IDENT = BareSnippet("the thread's identifier", "get_ident = thread.get_ident", "get_ident()")
COUNT = BareSnippet(
    "a dictionary's length", "alive = dict.fromkeys(range(population + 1))", "len(alive)"
)
LIST = BareSnippet(
    "a dictionary's list", "alive = dict.fromkeys(range(population + 1))", "list(alive)"
)
LOCAL_GET = BareSnippet(
    "the low-level module's", "data = thread._local()\ndata.value = 1", "data.value"
)
LOCAL_SET = BareSnippet("the low-level module's", "data = thread._local()", "data.value = 1")

PING_PONG = BareRound("two bare locks", play.lock_ping_pong)
UNLOCK = BareRound("a bare lock for each waiter, released", play.unlock_all)
TIME_OUT = BareRound("a bare lock awaited as long", play.lock_time_out)
START = BareRound("a bare thread is started", play.bare_start)
PENDING = BareRound("bare threads that wait for bare locks with a time-out", play.bare_pending)


def _snippet(
    key: str, title: str, floor: BareSnippet, setup: str, code: str, *, per: int = 1
) -> Operation:
    """An operation of one thread; a snippet with many operations is not unrolled."""
    uses = CHAPTERS[key.split(".")[0]][1]
    unrolled = 1 if per > 1 else 10
    return Operation(key, title, Snippet(uses, setup, code, floor, per=per, unrolled=unrolled))


def _scenario(
    key: str,
    title: str,
    round_: Round,
    floor: BareRound | None,
    size: int,
    *,
    helpers: int,
    per: int,
) -> Operation:
    uses = CHAPTERS[key.split(".")[0]][1]
    return Operation(key, title, Scenario(uses, round_, floor, helpers, size, per))


def _lockable(key: str, new: str) -> list[Operation]:
    """Operations of every object with acquire() and release()."""
    setup = f"lock = {new}"
    pair = "lock.$acquire()\nlock.$release()"
    return [
        _snippet(f"{key}.create", "create", MAKE, "", new),
        _snippet(f"{key}.pair", "acquire and release", PAIR, setup, pair),
        _snippet(f"{key}.with", "with", WITH, setup, "with lock:\n    pass"),
    ]


def _contended(key: str, kind: str) -> list[Operation]:
    """Operations of several threads that contend for the same object."""
    bare_tight = BareRound("the same with a bare lock", play.tight("Lock"))
    bare_hand_off = BareRound("the same with a bare lock", play.hand_off("Lock"))
    title = "with, two threads as a mutex"
    queued = "hand-off, four threads queued"
    return [
        _scenario(f"{key}.mutex", title, play.tight(kind), bare_tight, 5000, helpers=2, per=10000),
        _scenario(
            f"{key}.hand-off", queued, play.hand_off(kind), bare_hand_off, 100, helpers=4, per=400
        ),
    ]


def _sized(
    family: str, title: str, round_: Round, floor: BareRound, *, helpers: bool = True, per: int = 1
) -> list[Operation]:
    """An operation whose cost depends on the number of waiters, ``{}`` in the title."""
    uses = CHAPTERS[family.split(".")[0]][1]
    return [
        Operation(
            f"{family}.{size}",
            title.format(size),
            Scenario(uses, round_, floor, size if helpers else 0, size, per),
            size,
        )
        for size in SIZES
    ]


def _populated(key: str, title: str, uses: str, floor: BareSnippet, code: str) -> list[Operation]:
    """An operation whose cost may depend on the number of threads that are alive."""
    without = ("gevent", "aiologic")
    return [
        Operation(
            f"{key}.{size}",
            f"{title}, threads: {size}",
            Snippet(uses, "", code, floor, population=size, without=without),
            size,
        )
        for size in POPULATIONS
    ]


def _module() -> list[Operation]:
    now = Snippet("current_thread", "", "$current_thread", IDENT)
    return [
        Operation("module.import", "import, cached bytecode", Import()),
        Operation("functions.current-thread", "currentThread", now),
        *_populated(
            "functions.current-thread", "currentThread", "current_thread", IDENT, "$current_thread"
        ),
        *_populated(
            "functions.active-count", "activeCount", "active_count", COUNT, "$active_count"
        ),
        *_populated("functions.enumerate", "enumerate", "enumerate", LIST, "m.enumerate()"),
        _snippet(
            "local.get", "local: get", LOCAL_GET, "data = m.local()\ndata.value = 1", "data.value"
        ),
        _snippet("local.set", "local: set", LOCAL_SET, "data = m.local()", "data.value = 1"),
    ]


def _threads() -> list[Operation]:
    one = "one = $new_thread\none.start()\none.join()"
    many = (
        "threads = [$new_thread for _ in range(200)]\n"
        "for one in threads:\n    one.start()\n"
        "for one in threads:\n    one.join()"
    )
    timer = "timer = $new_timer\n$start_timer\n$cancel_timer\n$join_timer"
    one_by_one = "create, start and join, one after another"
    together = "create, start and join, 200 simultaneously (each)"
    return [
        _snippet("thread.create", "create", MAKE_LOCKED, "", "$new_thread"),
        _scenario("thread.start", "start alone", play.thread_start, START, 50, helpers=0, per=50),
        _snippet("thread.start-join", one_by_one, START_JOIN, "", one),
        _snippet("thread.200", together, START_JOIN_200, "", many, per=200),
        _snippet("timer.cancel", "create, start, cancel and join", BARE_TIMER, "", timer),
        *_sized(
            "timer.pending",
            "start, cancel and join all of {} pending",
            play.pending_timers,
            PENDING,
            helpers=False,
        ),
    ]


def _locks() -> list[Operation]:
    held = "lock = m.RLock()\nlock.$acquire()"
    pair = "lock.$acquire()\nlock.$release()"
    return [
        *_lockable("lock", "m.Lock()"),
        *_contended("lock", "Lock"),
        *_lockable("rlock", "m.RLock()"),
        _snippet("rlock.nested-pair", "acquire and release, held already", PAIR, held, pair),
        _snippet("rlock.nested-with", "with, held already", WITH, held, "with lock:\n    pass"),
        *_contended("rlock", "RLock"),
    ]


def _conditions() -> list[Operation]:
    new = "condition = m.Condition()"
    held = new + "\ncondition.__enter__()"
    queue = "producers and consumers, {0}:{0} (an item)"
    return [
        _snippet("condition.create", "create", MAKE, "", "m.Condition()"),
        _snippet("condition.with", "with", WITH, new, "with condition:\n    pass"),
        _snippet("condition.notify", "notify, none waiting", LOOK, held, "condition.notify()"),
        _scenario(
            "condition.ping-pong",
            "ping-pong",
            play.condition_ping_pong,
            PING_PONG,
            100,
            helpers=1,
            per=100,
        ),
        *(
            _scenario(
                f"condition.queue-{pairs}",
                queue.format(pairs),
                play.queue(pairs),
                None,
                2000,
                helpers=2 * pairs,
                per=2000,
            )
            for pairs in (1, 4)
        ),
        *_sized("condition.notify-all", "notifyAll, waiters: {}", play.notify_all, UNLOCK),
        *_sized(
            "condition.time-out", "a time-out, waiters: {}", play.time_out, TIME_OUT, per=TIME_OUTS
        ),
    ]


def _semaphores() -> list[Operation]:
    return [
        *_lockable("semaphore", "m.Semaphore()"),
        *_contended("semaphore", "Semaphore"),
        _scenario(
            "semaphore.ping-pong",
            "ping-pong",
            play.semaphore_ping_pong,
            PING_PONG,
            100,
            helpers=1,
            per=100,
        ),
        *_sized(
            "semaphore.release", "released one by one, waiters: {}", play.semaphore_release, UNLOCK
        ),
        *_lockable("boundedsemaphore", "m.BoundedSemaphore()"),
    ]


def _events() -> list[Operation]:
    new = "event = m.Event()"
    set_ = new + "\nevent.set()"
    return [
        _snippet("event.create", "create", MAKE, "", "m.Event()"),
        _snippet("event.set-clear", "set and clear", TOGGLE, new, "event.set()\nevent.clear()"),
        _snippet("event.wait-set", "wait, set already", LOOK, set_, "event.wait()"),
        _snippet("event.set-set", "set, set already", LOOK, set_, "event.set()"),
        _snippet("event.is-set", "isSet", LOOK, set_, "event.$is_set()"),
        _scenario(
            "event.ping-pong", "ping-pong", play.event_ping_pong, PING_PONG, 100, helpers=1, per=100
        ),
        *_sized("event.set", "set, waiters: {}", play.event_set, UNLOCK),
    ]


def _memory() -> list[Operation]:
    kinds = ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "local")
    new = {kind: f"m.{kind}()" for kind in kinds}
    new.update({"Thread": "$new_thread", "Timer": "$new_timer"})
    return [
        Operation(f"memory.{kind.lower()}", f"a {kind}", Memory(kind, code))
        for kind, code in new.items()
    ]


def operations() -> list[Operation]:
    """All operations, by chapter."""
    chapters = [chapter for chapter, _ in CHAPTERS.values()]
    table = [
        *_module(),
        *_threads(),
        *_locks(),
        *_conditions(),
        *_semaphores(),
        *_events(),
        *_memory(),
    ]
    return sorted(table, key=lambda one: chapters.index(one.chapter))
