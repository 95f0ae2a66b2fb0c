"""What interruptions leave of locks and semaphores; ``make`` creates one.

A signal handler raises, returns or calls back while acquire() is blocked, or at each step of
acquire() and release(); a finalizer calls back at each step.
"""

from threadspec.conformance.battery.support.calls import acquire_and_release
from threadspec.conformance.battery.support.interrupting import (
    blocked,
    finalizers,
    interrupt,
    needs_blocking,
    needs_interruptions,
    nothing,
    steps,
)
from threadspec.conformance.battery.support.interruptions import exclusive, give_back, usable
from threadspec.conformance.battery.support.kinds import (
    LOCKS,
    SEMAPHORES_OF_ONE,
    SEMAPHORES_OF_TWO,
)
from threadspec.conformance.harness.vocabulary import clause

# Files of battery/interruptions, and the class that each is about.
CLASSES = dict(LOCKS, **SEMAPHORES_OF_ONE)

# Those that a thread may release without having acquired them.
RELEASED_BY_ANY = dict(SEMAPHORES_OF_ONE, lock=LOCKS["lock"])

# With a second permit for the handler, where there can be one.
FOR_TWO = dict(LOCKS, **SEMAPHORES_OF_TWO)


@clause("interruptions.*.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire(make, threading, actors):
    needs_interruptions(threading, actors)
    one = make()
    holder, others = actors.new(), [actors.new(), actors.new()]
    holder.call(one.acquire)
    others[0].start(acquire_and_release, one).is_blocked()

    def beside():
        others[1].start(acquire_and_release, one).is_blocked()

    def release():
        holder.call(one.release)

    met = blocked(actors, "acquire", one.acquire, interrupt, release, True, beside)
    if not met.in_time:
        return
    what = "after a signal handler's exception ended a blocked acquire()"
    assert met.raised, "acquire() returned %r although a signal handler raised in it" % met.value
    release()
    for other in others:
        assert other.returned(), "%s, release() does not let another blocked acquire() go on" % what
    usable(actors, one, what)
    exclusive(actors, one, what)


@clause("interruptions.*.returns", apart=True)
def test_an_acquire_goes_on_after_a_handler(make, threading, actors):
    needs_interruptions(threading, actors)
    one = make()
    holder = actors.new()
    holder.call(one.acquire)
    met = blocked(actors, "acquire", one.acquire, nothing, lambda: holder.call(one.release), False)
    assert not met.early, "acquire() returned when a signal handler had, before any release()"
    got = actors.call(one.acquire, False)
    assert not got, "acquire(False) returned %r in another thread after acquire() returned" % got
    one.release()
    usable(actors, one, "after an acquire() during which a signal handler returned")


@clause("interruptions.*.calls-back", apart=True)
def test_a_handler_tries_to_acquire_what_is_waited_for(make, threading, actors):
    needs_interruptions(threading, actors)
    one = make()
    holder = actors.new()
    holder.call(one.acquire)
    got = []

    def try_it():
        got.append(one.acquire(False))
        if got[0]:
            one.release()  # a late handler may find it free, or its own

    met = blocked(
        actors,
        "acquire",
        one.acquire,
        try_it,
        lambda: holder.call(one.release),
        False,
        does="called acquire(False)",
    )
    if met.in_time:
        assert not met.early, "acquire() returned before any release()"
        assert not got[0], "acquire(False) returned %r in a signal handler, while held" % got[0]
    one.release()
    usable(actors, one, "after acquire(False) in a signal handler during acquire()")


@clause("interruptions.*.calls-back", apart=True, of=RELEASED_BY_ANY)
def test_a_handler_releases_what_is_waited_for(make, threading, actors):
    needs_interruptions(threading, actors)
    one = make()
    actors.call(one.acquire)
    released = []

    def release():
        if not released:
            released.append(True)
            one.release()

    met = blocked(actors, "acquire", one.acquire, release, release, True, does="called release()")
    assert released, "a signal handler did not run during a blocked acquire()"
    met.check_ended_by("release()")
    one.release()
    usable(actors, one, "after release() in a signal handler during acquire()")


@clause("interruptions.*.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_it_usable(make, threading, actors):
    needs_interruptions(threading, actors)
    made = []

    def acquiring():
        made[:] = [make()]
        return made[0].acquire

    def releasing():
        made[:] = [make()]
        made[0].acquire()
        return made[0].release

    for name, prepare in (("acquire()", acquiring), ("release()", releasing)):
        for step in steps(
            "%s at a step of which a signal handler raised" % name, prepare, interrupt
        ):
            what = "after a signal handler raised at a step of %s" % name
            one = made[0]
            held = name == "acquire()" and not step.raised
            if not held:
                taker = actors.start(one.acquire, False)
                assert taker.returned(), (
                    "%s: acquire(False) in another thread does not return" % what
                )
                held = not taker.value
                if not held:
                    taker.call(one.release)
            if held:  # the call had got as far as that, or not yet
                give_back(one, what)
            usable(actors, one, what)
            exclusive(actors, one, what)


@clause("interruptions.*.raises-within", apart=True)
def test_a_release_that_was_interrupted_at_any_step_can_be_repeated(make, threading, actors):
    needs_interruptions(threading, actors)
    made = []
    waiter = actors.new()

    def releasing():
        made[:] = [make()]
        made[0].acquire()
        waiter.start(acquire_and_release, made[0]).is_blocked()
        return made[0].release

    for _ in steps("a release() at a step of which a signal handler raised", releasing, interrupt):
        if waiter.is_blocked():
            try:
                made[0].release()
            except Exception:
                pass  # it has been released: then a waiter must have gone on
        assert waiter.returned(), (
            "after a signal handler raised at a step of release(), which was called again, "
            "an acquire() in another thread stays blocked"
        )


def use(one):
    """The short use that is interrupted."""
    one.acquire()
    one.release()
    call_back(one)


def call_back(one):
    """Acquire and release, if that is possible without blocking."""
    if one.acquire(False):
        one.release()


@clause("interruptions.*.calls-back-within", apart=True, of=FOR_TWO)
def test_a_handler_uses_it_at_each_step(make, threading, actors):
    needs_interruptions(threading, actors)
    one = make()
    for _ in steps(
        "acquire(False) or release() in a signal handler that came during one of both",
        lambda: lambda: use(one),
        lambda: call_back(one),
    ):
        pass
    usable(actors, one, "after signal handlers used it during acquire() and release()")


@clause("interruptions.*.finalizer", apart=True, of=FOR_TWO)
def test_a_finalizer_uses_it_at_each_step(make, threading, actors):
    needs_blocking(threading, actors)
    one = make()
    text = "acquire(False) or release() in a finalizer that ran during one of both"
    finalizers(actors, text, lambda: lambda: use(one), lambda: call_back(one))
    usable(actors, one, "after finalizers used it during acquire() and release()")
