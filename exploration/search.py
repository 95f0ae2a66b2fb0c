"""Which schedules are run: all of them, those with few preemptions, or random ones.

*All* are those that differ in more than the order of steps that do not affect each other.  They are
found by dynamic partial order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson
and Sagonas, "Optimal Dynamic Partial Order Reduction", POPL 2014): each run is searched for races,
and the reversal of each race is run as well, unless an equivalent run has been.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from threadspec.exploration.scheduler import (
    ACQUIRE,
    AWAIT,
    BEGIN,
    MOST,
    RELEASE,
    TRIES,
    TRY,
    UNTIL,
    WRITE,
    Location,
    Run,
    Task,
)


def writes(task: Task) -> bool:
    """Whether the step that a task is about to perform changes its location."""
    kind = task.kind
    if kind == TRY:
        return not task.location.held  # type: ignore[union-attr]
    if kind == RELEASE:
        return task.location.held  # type: ignore[union-attr]
    return kind in (WRITE, ACQUIRE)


def will_time_out(task: Task) -> bool:
    """Whether the step of a task is a time-out."""
    if task.kind == UNTIL:
        return not task.goal
    return (
        task.deadline is not None and task.kind in TRIES and task.location.held  # type: ignore[union-attr]
    )


def default(enabled: list[Task], task: Task | None) -> Task:
    """The task that goes on if nothing else decides: the same one, and no time-out before it must.

    A task that has just tried in vain lets others go on first.
    """
    if task is not None and not task.vain and task in enabled and not will_time_out(task):
        return task
    willing = [one for one in enabled if not will_time_out(one)]
    if willing:
        after = task.number if task is not None else -1
        return next((one for one in willing if one.number > after), willing[0])
    return min(enabled, key=lambda one: (one.deadline, one.number))


class Node:
    """One decision of the present run: bit masks of tasks.

    ``chosen``: the task; ``todo``: those to be tried; ``asleep``: those that need not be, because
    an equivalent run has been made; ``enabled``: those that could go on.
    """

    __slots__ = ("asleep", "chosen", "enabled", "todo")

    def __init__(self, chosen: int, asleep: int, enabled: int) -> None:
        self.chosen = chosen
        self.todo = 1 << chosen
        self.asleep = asleep
        self.enabled = enabled


class Clocks:
    """Which step of a run happens before which: the events of the run, with vector clocks."""

    def __init__(self) -> None:
        self.who: list[int] = []
        self.when: list[int] = []
        self.clocks: list[list[int]] = []

    def clear(self) -> None:
        """Begin a run."""
        self.who.clear()
        self.when.clear()
        self.clocks.clear()

    def perform(self, run: Run, task: Task, detect: bool) -> list[int]:
        """Note that a task performs its step; return the earlier events that race with it."""
        races: list[int] = []
        clock = task.clock
        if task.kind == BEGIN and task.gate is not None:
            _join(clock, task.gate.clock)
        begins = not task.begun and task.kind != BEGIN
        if begins:
            task.begun = True
            if task.after is not None:
                _join(clock, task.after.opening)
        place = task.location
        write = False
        if place is not None:
            write = writes(task)
            if detect:
                self._find_races(place, task.kind, write, clock, races)
        number = task.number
        event = len(self.who)
        clock[number] += 1
        if place is not None:
            self._touch(place, clock, event, write, task.kind)
        if task.deadline is not None and task.kind in TRIES and place.held:  # type: ignore[union-attr]
            watch = run.clock
            if watch.serial != run.serial:
                watch.reset(run)
            if watch.hidden:
                watch.dirty = True
                if watch.owner is None:
                    watch.owner = task
                elif watch.owner is not task:
                    watch.many = True
            else:
                if detect:
                    clock[number] -= 1
                    self._find_races(watch, WRITE, True, clock, races)
                    clock[number] += 1
                self._touch(watch, clock, event, True, WRITE)
        if begins:
            task.opening = clock[:]
        self.who.append(number)
        self.when.append(clock[number])
        self.clocks.append(clock[:])
        return races

    def _find_races(
        self, place: Location, kind: int, write: bool, clock: list[int], races: list[int]
    ) -> None:
        who, when = self.who, self.when
        if kind == ACQUIRE:
            for event in place.readers:
                if clock[who[event]] < when[event]:
                    races.append(event)
            event = place.acquirer
        elif kind == AWAIT:
            return
        else:
            event = place.writer
            if write and place.readers:
                for event in place.readers:
                    if clock[who[event]] < when[event]:
                        races.append(event)
                return
        if event >= 0 and clock[who[event]] < when[event]:
            races.append(event)

    def _touch(self, place: Location, clock: list[int], event: int, write: bool, kind: int) -> None:
        if place.written is not None:
            _join(clock, place.written)
        if write:
            if place.read is not None:
                _join(clock, place.read)
                place.read = None
                place.readers = []
            place.written = clock[:]
            place.writer = event
            if kind in (ACQUIRE, TRY):
                place.acquirer = event
        else:
            place.readers.append(event)
            if place.read is None:
                place.read = clock[:]
            else:
                _join(place.read, clock)

    def initials(self, event: int, stop: int, task: Task, clock: list[int]) -> int:
        """The tasks that may go first where ``event`` is to come after the step of ``task``.

        ``stop``: the number of events before that step; ``clock``: its clock.
        """
        who, when, clocks = self.who, self.when, self.clocks
        his, number = who[event], when[event]
        first = [1 << 60] * MOST
        found = 0
        for later in range(event + 1, stop):
            other = clocks[later]
            if other[his] >= number:
                continue
            one = who[later]
            if first[one] != 1 << 60:
                continue
            for known, begun in zip(other, first, strict=True):
                if known >= begun:
                    break
            else:
                found |= 1 << one
            first[one] = when[later]
        if first[task.number] == 1 << 60:
            for known, begun in zip(clock, first, strict=True):
                if known >= begun:
                    break
            else:
                found |= 1 << task.number
        return found


def _join(clock: list[int], other: list[int]) -> None:
    for index, value in enumerate(other):
        if value > clock[index]:
            clock[index] = value


class Exhaustive:
    """A strategy that runs each schedule which no equivalent one was run for.

    ``reduce``: False to run all schedules, to check the reduction.
    """

    def __init__(self, reduce: bool = True) -> None:
        self._reduce = reduce
        self._nodes: list[Node] = []
        self._depth = 0
        self._fresh = 0
        self._asleep = 0
        self.clocks = Clocks()
        self.done = False

    def begin(self) -> None:
        """Begin a run."""
        self._depth = 0
        self._asleep = 0
        self.clocks.clear()

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """See :class:`scheduler.Strategy`."""
        depth = self._depth
        nodes = self._nodes
        if depth < len(nodes):
            node = nodes[depth]
            again = next((one for one in enabled if one.number == node.chosen), None)
            if again is None:
                run.erratic = True
                return None
            chosen = again
        else:
            asleep = self._asleep
            mask = 0
            for one in enabled:
                mask |= 1 << one.number
            if asleep:
                awake = [one for one in enabled if not asleep >> one.number & 1]
                if not awake:
                    return None
                chosen = default(awake, task)
            else:
                chosen = default(enabled, task)
            node = Node(chosen.number, asleep, mask)
            if not self._reduce:
                node.todo = mask
            nodes.append(node)
        self._depth = depth + 1
        if self._reduce:
            races = self.clocks.perform(run, chosen, depth >= self._fresh)
            for event in races:
                self._reverse(event, depth, chosen, self.clocks.clocks[depth])
            asleep = node.asleep
            if asleep:
                place = chosen.location
                if place is not None:
                    self._asleep = self._still_asleep(run, asleep, chosen, place)
                else:
                    self._asleep = asleep & ~(1 << chosen.number)
            else:
                self._asleep = 0
        else:
            self.clocks.perform(run, chosen, False)
        return chosen

    def _still_asleep(self, run: Run, asleep: int, chosen: Task, place: Location) -> int:
        """The tasks whose next step does not affect that of ``chosen``."""
        write = writes(chosen)
        times_out = will_time_out(chosen) and chosen.deadline is not None and not run.clock.hidden
        left = 0
        for task in run.tasks:
            bit = 1 << task.number
            if not asleep & bit or task is chosen:
                continue
            other = task.location
            if other is place and (write or writes(task) or task.kind == ACQUIRE):
                continue
            if times_out and (
                other is run.clock or (will_time_out(task) and task.deadline is not None)
            ):
                continue
            if place is run.clock and will_time_out(task) and task.deadline is not None:
                continue
            left |= bit
        return left

    def _reverse(self, event: int, stop: int, task: Task, clock: list[int]) -> None:
        """Let a step of ``task``, before which there are ``stop`` events, come before ``event``."""
        node = self._nodes[event]
        found = self.clocks.initials(event, stop, task, clock)
        if found & (node.todo | node.asleep):
            return
        found &= node.enabled
        if not found:
            node.todo |= node.enabled
        elif found >> task.number & 1:
            node.todo |= 1 << task.number
        else:
            node.todo |= found & -found

    def end(self, run: Run) -> None:
        """End a run, and prepare the next one; ``done`` says whether there is none."""
        nodes = self._nodes
        if self._reduce:
            clocks = self.clocks
            for task in run.left:
                if task.kind != ACQUIRE:
                    continue
                place = task.location
                assert place is not None
                if place.serial != run.serial or not place.held:
                    continue
                event = place.acquirer
                if event >= 0 and task.clock[clocks.who[event]] < clocks.when[event]:
                    self._reverse(event, len(clocks.who), task, task.clock)
        while nodes:
            node = nodes[-1]
            node.asleep |= 1 << node.chosen
            left = node.todo & ~node.asleep & node.enabled
            if not self._reduce:
                left = node.todo & ~node.asleep
            if left:
                bit = left & -left
                node.chosen = bit.bit_length() - 1
                self._fresh = len(nodes) - 1
                return
            nodes.pop()
        self.done = True


class Bounded:
    """A strategy that runs every schedule with at most ``bound`` preemptions.

    A preemption is a switch away from a task that could go on, or a time-out while others could go
    on.  ``track``: keep vector clocks; ``early``: let time-outs come before they must;
    ``preemptions``: those of the present run.  They may be more than ``bound``, since a task that
    has just tried in vain lets others go on.
    """

    def __init__(self, bound: int, track: bool = True, early: bool = True) -> None:
        self._bound = bound
        self._track = track
        self._early = early
        self._choices: list[list[int]] = []  # for each decision, the tasks that are left to try
        self._depth = 0
        self.preemptions = 0
        self.clocks = Clocks()
        self.done = False

    def begin(self) -> None:
        """Begin a run."""
        self._depth = 0
        self.preemptions = 0
        self.clocks.clear()

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """See :class:`scheduler.Strategy`."""
        depth = self._depth
        self._depth = depth + 1
        first = default(enabled, task)
        if depth < len(self._choices):
            number = self._choices[depth][-1]
            if not any(one.number == number for one in enabled):
                run.erratic = True
                return None
        else:
            left = self._bound - self.preemptions
            others = [
                one.number
                for one in reversed(enabled)
                if one is not first
                and cost(enabled, task, one) <= left
                and (self._early or not will_time_out(one))
            ]
            self._choices.append([*others, first.number])
            number = first.number
        chosen = run.tasks[number]
        self.preemptions += cost(enabled, task, chosen)
        if self._track:
            self.clocks.perform(run, chosen, False)
        return chosen

    def end(self, run: Run) -> None:
        """End a run, and prepare the next one."""
        while self._choices:
            self._choices[-1].pop()
            if self._choices[-1]:
                return
            self._choices.pop()
        self.done = True


def cost(enabled: list[Task], task: Task | None, chosen: Task) -> int:
    """How many preemptions it takes to let ``chosen`` go on after ``task``."""
    result = 0
    if task is not None and chosen is not task and task in enabled and not will_time_out(task):
        result = 1
    if will_time_out(chosen) and any(not will_time_out(one) for one in enabled):
        result += 1
    return result


class Random:
    """A strategy that gives tasks random priorities, and changes them ``depth`` times (PCT).

    ``early``: the share of runs in which a time-out may come at any moment; in the others it comes
    when nothing else can go on.  ``track``: keep vector clocks.
    """

    def __init__(self, seed: int, depth: int = 3, early: float = 0.5, track: bool = True) -> None:
        self._random = random.Random(seed)
        self._track = track
        self._depth = depth
        self._early = early
        self._length = 50
        self.clocks = Clocks()
        self.done = False

    def begin(self) -> None:
        """Begin a run."""
        self._priorities: dict[int, float] = {}
        self._changes = {self._random.randrange(self._length) for _ in range(self._depth)}
        self._times_out = self._random.random() < self._early
        self._count = 0
        self.clocks.clear()

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """See :class:`scheduler.Strategy`."""
        priorities = self._priorities
        self._count += 1
        if len(enabled) == 1 and not self._track:
            return enabled[0]
        late = self._times_out and not (task is not None and task.vain)
        chosen = None
        highest = 0.0
        for one in enabled:
            priority = priorities.get(one.number)
            if priority is None:
                priority = priorities[one.number] = self._random.random() + 1
            if (chosen is None or priority > highest) and (late or not will_time_out(one)):
                chosen, highest = one, priority
        if chosen is None or (task is not None and task.vain and not self._random.randrange(4)):
            chosen = default(enabled, task)  # one that waits in a loop must let others go on
        if self._count in self._changes:
            priorities[chosen.number] = -float(self._count)
        if self._track:
            self.clocks.perform(run, chosen, False)
        return chosen

    def end(self, run: Run) -> None:
        """End a run."""
        self._length = max(self._length // 2, self._count, 10)


class Choosing:
    """A strategy for cases that notes whether it had a choice: time-outs come when they must."""

    def __init__(self, strategy: Bounded | Random) -> None:
        self._strategy = strategy
        self.had_choice = False

    def begin(self) -> None:
        """Begin a run."""
        self.had_choice = False
        self._strategy.begin()

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """See :class:`scheduler.Strategy`."""
        if not self.had_choice and len(enabled) > 1:
            self.had_choice = sum(not will_time_out(one) for one in enabled) > 1
        return self._strategy.choose(run, enabled, task)

    def end(self, run: Run) -> None:
        """End a run."""
        self._strategy.end(run)

    @property
    def done(self) -> bool:
        """Whether there is no other run."""
        return self._strategy.done


class Replay:
    """A strategy that follows a token, and goes on freely behind its end.

    ``loose``: where a task cannot go on as the token says, leave out the rest of its steps there;
    without it, ``mismatch`` is set and the run is given up.  ``preemptions``: how many there were.
    """

    def __init__(
        self, segments: Sequence[tuple[int, int, bool]], track: bool = True, loose: bool = False
    ) -> None:
        self._segments = segments
        self._track = track
        self._loose = loose
        self.clocks = Clocks()
        self.preemptions = 0
        self.mismatch = self.done = False

    def begin(self) -> None:
        """Begin the run."""
        self._index = 0
        self._left = self._segments[0][1] if self._segments else 0
        self.preemptions = 0
        self.clocks.clear()

    def choose(self, run: Run, enabled: list[Task], task: Task | None) -> Task | None:
        """See :class:`scheduler.Strategy`."""
        chosen = None
        while self._index < len(self._segments):
            number, _, _ = self._segments[self._index]
            if self._left > 0:
                chosen = next((one for one in enabled if one.number == number), None)
                if chosen is not None:
                    self._left -= 1
                    break
                if not self._loose:
                    self.mismatch = True
                    return None
            self._index += 1
            if self._index < len(self._segments):
                self._left = self._segments[self._index][1]
        if chosen is None:
            chosen = default(enabled, task)
        self.preemptions += cost(enabled, task, chosen)
        if self._track:
            self.clocks.perform(run, chosen, False)
        return chosen

    def end(self, run: Run) -> None:
        """End the run."""


Searching = Exhaustive | Bounded | Random | Replay | Choosing

# What a run has done: see :class:`scheduler.Run`.
Trail = list[tuple[int, int, bool]]


def token(trail: Trail) -> str:
    """A schedule as text: ``0x13.1x4.2x1!`` lets task 0 perform 13 steps, task 1 four, ..."""
    return ".".join(f"{number}x{count}{'!' * late}" for number, count, late in trail if count)


def parse(text: str) -> Trail:
    """The schedule of a token.  Raises ValueError for other text."""
    result = []
    for part in text.split("."):
        late = part.endswith("!")
        number, count = part.rstrip("!").split("x")
        if not (number.isdecimal() and count.isdecimal()):
            raise ValueError(part)
        result.append((int(number), int(count), late))
    return result
