"""Hold up threads that were woken, and check that no other thread waits for them.

A debugger, a slow trace function or a finalizer may hold up a thread at any moment after it has
been woken and before its call returns.  Other threads that were to be woken must not wait for it,
unless it is inside a lock that they need.
"""

import sys

from threadspec.conformance.battery.support.calls import repeat
from threadspec.conformance.battery.support.stepping import BUDGET, can_stop, is_of_the_kit
from threadspec.conformance.harness import blocking

CROWD = 7  # waiting threads
HELD = 4  # threads to hold up, the first of these to go on

# For how many steps of an implementation's code a woken thread may hold an inner lock.
STEPS = 40


class Delay(object):
    """Holds up the first HELD threads that go on with a call after they were woken.

    Each stops at step ``step`` of the implementation's Python code, counted from ``arm``, and goes
    on at ``end``.
    """

    def __init__(self, substrate, step):
        self._step = step
        self._armed = False
        self._permits = [None] * HELD
        self._end = substrate.allocate_lock()
        self._end.acquire()

    def arm(self):
        """Stop threads from now on, HELD at most."""
        self._armed = True

    def end(self):
        """Let all threads go on."""
        self._armed = False
        self._end.release()

    def call(self, function):
        """Call ``function`` so that it can be held up."""
        left = [self._step]

        def enter(frame, event, arg):
            return None if is_of_the_kit(frame) else trace

        def trace(frame, event, arg):
            if self._armed and left[0] and not is_of_the_kit(frame):
                left[0] -= 1
                if not left[0]:
                    self._hold()
            return trace

        before = sys.gettrace()
        sys.settrace(enter)
        try:
            function()
        finally:
            sys.settrace(before)

    def _hold(self):
        try:
            self._permits.pop()
        except IndexError:
            return
        self._end.acquire()
        self._end.release()


def left_behind(actors, make):
    """How many of CROWD waiting threads stay blocked while HELD of the woken ones are held up.

    ``make`` returns three functions without arguments, anew for each attempt: the first waits, the
    second wakes all threads that wait, the third returns whether no thread holds a lock that the
    others need (it may also block where one does).  Returns 0 where threads cannot be held up.
    """
    if not can_stop(actors.substrate):
        return 0
    helpers = [actors.new() for _ in range(CROWD)]
    waker, prober = actors.new(), actors.new()
    until = blocking.clock() + BUDGET
    for step in range(1, STEPS):
        if blocking.clock() >= until:
            break
        wait, wake, is_free = make()
        delay = Delay(actors.substrate, step)
        try:
            for actor in helpers:
                actor.start(delay.call, wait)
            if actors.ended(helpers):
                return 0  # they do not wait, the subject of another clause
            delay.arm()
            waker.start(wake)
            if waker.is_blocked():
                continue  # a thread that is held up holds a lock, or the machine is slow
            waker.result()
            left = CROWD - HELD - len(actors.ended(helpers, at_least=CROWD - HELD))
            if left <= 0:
                return 0
            prober.start(is_free)
            if not prober.is_blocked() and prober.result():
                return left
        finally:
            delay.end()
            actors.ended(helpers + [waker], at_least=CROWD + 1)
            prober.returned()
    return 0


def check_wakes(actors, what, make):
    """Check that of CROWD waiting threads that ``what`` wakes, only HELD that are held up block."""
    left = left_behind(actors, make)
    assert not left, "%s, and %d of the woken threads are held up; %d of %d others stay blocked" % (
        what,
        HELD,
        left,
        CROWD - HELD,
    )


def check_releases(actors, kind):
    """Check that as many releases as waiting threads wake them all."""

    def make():
        semaphore = kind(CROWD)
        actors.call(repeat, CROWD, semaphore.acquire)

        def wake():
            repeat(CROWD, semaphore.release)

        def is_free():
            if semaphore.acquire(False):
                semaphore.release()
            return True

        return semaphore.acquire, wake, is_free

    what = "release() was called %d times while %d threads waited" % (CROWD, CROWD)
    check_wakes(actors, what, make)
