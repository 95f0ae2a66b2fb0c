"""Calls of ``Event`` methods interrupted by a signal handler or a finalizer."""

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
from threadspec.conformance.battery.support.interruptions import BRIEF, FORMS
from threadspec.conformance.harness.vocabulary import clause


@clause("interruptions.event.raises", apart=True)
def test_an_exception_ends_a_wait_and_no_set_is_lost(threading, actors):
    needs_interruptions(threading, actors)
    others = [actors.new(), actors.new(), actors.new()]
    for arguments in FORMS:
        event = threading.Event()
        others[0].start(event.wait).is_blocked()

        def beside():
            for other in others[1:]:
                other.start(event.wait).is_blocked()

        for _ in range(3):  # what is left behind by each of them adds up
            met = blocked(
                actors, "wait", lambda: event.wait(*arguments), interrupt, event.set, True, beside
            )
            beside = nothing
            if not met.in_time:
                break
            assert met.raised, "wait() returned although a signal handler raised in it"
        event.set()
        for other in others:
            assert other.returned(), (
                "signal handlers' exceptions ended three wait() calls of a thread; "
                "then set() did not wake three other threads"
            )


@clause("interruptions.event.returns", apart=True)
def test_a_wait_for_an_event_goes_on_after_a_handler(threading, actors):
    needs_interruptions(threading, actors)
    for arguments in FORMS:
        event = threading.Event()
        met = blocked(actors, "wait", lambda: event.wait(*arguments), nothing, event.set, False)
        assert not met.early, "wait() returned when a signal handler had, before any set()"


@clause("interruptions.event.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_wait_for_an_event(threading, actors):
    needs_interruptions(threading, actors)
    check_timeout(actors, "wait", threading.Event().wait)


@clause("interruptions.event.calls-back", apart=True)
def test_a_handler_sets_the_event_that_is_waited_for(threading, actors):
    needs_interruptions(threading, actors)
    other = actors.new()
    for arguments in FORMS:
        event = threading.Event()
        other.start(event.wait).is_blocked()
        met = blocked(
            actors,
            "wait",
            lambda: event.wait(*arguments),
            event.set,
            event.set,
            True,
            does="called set()",
        )
        met.check_ended_by("set()")
        assert other.returned(), "set() in a signal handler does not wake another thread"


@clause("interruptions.event.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_an_event_usable(threading, actors):
    needs_interruptions(threading, actors)
    made = []
    waiter = actors.new()

    def setting():
        made[:] = [threading.Event()]
        waiter.start(made[0].wait).is_blocked()
        return made[0].set

    def clearing():
        made[:] = [threading.Event()]
        made[0].set()
        return made[0].clear

    for _ in steps("set() at a step of which a signal handler raised", setting, interrupt):
        check_set(actors, made[0], waiter, "set()")
    for _ in steps("clear() at a step of which a signal handler raised", clearing, interrupt):
        clearer = actors.start(made[0].clear)
        assert clearer.returned(), (
            "after a signal handler raised at a step of clear(), another clear() does not return"
        )
        waiter.start(made[0].wait).is_blocked()
        check_set(actors, made[0], waiter, "clear()")


@clause("interruptions.event.raises-within-wait", apart=True)
def test_an_exception_at_each_step_of_a_wait_for_an_event_leaves_no_trace(threading, actors):
    needs_interruptions(threading, actors)
    waiters = [actors.new() for _ in range(4)]
    for timeout in (0.0, BRIEF):
        event = threading.Event()
        name = "wait(%s)" % timeout
        text = "%s at a step of which a signal handler raised" % name
        for _ in range(3):  # what is left behind by each wait adds up
            for _ in steps(text, lambda: lambda: event.wait(timeout), interrupt):
                pass
        for waiter in waiters:
            waiter.start(event.wait).is_blocked()
        for waiter in waiters:
            check_set(actors, event, waiter, name)


def check_set(actors, event, waiter, name):
    """Make sure that set() returns in another thread, and wakes ``waiter``."""
    setter = actors.start(event.set)
    assert setter.returned(), (
        "after a signal handler raised at a step of %s, set() does not return" % name
    )
    assert waiter.returned(), (
        "after a signal handler raised at a step of %s, set() does not wake a thread that waits"
        % name
    )


def within_event(threading):
    """A function that gives a short use of an event, and what is done meanwhile."""
    event = threading.Event()

    def use():
        event.set()
        event.wait()
        event.isSet()
        event.clear()
        event.wait(0.0)

    def act():
        event.isSet()
        event.set()
        event.wait()
        event.clear()
        event.set()

    return lambda: use, act


@clause("interruptions.event.calls-back-within", apart=True)
def test_a_handler_uses_an_event_at_each_step(threading, actors):
    needs_interruptions(threading, actors)
    use, act = within_event(threading)
    for _ in steps(
        "set(), isSet(), clear() or wait() in a signal handler during one of them", use, act
    ):
        pass


@clause("interruptions.event.finalizer", apart=True)
def test_a_finalizer_uses_an_event_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    use, act = within_event(threading)
    text = "set(), isSet(), clear() or wait() in a finalizer during one of them"
    finalizers(actors, text, use, act)
