"""Helper threads of the battery: the substrate starts them, the harness controls and watches them.

A case never uses the implementation's own ``Thread`` to test something else, so that one fault
fails one clause.  An actor is a low-level thread that performs one action at a time and reports
whether the action has returned, raised or is blocked.
"""

import sys
import time

from threadspec.conformance.harness import blocking, declared, green, jvm, scarcity, spinning
from threadspec.conformance.harness.patience import STALL_PAUSE
from threadspec.conformance.harness.vocabulary import (
    KitError,
    NotOffered,
    Refused,
    show,
    show_call,
    show_error,
)

# The longest time between two looks, in seconds, that counts as watching.
STEP = 0.01

# A thread that has used the processor for this many seconds without ending is spinning.
ENOUGH = 0.002

# A thread that comes early to a round of a race looks this often for the others before it sleeps
# for YIELD seconds between two looks.  Only a sleep makes a greenlet yield to others.  Before
# Python 3.11, a thread that sleeps for zero seconds keeps its processor, and the others from
# arriving.
SPINS = 200
YIELD = 0.000001

# A thread that spins is watched for this share of the duration ``window`` where others have spun.
QUICK = 0.1

TIMED_ACQUIRE = sys.version_info >= (3, 2)


# The identifiers of all actors of this process, also of those that have ended.
_idents = set()


