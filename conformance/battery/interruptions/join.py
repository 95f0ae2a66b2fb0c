"""``Thread.join()`` interrupted by a signal handler."""

from threadspec.conformance.battery.support.interrupting import (
    blocked,
    check_timeout,
    interrupt,
    needs_interruptions,
    nothing,
    steps,
)
from threadspec.conformance.battery.support.interruptions import (
    FORMS,
    check_alive,
    lists,
    started,
)
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.timeouts import LONG
from threadspec.conformance.harness.vocabulary import clause


def running(threading, actors):
    """A thread that has been started, and the latch that it waits at.

    Raises NotOffered where no thread runs beside the one that starts it.
    """
    latch = Latch(actors.substrate)
    thread = threading.Thread(target=latch.wait)
    started(actors, thread, latch.open)
    return thread, latch


@clause("interruptions.join.raises", apart=True)
def test_an_exception_ends_a_join_and_the_thread_stays_alive(threading, actors):
    needs_interruptions(threading, actors)
    for arguments in FORMS:
        thread, latch = running(threading, actors)
        ended = []

        def release():
            ended.append(True)
            latch.open()

        met = blocked(actors, "join", lambda: thread.join(*arguments), interrupt, release, True)
        if not met.in_time:
            continue
        assert met.raised, "join() returned although a signal handler raised in it"
        assert not ended, "join() goes on although a signal handler raised in it"
        what = "after a signal handler's exception ended join()"
        check_alive(threading, actors, thread, latch, what)


@clause("interruptions.join.is-alive", apart=True)
def test_a_thread_is_alive_after_an_exception_ended_a_join(threading, actors):
    needs_interruptions(threading, actors)
    thread, latch = running(threading, actors)
    met = blocked(actors, "join", lambda: thread.join(LONG), interrupt, latch.open, True)
    if met.in_time and met.raised:
        alive = thread.isAlive()
        latch.open()
        assert alive, (
            "after a signal handler's exception ended join(), isAlive() returned %r "
            "although the thread still runs" % alive
        )


@clause("interruptions.join.returns", apart=True)
def test_a_join_goes_on_after_a_handler(threading, actors):
    needs_interruptions(threading, actors)
    for arguments in FORMS:
        thread, latch = running(threading, actors)
        met = blocked(actors, "join", lambda: thread.join(*arguments), nothing, latch.open, False)
        assert not met.early, "join() returned when a signal handler had; the thread still runs"


@clause("interruptions.join.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_join(threading, actors):
    needs_interruptions(threading, actors)
    thread, latch = running(threading, actors)
    check_timeout(actors, "join", thread.join)
    latch.open()


@clause("interruptions.join.calls-back", apart=True)
def test_a_handler_asks_about_the_thread_that_is_joined(threading, actors):
    needs_interruptions(threading, actors)
    for arguments in FORMS:
        thread, latch = running(threading, actors)
        listed = []

        def act():
            thread.join(0.0)
            listed.append(lists(threading, thread))

        met = blocked(
            actors,
            "join",
            lambda: thread.join(*arguments),
            act,
            latch.open,
            False,
            does="called join(0.0) and enumerate()",
        )
        if met.in_time:
            assert listed[0], "enumerate() in a signal handler does not list the thread, which runs"
            assert not met.early, "join() returned when a signal handler had; the thread still runs"


@clause("interruptions.join.raises-within", apart=True)
def test_an_exception_at_each_step_of_a_join_leaves_the_thread_alive(threading, actors):
    needs_interruptions(threading, actors)
    made = []

    def joining():
        made[:] = running(threading, actors)
        return lambda: made[0].join(0.0)

    for _ in steps("join(0.0) at a step of which a signal handler raised", joining, interrupt):
        what = "after a signal handler raised at a step of join(0.0)"
        check_alive(threading, actors, made[0], made[1], what)


@clause("interruptions.join.calls-back-within", apart=True)
def test_a_handler_joins_at_each_step_of_a_join(threading, actors):
    needs_interruptions(threading, actors)
    thread, latch = running(threading, actors)
    for _ in steps(
        "join(0.0) in a signal handler during join(0.0)",
        lambda: lambda: thread.join(0.0),
        lambda: thread.join(0.0),
    ):
        pass
    check_alive(threading, actors, thread, latch, "after join(0.0) in signal handlers")
