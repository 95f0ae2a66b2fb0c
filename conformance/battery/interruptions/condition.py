"""Calls of ``Condition`` methods interrupted by a signal handler or a finalizer."""

import sys
from functools import partial

from threadspec.conformance.battery.support.calls import acquire_and_release
from threadspec.conformance.battery.support.condition import kinds, wake
from threadspec.conformance.battery.support.interrupting import (
    blocked,
    check_timeout,
    finalizers,
    interrupt,
    needs_blocking,
    needs_interruptions,
    nothing,
    steps,
)
from threadspec.conformance.battery.support.interruptions import BRIEF, FORMS, usable
from threadspec.conformance.harness.vocabulary import Violation, clause, show_error


def wait_once(condition):
    """Acquire, wait and release."""
    condition.acquire()
    condition.wait()
    condition.release()


def try_to_wake(condition):
    """Call notifyAll() in a handler; a late one may find a plain lock held by its own thread."""
    if condition.acquire(False):
        condition.notifyAll()
        condition.release()


def await_release(waker, condition):
    """Wait until wait() has released the lock: a slow implementation may not have done so yet."""
    waker.start(acquire_and_release, condition).returned()


def waits(threading):
    """Conditions over each kind of lock, with a wait() on each, with and without a time-out."""
    for arguments in FORMS:
        for condition in kinds(threading):
            yield condition, partial(condition.wait, *arguments)


def start_waiting(waiter, condition):
    """Let an actor wait for a condition; return when it is blocked."""
    waiter.start(wait_once, condition).is_blocked()


@clause("interruptions.condition.raises", apart=True)
def test_an_exception_ends_a_wait_and_no_notify_is_lost(threading, actors):
    needs_interruptions(threading, actors)
    others = [actors.new(), actors.new()]
    waker = actors.new()
    for condition, wait in waits(threading):
        start_waiting(others[0], condition)
        condition.acquire()
        met = blocked(
            actors,
            "wait",
            wait,
            interrupt,
            lambda: waker.call(wake, condition, "notifyAll"),
            True,
            lambda: start_waiting(others[1], condition),
        )
        try:
            condition.release()
        except RuntimeError:
            pass  # whether it still holds the lock is another clause's business
        if met.in_time:
            assert met.raised, "wait() returned although a signal handler raised in it"
            for _ in others:
                waker.call(wake, condition, "notify")
                # Let the waiters get as far as they can before the next notify().
                actors.ended(others)
        for other in others:
            assert other.returned(), (
                "a signal handler's exception ended one of three wait() calls; "
                "then two notify() calls did not wake the other two"
            )


@clause("interruptions.condition.holds-lock", apart=True)
def test_an_exception_ends_a_wait_and_the_lock_is_held_again(threading, actors):
    needs_interruptions(threading, actors)
    waker = actors.new()
    for condition, wait in waits(threading):
        condition.acquire()
        met = blocked(
            actors, "wait", wait, interrupt, lambda: waker.call(wake, condition, "notifyAll"), True
        )
        if not met.in_time:
            continue
        got = actors.call(condition.acquire, False)
        assert not got, "when a signal handler's exception ended wait(), the lock was free"
        condition.release()
        usable(actors, condition, "after a signal handler's exception ended wait(), and release()")


@clause("interruptions.condition.returns", apart=True)
def test_a_wait_goes_on_after_a_handler(threading, actors):
    needs_interruptions(threading, actors)
    waker = actors.new()
    for condition, wait in waits(threading):
        condition.acquire()
        met = blocked(
            actors, "wait", wait, nothing, lambda: waker.call(wake, condition, "notify"), False
        )
        assert not met.early, "wait() returned when a signal handler had, before any notify()"
        got = actors.call(condition.acquire, False)
        assert not got, "wait() returned without the lock"
        condition.release()