class Actor(object):
    """One helper thread.  Use :meth:`Actors.start` or :meth:`Actors.new` to get one.

    Known after its first action: ``tid``, its number in the kernel; ``ident``, its identifier; and
    ``is_first``, whether no actor before had that.
    """

    def __init__(self, actors, name, begin):
        self._actors = actors
        self._name = name
        self._substrate = actors.substrate
        self._durations = actors.durations
        self._go = self._substrate.allocate_lock()
        self._go.acquire()
        self._done = self._substrate.allocate_lock()
        self._done.acquire()
        self._action = None
        self._entered = False
        self._busy = False
        self._fresh = True
        self._error_was_read = False  # whether the case has asked for what it raised
        self._made = []  # the thread objects that it has made and only it may start
        self._over = None
        self.tid = None
        self.ended = False
        self.ident = None
        self.is_first = None
        self.value = None
        self.error = None
        try:
            begin(self._perform, ())
        except:  # noqa: E722 - the substrate may raise anything
            if begin != self._substrate.start_new_thread:
                raise
            actors.refused = scarcity.sentence("thread", show_error(sys.exc_info()[1]))
            raise Refused(actors.refused)

    # -- the actor's own thread ---------------------------------------------------------------

    def _perform(self):
        self.tid = blocking.own_tid()
        self.ident = self._substrate.get_ident()
        self.is_first = self.ident not in _idents
        _idents.add(self.ident)
        while True:
            self._go.acquire()
            action = self._action
            if action is None:
                break
            action = None
            self._act()
        self.ended = True
        self._over.release()

    def _act(self):
        function, args, kwargs = self._action
        self._entered = True
        try:
            self.value = function(*args, **kwargs)
        except:  # noqa: E722 - whatever an implementation throws is evidence
            self.error = sys.exc_info()[1]
        function = args = kwargs = None
        self._busy = False
        self._done.release()

    # -- the controller's side ----------------------------------------------------------------

    def start(self, function, *args, **kwargs):
        """Let the actor call ``function`` in its thread; return the actor without waiting.

        An earlier action that does not end in time is a violation.  If only the maker of a thread
        may start it, as its adapter says, ``start()`` is called in the actor that has made it, or
        in the thread of the caller.
        """
        assert self._settles(), repr(self)
        if declared.may_be_started_by_maker_alone(self.value):
            self._made.append(self.value)
        thread = declared.thread_to_start(function)
        if not self._fresh:
            self._done.acquire()  # unlocked soon, as the previous action has ended
        self._fresh = False
        self.value = None
        self.error = None
        self._error_was_read = False
        self._entered = False
        self._busy = True
        maker = self._actors.maker(thread) if thread is not None else self
        if maker in (None, self):
            self._action = (function, args, kwargs)
        else:
            self._action = (maker.call, (function,) + args, kwargs)
        if maker is None:
            self._act()
        else:
            self._go.release()
        return self

    def has_made(self, thread):
        """Whether it has returned this thread object, which only its maker may start."""
        return bool([made for made in self._made + [self.value] if made is thread])

    def call(self, function, *args, **kwargs):
        """Call ``function`` in the actor's thread and return its value or raise its exception.

        An action that does not return in time is a violation.
        """
        return self.start(function, *args, **kwargs).result()

    def result(self):
        """Wait for the action to end; return its value or raise its exception.

        Raises AssertionError if the action neither returns nor raises in time.
        """
        assert self._settles(), repr(self)
        if self.error is not None:
            raise self.error
        return self.value

    def returned(self):
        """Wait for the action to end; return whether it did so without raising an exception."""
        return self._settles() and self.error is None

    def raised(self):
        """Wait for the action to end; return the exception it raised, or None."""
        self._settles()
        self._error_was_read = True
        return self.error

    def has_ended(self):
        """Whether the action has returned or raised.  Does not wait."""
        return not self._busy

    def is_blocked(self):
        """Whether the action is blocked.

        Returns True as soon as the system proves it, or, where no proof is possible, when the
        action has not ended within the duration ``window``.  Returns False as soon as the action
        has ended.
        """
        self._actors.ended([self])
        return self._busy

    @property
    def asked(self):
        """The last action, as (function, args, kwargs); None before the first."""
        return self._action

    def surprise(self):
        """Describe an exception that the action raised and the case has not asked for, or None."""
        if self._busy or self._error_was_read or self.error is None:
            return None
        return repr(self)

    def has_entered(self):
        """Whether it has begun to call its function."""
        return self._entered

    def is_left_alone(self):
        """Whether it is a green thread that waits, and only the caller can wake it."""
        return self._busy and self._actors.are_green and green.nobody_can_run(self._substrate)

    def has_used(self, before, seconds):
        """Whether it has used the processor for some seconds.

        ``before``: its processor time when the caller began to watch it, or None where unknown.
        """
        now = blocking.processor_time(self.tid)
        return None not in (before, now) and now - before >= seconds

    def frame(self):
        """The frame of the implementation's function that it has called; None where unknown."""
        return spinning.outermost(self.ident)

    def is_starved(self, used):
        """Whether it is ready to run, but has got hardly any processor time.

        ``used``: its processor time, in seconds, when the caller began to watch it.
        """
        now = blocking.processor_time(self.tid)
        if used is None or now is None or now - used >= ENOUGH:
            return False
        if self.tid == blocking.own_tid():
            return False  # green threads share the watcher's own thread, which has yielded to it
        return blocking.wants_to_run(self.tid)

    def _settles(self):
        """Wait for the action to end; return False if it does not in time, or never can."""
        if not self._busy:
            return True
        wait = self._durations.wait("positive", "thread")
        stall = self._actors.stall()
        step = 0.0
        while self._busy:
            if TIMED_ACQUIRE:
                # Each check for a stall costs time, so a long wait makes fewer of them.
                step = max(0.02, min(wait.seconds / 10, 0.1))
                if self._done.acquire(True, step):
                    self._done.release()
                    continue  # the lock is released only after the action has ended
            else:
                time.sleep(step)
                step = min(step * 1.3 + 0.00002, wait.longest_pause)
            if wait.is_over(step) or (step >= STALL_PAUSE and stall.is_certain()):
                break
            if self._actors.has_failed():
                wait.hasten(self._durations["setback"])
        wait.end(not self._busy)
        return not self._busy

    def stop(self):
        """End the thread of an idle actor.  Has no effect on a busy one, or a second time."""
        if not self._busy and self._over is None:
            self._over = self._substrate.allocate_lock()
            self._over.acquire()
            self._action = None
            self._go.release()

    def await_end(self, seconds):
        """Wait for the end of a stopped thread, at most ``seconds``."""
        if TIMED_ACQUIRE and self._over is not None and self._over.acquire(True, seconds):
            self._over.release()

    def __str__(self):
        return self._name

    def __repr__(self):
        if self._action is None:
            return self._name
        call = show_call(*self._action)
        if self._busy:
            state = "has not returned"
        elif self.error is not None:
            state = "raised " + show_error(self.error)
        else:
            state = "returned " + show(self.value)
        return "%s: %s %s" % (self._name, call, state)


