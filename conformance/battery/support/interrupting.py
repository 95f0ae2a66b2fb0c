"""Interrupt a call: by a signal whose handler returns, raises or calls back, or by a finalizer.

:func:`blocked` interrupts a call of the main thread that is blocked.  :func:`steps` and
:func:`finalizers` make a short call again and again and interrupt it one step later each time.

A handler cannot run anywhere in a call: CPython 3.11 and newer run it only at the beginning of a
Python function, after a function written in C has returned, and at the end of each pass through a
loop.  The first two are the events of a profile function.  So a profile function sends the signal,
and no implementation is interrupted where its interpreter would not do it.  Code that is written in
C has no such steps.

The cases that use this module are run apart (see ``harness/vocabulary.py``), in a main thread.
"""

import gc
import os
import sys
import time
import weakref

from threadspec.conformance.battery.support.stepping import is_of_the_kit
from threadspec.conformance.harness import blocking, declared
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import NotOffered, show_error

# Seconds after which no further step is tried, however slow the implementation is.
BUDGET = 1.0

# Seconds after which a case reports again that it is still running.
AGAIN = 0.2

# Seconds between the proof that a call is blocked and the signal.
DELAY = 0.0001

# For :func:`check_timeout`: the shortest time-out and the interval between two signals, in seconds;
# how many signals must come in the first half of the time-out.
SHORT = 0.015
INTERVAL = 0.001
ENOUGH = 3


class Interruption(KeyboardInterrupt):
    """What a handler raises, like the one of Ctrl-C."""


def interrupt():
    """Raise an Interruption."""
    raise Interruption()


def nothing():
    """Return."""


# What was reported last about the call that is interrupted, and when.
_said = ["", 0.0]


def doing(text):
    """Report which call is going to be interrupted, as evidence in case it never returns."""
    _said[:] = [text, blocking.clock()]
    say(text)


def go_on():
    """Report again what is being done, lest a slow implementation be taken for a hung one."""
    if blocking.clock() > _said[1] + AGAIN:
        doing(_said[0])


def _signals():
    """The signal module.  Raises NotOffered if it lacks what is needed here."""
    declared.need("signals")
    try:
        import signal
    except ImportError:
        raise NotOffered("this interpreter has no signals")
    for name in ("setitimer", "ITIMER_REAL", "SIGALRM", "SIGUSR1"):
        if not hasattr(signal, name):
            raise NotOffered("the signal module has no %s here" % name)
    if not hasattr(os, "kill"):
        raise NotOffered("the os module has no kill here")
    return signal


def _handle(signal, number, handler):
    """Install a signal handler.  Raises NotOffered in a thread that may not do so."""
    try:
        signal.signal(number, handler)
    except ValueError:
        raise NotOffered("signal handlers cannot be set here: %s" % show_error(sys.exc_info()[1]))


_blocks = {}


def needs_blocking(threading, actors):
    """Raise NotOffered if the implementation's threads do not wait for each other.

    A stand-in for platforms without threads has no call that could be interrupted.
    """
    if threading not in _blocks:
        lock = threading.Lock()
        lock.acquire()
        waiter = actors.start(lock.acquire)
        _blocks[threading] = waiter.is_blocked()
        lock.release()
    if not _blocks[threading]:
        raise NotOffered("an acquire() of a lock that is held does not block here")


def needs_interruptions(threading, actors):
    """Raise NotOffered if there are no signals, or :func:`needs_blocking` does.

    A case that found out later, with a thread that is blocked, would cost a program.
    """
    _signals()
    needs_blocking(threading, actors)


# -- calls that are blocked -----------------------------------------------------------------------


