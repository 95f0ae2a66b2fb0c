"""What the manual lets objects do, one call after another, and the check of a history against it.

A call is a few atomic moves: ``wait`` releases the lock and joins the waiters, then is woken or
times out, then takes the lock again.  A history is right if the moves of its calls can be put in an
order in which each call moves between its beginning and its return, and returns what it has
returned; and if in the end no call is blocked that could move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

# How many alien threads a program may have, at most: each may count from its first call on.
ALIENS = 5

# What a call does that is blocked in the end, though the manual lets it go on.
BLOCKS = "blocks for ever"

# A value that the manual leaves open.
ANY: Any = "anything"

# Calls, marks and stages are compared and looked up by the thousand, and tuples are the fastest.


class Done(NamedTuple):
    """A call has made its last move; ``value``: what it returns."""

    value: object = None


class Call(NamedTuple):
    """One call: the name of the object, the method and the arguments."""

    subject: str
    method: str
    args: tuple[object, ...] = ()

    def __str__(self) -> str:
        words = ", ".join(map(repr, self.args))
        if self.method in ("run", "end"):
            return f"{self.subject}'s activity" if self.method == "run" else "its end"
        return (
            f"{self.subject}.{self.method}({words})" if self.subject else f"{self.method}({words})"
        )


State = tuple[Any, ...]
Moves = Iterator[tuple[Any, object]]


class Model:
    """The objects of a program.

    ``kinds``: the class of each object by its name, with the arguments that matter to the model: a
    number, or the name of another object.
    """

    def __init__(self, kinds: dict[str, tuple[str, Any]]) -> None:
        self._kinds = kinds
        self._places = {name: place for place, name in enumerate(kinds)}
        self.start: State = tuple(_FIRST[kind](value) for kind, value in kinds.values())

    def moves(self, state: State, task: int, call: Call, stage: object) -> Moves:
        """The moves that a call of a task can make: pairs of a state, and a stage or Done."""
        if call.subject not in self._places:
            yield from _functions(state, self._kinds, call)
            return
        kind, value = self._kinds[call.subject]
        place = self._places[call.subject]
        if kind == "Condition":
            yield from self._condition(state, place, self._places[value], task, call, stage)
            return
        for new, next_stage in _MOVES[kind](state[place], value, task, call, stage):
            yield (*state[:place], new, *state[place + 1 :]), next_stage

    def internal(self, state: State) -> Iterator[State]:
        """The states that follow by themselves, such as the end of a thread."""
        for place, (kind, _) in enumerate(self._kinds.values()):
            if kind in ("Thread", "Timer"):
                phase, *rest = state[place]
                new = _NEXT.get((kind, phase))
                if new is not None:
                    yield (*state[:place], (new, *rest), *state[place + 1 :])

    def settled(self, state: State) -> bool:
        """Whether a program may stay in this state for ever."""
        return not any(
            kind in ("Thread", "Timer") and state[place][0] in _ALIVE
            for place, (kind, _) in enumerate(self._kinds.values())
        )

    def _condition(
        self, state: State, place: int, lock: int, task: int, call: Call, stage: object
    ) -> Moves:
        kind = list(self._kinds.values())[lock][0]
        held, waiters = state[lock], state[place]

        def changed(new_lock: Any, new_waiters: Any) -> State:
            changes = list(state)
            changes[lock], changes[place] = new_lock, new_waiters
            return tuple(changes)

        if call.method in ("acquire", "release"):
            for new, next_stage in _MOVES[kind](held, None, task, call, stage):
                yield changed(new, waiters), next_stage
            return
        if stage == 0 and not (held and (kind == "Lock" or held[0] == task)):
            yield state, Done("RuntimeError")
            return
        if stage == 0 and kind == "Lock" and held != task + 1:
            yield state, Done("RuntimeError")  # a plain lock may know its holder
        if call.method == "wait":
            if stage == 0:
                yield changed(_FREE[kind], _with(waiters, task, False)), ("waiting", held)
            elif isinstance(stage, tuple) and stage[0] == "waiting":
                woken = dict(waiters).get(task)
                if woken or call.args:
                    yield changed(held, _without(waiters, task)), ("returning", stage[1])
            elif not held and isinstance(stage, tuple):
                yield changed(stage[1], waiters), Done(ANY)
        elif call.method in ("notify", "notifyAll"):
            asleep = [one for one, woken in waiters if not woken]
            least = len(asleep) if call.method == "notifyAll" else min(1, len(asleep))
            for count in range(least, len(asleep) + 1):
                for chosen in combinations(asleep, count):
                    new = waiters
                    for one in chosen:
                        new = _with(new, one, True)
                    yield changed(held, new), Done()


def _with(waiters: Any, task: int, woken: bool) -> Any:
    return tuple(sorted({**dict(waiters), task: woken}.items()))


def _without(waiters: Any, task: int) -> Any:
    return tuple(item for item in waiters if item[0] != task)


def _lock(held: Any, _: Any, task: int, call: Call, stage: object) -> Moves:
    if call.method == "acquire":
        if not held:
            yield (
                task + 1,
                Done(True if call.args else ANY),
            )  # who holds it may matter to a condition
        elif call.args and not call.args[0]:
            yield held, Done(False)
    elif call.method == "release":
        yield (0, Done()) if held else (held, Done("RuntimeError"))
    elif call.method == "locked":
        yield held, Done(bool(held))


def _rlock(state: Any, _: Any, task: int, call: Call, stage: object) -> Moves:
    owner, level = state or (None, 0)
    if call.method == "acquire":
        if owner in (None, task):
            yield (task, level + 1), Done(True if call.args else ANY)
        elif call.args and not call.args[0]:
            yield state, Done(False)
    elif call.method == "release":
        if owner != task:
            yield state, Done("RuntimeError")
        else:
            yield ((task, level - 1) if level > 1 else None), Done()


def _semaphore(value: Any, bound: Any, task: int, call: Call, stage: object) -> Moves:
    if call.method == "acquire":
        if value:
            yield value - 1, Done(True if call.args else ANY)
        elif call.args and not call.args[0]:
            yield value, Done(False)
    elif call.method == "release":
        yield value + 1, Done()


def _bounded(value: Any, bound: Any, task: int, call: Call, stage: object) -> Moves:
    if call.method == "release" and value == bound:
        yield value, Done("ValueError")
    else:
        yield from _semaphore(value, bound, task, call, stage)


def _event(state: Any, _: Any, task: int, call: Call, stage: object) -> Moves:
    flag, waiters = state
    if call.method == "set":
        yield (True, tuple((one, True) for one, _ in waiters)), Done()
    elif call.method == "clear":
        yield (False, waiters), Done()
    elif call.method == "isSet":
        yield state, Done(flag)
    elif call.method == "wait" and stage == 0:
        if flag:
            yield state, Done(ANY)
        else:
            yield (flag, _with(waiters, task, False)), "waiting"
    elif call.method == "wait" and (dict(waiters).get(task) or call.args):
        yield (flag, _without(waiters, task)), Done(ANY)


def _thread(state: Any, _: Any, task: int, call: Call, stage: object) -> Moves:
    """A thread is new, started, running, ending or ended.

    Until its start() has returned, the manual leaves open what others see of it, and whether
    setDaemon() comes before the start.
    """
    phase, is_open, daemonic = state
    if call.method == "start":
        if stage == "begun":
            yield (phase, False, daemonic), Done()
        elif phase == "new":
            yield ("started", True, daemonic), "begun"
        else:
            yield state, Done("RuntimeError")
    elif call.method == "run":
        if phase == "started":
            yield ("running", is_open, daemonic), Done()
    elif call.method == "end":
        if phase == "running":
            yield ("ending", is_open, daemonic), Done()
    elif call.method == "isAlive":
        if phase in _ALIVE:
            yield state, Done(True)
        if is_open or phase not in _ALIVE:
            yield state, Done(False)
    elif call.method == "listed":
        if phase in _ALIVE:
            yield state, Done(1)
        if is_open or phase not in _ALIVE:
            yield state, Done(0)
    elif call.method == "join":
        if phase == "new" or is_open:
            yield state, Done("RuntimeError")
        if phase == "ended" or (call.args and phase != "new"):
            yield state, Done()
    elif call.method == "setDaemon":
        if phase == "new" or is_open:
            yield (phase, is_open, bool(call.args[0])), Done()
        if phase != "new":
            yield state, Done("RuntimeError")
    elif call.method == "isDaemon":
        yield state, Done(daemonic)


def _timer(state: Any, _: Any, task: int, call: Call, stage: object) -> Moves:
    """A timer is new, dropped (cancelled before its start), firing, or what a thread is."""
    phase, is_open, daemonic = state
    if call.method == "run":
        if phase == "firing":
            yield ("running", is_open, daemonic), Done()
    elif call.method == "cancel":
        following = {"new": "dropped", "started": "ending"}
        yield (following.get(phase, phase), is_open, daemonic), Done()
    elif call.method == "start" and phase == "dropped" and stage == 0:
        yield ("ending", True, daemonic), "begun"
    elif phase == "dropped":
        for new, done in _thread(("new", *state[1:]), _, task, call, stage):
            yield ("dropped", *new[1:]), done
    else:
        yield from _thread(state, _, task, call, stage)


def _functions(state: State, kinds: dict[str, tuple[str, Any]], call: Call) -> Moves:
    if call.method == "activeCount":
        threads = [
            one
            for one, (kind, _) in zip(state, kinds.values(), strict=True)
            if kind in ("Thread", "Timer") and one[0] in _ALIVE
        ]
        unsure = sum(is_open for _, is_open, _ in threads)
        for count in range(-ALIENS, unsure + 1):
            yield state, Done(1 + len(threads) - count)
        return
    yield state, Done(ANY)
    if call.method == "stack_size" and call.args:  # the platform may not support it
        yield from ((state, Done(error)) for error in ("RuntimeError", "ThreadError", "ValueError"))


_ALIVE = ("started", "firing", "running", "ending")
# What happens by itself: a thread that has run ends, and a timer stops waiting.
_NEXT = {
    ("Thread", "ending"): "ended",
    ("Timer", "ending"): "ended",
    ("Timer", "started"): "firing",
}
_MOVES: dict[str, Any] = {
    "Lock": _lock,
    "RLock": _rlock,
    "Semaphore": _semaphore,
    "BoundedSemaphore": _bounded,
    "Event": _event,
    "Thread": _thread,
    "Timer": _timer,
}
_FIRST: dict[str, Any] = {
    "Lock": lambda value: 0,
    "RLock": lambda value: None,
    "Semaphore": lambda value: value,
    "BoundedSemaphore": lambda value: value,
    "Event": lambda value: (False, ()),
    "Condition": lambda value: (),
    "Thread": lambda value: ("new", False, False),
    "Timer": lambda value: ("new", False, False),
}
_FREE = {"Lock": 0, "RLock": None}


# -- histories ----------------------------------------------------------------------------------


class Mark(NamedTuple):
    """The beginning or the return of a call.

    ``call``: the call that begins, or None; ``value``: what the call returns; ``after``: for each
    task, how many of its marks came before for certain.
    """

    call: Call | None
    value: object
    after: tuple[int, ...]


History = tuple[tuple[Mark, ...], ...]


@dataclass(frozen=True)
class Wrong:
    """Why a history is wrong: the task, the call, and what it did."""

    task: int
    call: Call | None
    did: str

    def __str__(self) -> str:
        return f"{self.call} {self.did}" if self.call is not None else self.did


Config = tuple[State, tuple[tuple[Call, object] | None, ...]]


class Judge:
    """Checks histories against a model, each different one once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[tuple[History, bool], Wrong | None] = {}
        # What follows from a set of configurations: many histories have parts in common.
        self._steps: dict[
            tuple[frozenset[Config], int, Call | None, type, object], frozenset[Config]
        ] = {}
        self._closures: dict[frozenset[Config], frozenset[Config]] = {}

    def judge(self, history: History, known: bool = True) -> Wrong | None:
        """What is wrong with a history, in any order that its marks may have had; or None.

        ``known``: whether the marks tell of all that came before them.  If not, the history is
        wrong only if it is in every such order.
        """
        if (history, known) not in self._known:
            self._known[history, known] = self._search(history, known)
        return self._known[history, known]

    def _search(self, history: History, known: bool) -> Wrong | None:
        count = len(history)
        worst = None
        start: frozenset[Config] = frozenset([(self._model.start, (None,) * count)])
        seen = set()
        todo: list[tuple[tuple[int, ...], frozenset[Config]]] = [((0,) * count, start)]
        while todo:
            places, configs = todo.pop()
            if (places, configs) in seen:
                continue
            seen.add((places, configs))
            ready = [
                task
                for task in range(count)
                if places[task] < len(history[task])
                and all(
                    places[other] >= least
                    for other, least in enumerate(history[task][places[task]].after)
                )
            ]
            if not ready:
                worst = self._end(history, places, configs)
                if (worst is None) != known:
                    return worst
            for task in ready:
                mark = history[task][places[task]]
                new = self._after(configs, task, mark)
                if not new:
                    call = history[task][places[task] - 1].call
                    worst = Wrong(task, call, _said(mark.value))
                    if known:
                        return worst
                    continue
                following = (*places[:task], places[task] + 1, *places[task + 1 :])
                todo.append((following, new))
        return worst

    def _after(self, configs: frozenset[Config], task: int, mark: Mark) -> frozenset[Config]:
        """The configurations after a mark of a task; none if they do not allow its value."""
        key = (configs, task, mark.call, type(mark.value), mark.value)
        new = self._steps.get(key)
        if new is None:
            if mark.call is not None:
                new = frozenset(
                    (state, (*phases[:task], (mark.call, 0), *phases[task + 1 :]))
                    for state, phases in configs
                )
            else:
                new = self._returned(self._closed(configs), task, mark.value)
            self._steps[key] = new
        return new

    def _closed(self, configs: frozenset[Config]) -> frozenset[Config]:
        """These configurations, and all that follow from them by moves of calls that have begun."""
        known = self._closures.get(configs)
        if known is not None:
            return known
        found = set(configs)
        todo = list(configs)
        while todo:
            for config in self._following(todo.pop()):
                if config not in found:
                    found.add(config)
                    todo.append(config)
        closed = self._closures[configs] = frozenset(found)
        return closed

    def _following(self, config: Config) -> Iterator[Config]:
        state, phases = config
        for new in self._model.internal(state):
            yield new, phases
        for task, phase in enumerate(phases):
            if phase is None or isinstance(phase[1], Done):
                continue
            for new, stage in self._model.moves(state, task, *phase):
                yield new, (*phases[:task], (phase[0], stage), *phases[task + 1 :])

    @staticmethod
    def _returned(configs: frozenset[Config], task: int, value: object) -> frozenset[Config]:
        found = set()
        for state, phases in configs:
            phase = phases[task]
            if phase is None or not isinstance(phase[1], Done):
                continue
            expected = phase[1].value
            if _is_right(expected, value):
                found.add((state, (*phases[:task], None, *phases[task + 1 :])))
        return frozenset(found)

    def _end(
        self, history: History, places: tuple[int, ...], configs: frozenset[Config]
    ) -> Wrong | None:
        """What is wrong with the end of a history."""
        for config in self._closed(configs):
            state, phases = config
            if not self._model.settled(state):
                continue
            if any(phase is not None and isinstance(phase[1], Done) for phase in phases):
                continue
            if not any(True for _ in self._following(config)):
                return None
        for task, marks in enumerate(history):
            if marks and marks[-1].call is not None:
                return Wrong(task, marks[-1].call, BLOCKS)
        return Wrong(0, None, "a thread that was started did not run to its end")


def _is_right(expected: object, value: object) -> bool:
    """Whether a call may return, or raise, what it has.

    Truth counts, not its form; and a value where the manual promises none harms nobody.
    """
    if isinstance(value, Raised):
        return expected in (value.name, *value.kinds)
    if expected is ANY or expected is None:
        return True
    if isinstance(expected, bool):
        return bool(value) == expected
    return value == expected


class Raised(NamedTuple):
    """A call has raised an exception; ``kinds``: the names of the classes it is derived from."""

    name: str
    kinds: tuple[str, ...] = ()


def _said(value: object) -> str:
    if isinstance(value, Raised):
        return f"raised {value.name}"
    return f"returned {value!r}"
