"""Calls of ``Timer`` methods interrupted by a signal handler."""

from threadspec.conformance.battery.support.interrupting import (
    blocked,
    interrupt,
    needs_interruptions,
    steps,
)
from threadspec.conformance.battery.support.interruptions import FORMS, started
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import clause


def waiting_timer(threading, actors, called):
    """A timer that has been started, and whose function no case waits for."""
    timer = threading.Timer(LONG, called.append, [True])
    timer.setDaemon(True)  # where cancel() fails, the program ends all the same
    started(actors, timer, timer.cancel)
    return timer


def cancelling(threading, actors, called):
    """A list for a timer, and a function that puts a waiting one there and returns its cancel()."""
    made = []

    def prepare():
        made[:] = [waiting_timer(threading, actors, called)]
        return made[0].cancel

    return made, prepare


@clause("interruptions.timer.calls-back", apart=True)
def test_a_handler_cancels_the_timer_that_is_joined(threading, actors):
    needs_interruptions(threading, actors)
    called = []
    for arguments in FORMS:
        timer = waiting_timer(threading, actors, called)
        met = blocked(
            actors,
            "join",
            lambda: timer.join(*arguments),
            timer.cancel,
            timer.cancel,
            True,
            does="called cancel()",
        )
        met.check_ended_by("cancel()")
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.raises-within", apart=True)
def test_an_exception_at_each_step_of_cancel_leaves_a_timer_to_be_cancelled(threading, actors):
    needs_interruptions(threading, actors)
    called = []
    made, prepare = cancelling(threading, actors, called)
    for _ in steps("cancel() at a step of which a signal handler raised", prepare, interrupt):
        what = "after a signal handler raised at a step of cancel(), another cancel()"
        assert actors.start(made[0].cancel).returned(), "%s does not return" % what
        assert actors.start(made[0].join).returned(), "%s does not end the timer" % what
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.calls-back-within", apart=True)
def test_a_handler_cancels_a_timer_at_each_step_of_cancel(threading, actors):
    needs_interruptions(threading, actors)
    called = []
    made, prepare = cancelling(threading, actors, called)
    for _ in steps(
        "cancel() in a signal handler during cancel()", prepare, lambda: made[0].cancel()
    ):
        assert actors.start(made[0].join).returned(), (
            "cancel() in a signal handler during cancel() does not end the timer"
        )
    assert not called, "the function of a cancelled timer was called"