class Blocked(object):
    """A call of the main thread that a signal interrupted while it was blocked.

    ``in_time``: the handler ran while the call was blocked; otherwise the interpreter does not
    interrupt such a call, and there is nothing to judge; ``raised``: the call ended with the
    handler's Interruption; ``early``: it returned before it was released; ``value``: what it
    returned.
    """

    def __init__(self):
        self.in_time = self.raised = self.early = False
        self.value = None
        self._sent = self._handled = self._acted = self._released = self._over = False
        self._tid = blocking.own_tid()

    def run(self, actors, call, act, release, ends, beside):
        """Make the call; see :func:`blocked`."""
        signal = _signals()
        get_ident = actors.substrate.get_ident

        def handler(number, frame):
            if get_ident() == attendant.ident:
                # Green threads: whichever runs is interrupted.  Try again while this one sleeps.
                signal.setitimer(signal.ITIMER_REAL, DELAY)
            elif not self._handled:
                self._handled = True
                self.in_time = not self._released
                act()
                self._acted = True

        def attend():
            self._await_block(actors)
            if self._over:
                return
            beside()
            self._sent = True
            before = signal.setitimer(signal.ITIMER_REAL, DELAY)
            patience = blocking.clock() + actors.durations["window"]
            while not (self._handled or self._over) and blocking.clock() < patience:
                time.sleep(0.00005)
            signal.setitimer(signal.ITIMER_REAL, *before)
            if self._handled:
                actors.until(lambda: self._acted or self._over)
            if ends and self._handled:
                actors.until(lambda: self._over)
            else:
                self._await_block(actors)
            self._released = True
            if not self._over:
                release()

        attendant = actors.new()
        _handle(signal, signal.SIGALRM, handler)
        try:
            try:
                attendant.start(attend)
                self.value = call()
                self.early = not self._released
                self._over = True
                attendant.result()
            except Interruption:
                self.raised = True
            except Exception:
                if self._sent:
                    raise
        finally:
            self._over = True
        try:
            attendant.result()
        except Interruption:  # the interpreter could not run the handler any sooner
            self.raised = True
            attendant.result()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if not self._sent:
            raise NotOffered("the call is not blocked: there is nothing to interrupt")
        return self

    def check_ended_by(self, action):
        """Check that the handler ended the call by ``action``, if it ran in time."""
        assert self.early or not self.in_time, (
            "%s in a signal handler does not end the call that it interrupts" % action
        )

    def _await_block(self, actors):
        """Wait until the main thread is seen to be blocked, or for the duration ``window``."""
        patience = blocking.clock() + actors.durations["window"]
        if blocking.own_tid() == self._tid:
            patience = blocking.clock() + 0.002  # green threads: there is no proof
        while not self._over and blocking.clock() < patience:
            if blocking.proved([self._tid], 0.05):
                break
            time.sleep(0.00005)


def blocked(actors, name, call, act, release, ends, beside=nothing, does="called back"):
    """Interrupt ``call`` in the main thread while it is blocked; returns a Blocked.

    ``name``: the method that it calls; ``act``: what the signal handler does, and ``does`` in
    words, as evidence in case the call never returns; ``release``: called in an actor to end the
    call by ordinary means, once the handler has run and the call is blocked again, or was not
    interrupted; not called if the call has already ended; ``ends``: whether ``act`` must end the
    call, which is then given time for it; ``beside``: called in that actor before the signal, while
    the call is blocked.  Exceptions of ``call`` other than an Interruption are raised here.  Raises
    NotOffered if the call is not blocked: other clauses require that it is.
    """
    does = act is interrupt and "raised" or act is nothing and "returned" or does
    doing("a blocked %s() in which a signal handler %s" % (name, does))
    return Blocked().run(actors, call, act, release, ends, beside)


def check_timeout(actors, name, call):
    """Check that signals whose handler returns do not change the time-out of a wait.

    ``call``: a method called ``name`` whose argument is its time-out, and which nothing else ends.
    """
    # On a busy machine too few signals may come during a short wait: then a longer one is tried.
    for seconds in (SHORT, 4 * SHORT, 16 * SHORT):
        doing("%s(%s), while signals came" % (name, seconds))
        took, signals = _signals_during(actors, call, seconds)
        assert took is not None, (
            "%s(%s) did not return while a signal came every few milliseconds: "
            "its time-out begins again after each" % (name, seconds)
        )
        # Clocks may be coarse.
        assert took >= 0.9 * seconds - 0.005, "%s(%s) returned after %.4f s, ended by a signal" % (
            name,
            seconds,
            took,
        )
        if signals >= ENOUGH and took < 1.5 * seconds:
            break