@clause("interruptions.condition.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_wait(threading, actors):
    needs_interruptions(threading, actors)
    condition = threading.Condition()
    condition.acquire()
    check_timeout(actors, "wait", condition.wait)


@clause("interruptions.condition.calls-back", apart=True)
def test_a_handler_notifies_the_wait_that_it_interrupts(threading, actors):
    needs_interruptions(threading, actors)
    other, waker = actors.new(), actors.new()
    for condition, wait in waits(threading):
        start_waiting(other, condition)
        condition.acquire()
        met = blocked(
            actors,
            "wait",
            wait,
            lambda: try_to_wake(condition),
            lambda: waker.call(wake, condition, "notifyAll"),
            True,
            lambda: await_release(waker, condition),
            "called notifyAll()",
        )
        condition.release()
        met.check_ended_by("notifyAll()")
        assert other.returned(), "notifyAll() in a signal handler does not wake another thread"


@clause("interruptions.condition.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_condition_usable(threading, actors):
    needs_interruptions(threading, actors)
    made = []
    waiter = actors.new()

    def notifying(method):
        condition = threading.Condition()
        made[:] = [condition]
        start_waiting(waiter, condition)
        condition.acquire()
        return getattr(condition, method)

    for method in ("notify", "notifyAll"):
        for _ in steps(
            "%s() at a step of which a signal handler raised" % method,
            lambda: notifying(method),
            interrupt,
        ):
            what = "after a signal handler raised at a step of %s()" % method
            try:
                made[0].notifyAll()
                made[0].release()
            except Exception:
                raise Violation(
                    "%s, notifyAll() or release() raised %s" % (what, show_error(sys.exc_info()[1]))
                )
            assert waiter.returned(), "%s, notifyAll() does not wake a thread that waits" % what


@clause("interruptions.condition.raises-within-wait", apart=True)
def test_an_exception_at_each_step_of_a_wait_leaves_no_trace(threading, actors):
    needs_interruptions(threading, actors)
    made = []
    waiter, asker, waker = actors.new(), actors.new(), actors.new()

    def waiting(timeout):
        made[:] = [threading.Condition()]
        made[0].acquire()
        return lambda: made[0].wait(timeout)

    for timeout in (0.0, BRIEF):
        for _ in steps(
            "wait(%s) at a step of which a signal handler raised" % timeout,
            lambda: waiting(timeout),
            interrupt,
        ):
            what = "after a signal handler raised at a step of wait(%s)" % timeout
            condition = made[0]
            got = asker.call(condition.acquire, False)
            assert not got, "%s, another thread acquired the lock" % what
            condition.release()
            start_waiting(waiter, condition)
            assert waker.start(wake, condition, "notify").returned(), (
                "%s, another thread cannot acquire the lock" % what
            )
            assert waiter.returned(), "%s, notify() does not wake a thread that waits" % what


def within_condition(threading):
    """A condition, a function that returns a short use of it, and what is done meanwhile."""
    condition = threading.Condition()

    def use():
        condition.acquire()
        condition.notify()
        condition.wait(0.0)
        condition.notifyAll()
        condition.release()

    def act():
        if condition.acquire(False):
            condition.notify()
            condition.notifyAll()
            condition.release()

    return condition, lambda: use, act


@clause("interruptions.condition.calls-back-within", apart=True)
def test_a_handler_uses_a_condition_at_each_step(threading, actors):
    needs_interruptions(threading, actors)
    condition, use, act = within_condition(threading)
    for _ in steps(
        "acquire(False), notify() or release() in a signal handler during one of them", use, act
    ):
        pass
    usable(actors, condition, "after signal handlers used it")


@clause("interruptions.condition.finalizer", apart=True)
def test_a_finalizer_uses_a_condition_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    condition, use, act = within_condition(threading)
    text = "acquire(False), notify() or release() in a finalizer during one of them"
    finalizers(actors, text, use, act)
    usable(actors, condition, "after finalizers used it")
