"""Calls of ``Timer`` methods interrupted by an exception from a signal handler."""

from threadspec.conformance.battery.support.interrupting import (
    blocked,
    doing,
    interrupt,
    needs_blocking,
    steps,
)
from threadspec.conformance.battery.support.interruptions import started
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import clause


def waiting_timer(threading, actors, called):
    """A timer that has been started and will not call its function for long."""
    timer = threading.Timer(LONG, called.append, [True])
    timer.setDaemon(True)  # where cancel() fails, the program ends all the same
    started(actors, timer, timer.cancel)
    return timer


@clause("interruptions.timer.calls-back", apart=True)
def test_a_handler_cancels_the_timer_that_is_joined(threading, actors):
    needs_blocking(threading, actors)
    called = []
    for arguments in ((), (LONG,)):
        timer = waiting_timer(threading, actors, called)
        doing("a join() of a timer during which a signal handler called cancel()")
        met = blocked(actors, lambda: timer.join(*arguments), timer.cancel, timer.cancel, True)
        assert met.early or not met.in_time, (
            "cancel() in a signal handler does not end the join() of the timer that it interrupts"
        )
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.raises-within", apart=True)
def test_an_exception_at_each_step_of_cancel_leaves_a_timer_to_be_cancelled(threading, actors):
    needs_blocking(threading, actors)
    made, called = [], []

    def cancelling():
        made[:] = [waiting_timer(threading, actors, called)]
        return made[0].cancel

    doing("cancel() at a step of which a signal handler raised")
    for _ in steps(cancelling, interrupt):
        what = "after a signal handler raised at a step of cancel(), another cancel()"
        returned = actors.start(made[0].cancel).returned()
        assert returned, "%s does not return" % what
        returned = actors.start(made[0].join).returned()
        assert returned, "%s does not end the timer" % what
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.calls-back-within", apart=True)
def test_a_handler_cancels_a_timer_at_each_step_of_cancel(threading, actors):
    needs_blocking(threading, actors)
    made, called = [], []

    def cancelling():
        made[:] = [waiting_timer(threading, actors, called)]
        return made[0].cancel

    doing("cancel() in a signal handler during cancel()")
    for _ in steps(cancelling, lambda: made[0].cancel()):
        returned = actors.start(made[0].join).returned()
        assert returned, "cancel() in a signal handler during cancel() does not end the timer"
    assert not called, "the function of a cancelled timer was called"