def _signals_during(actors, call, seconds):
    """Call ``call(seconds)`` while signals come.

    Returns the seconds that it took, or None if it had to be ended by an exception, long after its
    time-out; and the number of signals in the first half of the time-out.
    """
    signal = _signals()
    began = blocking.clock()
    late = began + seconds + actors.durations["positive"]
    soon = []

    def handler(number, frame):
        now = blocking.clock()
        if now > late:
            raise Interruption()
        if now < began + seconds / 2:
            soon.append(now)

    _handle(signal, signal.SIGALRM, handler)
    before = signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    try:
        try:
            began = blocking.clock()
            call(seconds)
            return blocking.clock() - began, len(soon)
        except Interruption:
            return None, len(soon)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


# -- short calls, step by step --------------------------------------------------------------------


class Step(object):
    """One call that is interrupted at one of its steps.

    ``met``: it had that many steps; ``raised``: it ended with an Interruption; ``value``: what it
    returned.
    """

    def __init__(self, number, trigger):
        self._left = number
        self._trigger = trigger
        self.met = self.raised = False
        self.value = None

    def run(self, call, has_come):
        """Make the call.  ``has_come``: tells whether the interruption that was sent has come."""
        before = sys.getprofile()
        sys.setprofile(self._event)
        try:
            try:
                self.value = call()
            finally:
                sys.setprofile(before)
            while self.met and not has_come():
                time.sleep(0)
        except Interruption:
            self.raised = True
            sys.setprofile(before)

    def _event(self, frame, event, arg):
        if event in ("call", "c_return") and not is_of_the_kit(frame):
            self._left -= 1
            if self._left == 0:
                self.met = True
                sys.setprofile(None)
                self._trigger()


def _each(make, trigger, has_come):
    """Yield a Step for the first step of a call, for the second, and so on, to the last.

    The call is made once without an interruption first: the first call in a process may import what
    it needs, in a thousand steps that are not its own.
    """
    until = blocking.clock() + BUDGET
    number = 0
    on = True
    while on and blocking.clock() < until:
        go_on()
        step = Step(number, trigger)
        step.run(make(), has_come)
        yield step
        on = step.met or number == 0
        number += 1


def steps(text, make, act):
    """Interrupt a short call by a signal at its first step, at its second, and so on.

    ``text``: names the call; ``make`` is called for each step and returns it; ``act``: what the
    handler does.  Yields a Step for each; the first and the last one were not interrupted.
    """
    if not hasattr(sys, "setprofile"):
        raise NotOffered("this interpreter has no sys.setprofile")
    signal = _signals()
    doing(text)
    came = []

    def handler(number, frame):
        came.append(True)
        act()

    def send():
        del came[:]
        os.kill(os.getpid(), signal.SIGUSR1)

    _handle(signal, signal.SIGUSR1, handler)
    for step in _each(make, send, lambda: came):
        yield step
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)


class _Garbage(object):
    """Calls a function when it is finalized."""

    def __init__(self, function):
        self._function = function

    def __del__(self):
        self._function()


class _Referent(object):
    """Can be referred to weakly."""


def _finalize(act):
    """Call ``act`` from ``__del__``, from a weak reference's callback and from one of the gc."""
    _Garbage(act)
    referent = _Referent()
    reference = weakref.ref(referent, lambda dead: act())
    del referent
    callbacks = getattr(gc, "callbacks", None)
    if callbacks is None:
        del reference
        return
    collecting = lambda phase, info: act()  # noqa: E731
    callbacks.append(collecting)
    try:
        gc.collect(0)
    finally:
        callbacks.remove(collecting)


def finalizers(actors, text, make, act):
    """Let finalizers call ``act`` at the first step of a call, at its second, and so on.

    All this happens in an actor.  ``text``: names the call; ``make`` is called for each step and
    returns it.  A violation if the call never returns, or if ``act`` raises.
    """
    if not hasattr(sys, "setprofile"):
        raise NotOffered("this interpreter has no sys.setprofile")
    doing(text)
    errors = []

    def careful():
        try:
            act()
        except:  # noqa: E722 - an exception in a finalizer would go unseen
            errors.append(sys.exc_info()[1])

    def every_step():
        for _ in _each(make, lambda: _finalize(careful), lambda: True):
            if errors:
                break

    actor = actors.start(every_step)
    returned = actor.returned()
    assert returned or actor.error is not None, "%s does not return" % text
    actor.result()
    assert not errors, "%s: a finalizer's call raised %s" % (text, show_error(errors[0]))