class Actors(object):
    """The actors of one case.

    ``substrate``: a module with ``start_new_thread``, ``allocate_lock`` and ``get_ident``;
    ``durations``: the named durations; ``note``: called with a line of evidence;
    ``kit_threads``: kernel thread ids of the kit's own threads, which take part in no case.
    """

    def __init__(self, substrate, durations, note, kit_threads=()):
        self.substrate = substrate
        self.durations = durations
        self.note = note
        self.kit_threads = tuple(kit_threads)
        self.refused = None  # why the system let no more helper threads be started
        self.lack = None  # what the platform lacks, as a sentence, if a helper thread was needed
        self._may_be_green = green.may_be_green(substrate)
        self._all = []

    def new(self, begin=None, name=None):
        """Start an actor that waits for its first action.

        ``begin``: a function that starts its thread, with the signature of ``start_new_thread``,
        by default the substrate's own; ``name``: the name of the actor in evidence.  Raises
        NotOffered where the platform has no threads.
        """
        try:
            declared.need("threads")
        except NotOffered:
            self.lack = str(sys.exc_info()[1])
            raise
        name = name or "actor %d" % (len(self._all) + 1)
        actor = Actor(self, name, begin or self.substrate.start_new_thread)
        self._all.append(actor)
        return actor

    def maker(self, thread):
        """The actor that has made a thread object, or None."""
        makers = [actor for actor in self._all if actor.has_made(thread)]
        return makers[0] if makers else None

    def forget(self, actor):
        """Remove an actor whose thread did not start."""
        self._all.remove(actor)

    def start(self, function, *args, **kwargs):
        """Start a new actor that immediately calls ``function`` in its own thread."""
        return self.new().start(function, *args, **kwargs)

    def call(self, function, *args, **kwargs):
        """Call ``function`` in a new actor's thread; return its value or raise its exception."""
        return self.new().call(function, *args, **kwargs)

    def start_many(self, count, function, *args, **kwargs):
        """Start ``count`` new actors that all call ``function``, in quick succession."""
        helpers = [self.new() for _ in range(count)]
        for actor in helpers:
            actor.start(function, *args, **kwargs)
        return helpers

    def ended(self, helpers, at_least=0):
        """Wait until each of ``helpers`` has ended or is blocked; return those that have ended.

        First waits for ``at_least`` of them to end, within the duration ``positive``, and then
        until each of the others is blocked in the sense of :meth:`Actor.is_blocked`.  Fewer than
        ``at_least`` are returned if no more end in time.
        """
        self.until(lambda: len([one for one in helpers if one.has_ended()]) >= at_least, helpers)
        while True:
            busy = [actor for actor in helpers if not actor.has_ended()]
            if busy:
                began = blocking.clock()
                self._watch(busy)
                self.durations.spend("window", blocking.clock() - began)
            if busy == [actor for actor in helpers if not actor.has_ended()]:
                return [actor for actor in helpers if actor not in busy]

    def _watch(self, busy):
        """Watch actors until all are blocked, in the sense of :meth:`Actor.is_blocked`.

        Returns as soon as one of them has ended.
        """
        # A count, not their names: which ones are blocked may differ between runs.
        whom = "%d actor%s" % (len(busy), "s"[: len(busy) > 1])
        window = self.durations["window"]
        patience = blocking.clock() + self.durations["positive"]
        look_at = window * QUICK / 2
        frames = {}
        last = None
        watched = pause = 0.0
        longest = 0.00005
        while not [actor for actor in busy if actor.has_ended()]:
            if self._proved(busy, window):
                self.note("%s: blocked, seen waiting to be woken" % whom)
                return
            now = blocking.clock()
            if last is not None:
                watched += min(now - last, STEP)
                last = now
            elif not [actor for actor in busy if not actor.has_entered()]:
                last = now
                used = [(actor, blocking.processor_time(actor.tid)) for actor in busy]
                if not blocking.can_prove([actor.tid for actor in busy]):
                    longest = STEP / 4  # no proof is possible, so only time counts
            if watched >= look_at:
                look_at = watched + window * QUICK
                if self._counts_as_blocked(used, watched, frames):
                    self.note("%s: blocked, watched for the window" % whom)
                    return
            if last is None and now >= patience:
                raise KitError("an actor did not start in time")
            time.sleep(pause)
            # Most proofs are found at the first looks, and each look costs time.
            pause = min(pause * 1.5 + 0.00005, max(longest, watched / 10))

    def _counts_as_blocked(self, used, watched, frames):
        """Whether actors count as blocked after being watched for ``watched`` seconds.

        ``used``: pairs of an actor and its processor time when it began to be watched; ``frames``:
        the frame of each when this was asked last, which is updated.  An actor has to be watched
        for the duration ``window``, or until it has spun for a part of that where others have spun
        for the whole of it.
        """
        window = self.durations["window"]
        spinning_at = []
        for actor, before in used:
            frame = actor.frame()
            # One that calls many functions has another frame by now.
            if frame is not None and frame is frames.get(actor):
                if actor.has_used(before, window * QUICK / 2):
                    spinning_at.append(frame.f_code)
            frames[actor] = frame
        known = self.durations.experience.spinning
        if watched < window:
            return len(spinning_at) == len(used) and known.issuperset(spinning_at)
        if watched < 4 * window and [one for one, before in used if one.is_starved(before)]:
            return False
        known.update(spinning_at)
        return True

    def _are_where_others_have_spun(self, busy):
        """Whether each of these actors is in a function in which others have spun for long."""
        known = self.durations.experience.spinning
        frames = known and [actor.frame() for actor in busy]
        return bool(frames) and known.issuperset([one and one.f_code for one in frames])

    @property
    def are_green(self):
        """Whether the actors are, as far as is known, green threads in the caller's own thread."""
        if not self._may_be_green:
            return False
        own = blocking.own_tid()
        return not [actor for actor in self._all if actor.tid not in (None, own)]

    def _proved(self, busy, least):
        """Whether all these actors are certainly blocked for at least ``least`` more seconds."""
        if self.are_green:
            return green.nobody_can_run(self.substrate, least)
        return blocking.proved([actor.tid for actor in busy], least)

    def stall(self):
        """Return a deadlock detector for this process that ignores the calling thread."""
        if self.are_green:
            return green.Stall(
                self.substrate,
                self.durations["stall"],
                blocking.clock,
                self.durations["positive"],
            )
        if jvm.is_here():
            return jvm.Stall(self.durations["stall"], blocking.clock)
        return blocking.Stall(
            self.durations["stall"],
            leave_out=self.kit_threads + (blocking.own_tid(),),
            beyond=self.durations["positive"],
        )

    def until(self, condition, helpers=()):
        """Wait until ``condition()`` is true; return False if it is not in time, or never can be.

        ``helpers``: the actors that the condition depends on.  Once one of them has raised an
        exception, the others most likely wait for it in vain, and the wait lasts only for the
        duration ``setback``.  The same applies when any actor has failed, on an implementation
        where other waits were in vain (see :meth:`has_failed`).
        """
        if condition():
            return True
        wait = self.durations.wait("positive", "thread")
        stall = self.stall()
        pause = 0.0
        while not condition():
            if wait.is_over(pause) or (pause >= STALL_PAUSE and stall.is_certain()):
                break
            raised = [actor for actor in helpers if actor.has_ended() and actor.error is not None]
            if raised or self.has_failed():
                wait.hasten(self.durations["setback"])
            time.sleep(pause)
            pause = min(pause + 0.0001, wait.longest_pause)
        has_come = condition()
        wait.end(has_come)
        return has_come

    def race(self, functions, rounds):
        """Call all ``functions`` simultaneously, each in its own thread, ``rounds`` times.

        Each function is called with the number of the round.  Returns one list for each round,
        with the functions' return values.  An exception of a function is raised here; a call that
        does not return is a violation.
        """
        results = [[None] * len(functions) for _ in range(rounds)]
        arrived = [0] * len(functions)
        given_up = []

        def run(index):
            for number in range(rounds):
                arrived[index] = number + 1
                spins = 0
                while min(arrived) <= number:
                    if given_up:
                        return
                    spins += 1
                    if not spins % 16:
                        time.sleep(0 if spins < SPINS else YIELD)
                results[number][index] = functions[index](number)

        wait = self.durations.wait("positive", "thread")
        helpers = [self.start(run, index) for index in range(len(functions))]
        try:
            reached = 0
            while not all([actor.has_ended() for actor in helpers]):
                failed = [
                    actor for actor in helpers if actor.has_ended() and actor.error is not None
                ]
                assert not failed, repr(failed[0])
                if min(arrived) > reached:
                    reached = min(arrived)
                    wait.end(True)
                    wait = self.durations.wait("positive", "thread")
                assert not wait.is_over(0.0005), (
                    "in round %d of the race, a call did not return" % reached
                )
                time.sleep(0.0005)
        finally:
            given_up.append(True)
            wait.end(all([actor.has_ended() for actor in helpers]))
        for actor in helpers:
            actor.result()
        return results

    def has_failed(self):
        """Whether an actor has raised an exception that the case has not asked for.

        Always False unless several waits on this implementation were in vain.
        """
        if not self.durations.experience.lets_wait():
            return False
        return bool([one for one in self._all if one.surprise()])

    def surprises(self):
        """Descriptions of the exceptions of actors that the case has not asked for."""
        return [text for text in [actor.surprise() for actor in self._all] if text]

    def end_all(self):
        """End the threads of all actors; return how many stay busy.

        Waits for a busy actor whose action is about to end.
        """
        began = blocking.clock()
        left = list(self._all)
        rounds = 0
        while left:
            for actor in left:
                actor.stop()
            for actor in left:
                actor.await_end(0.02)
            left = [actor for actor in left if not actor.ended]
            busy = [actor for actor in left if not actor.has_ended()]
            waited = blocking.clock() - began
            if waited >= self.durations["cleanup"]:
                break
            if len(busy) == len(left) and left:
                share = QUICK if self._are_where_others_have_spun(busy) else 1.0
                if waited >= share * self.durations["window"]:
                    break
                if self._proved(busy, self.durations["cleanup"]):
                    # An actor that ended its action meanwhile is blocked, too: it waits for more.
                    if not [actor for actor in busy if actor.has_ended()]:
                        break
            if left:
                rounds += 1
                time.sleep(rounds > 10 and 0.0001 or 0.0)
        return len(left)
