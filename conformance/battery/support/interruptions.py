"""Raises exceptions within blocked calls, and checks what is left."""

import sys

from threadspec.conformance.battery.support.interrupting import (
    blocked,
    doing,
    finalizers,
    interrupt,
    nothing,
    steps,
)
from threadspec.conformance.harness.vocabulary import NotOffered, Violation, show_error

BRIEF = 0.0005


def pass_on(one):
    """Acquire and release."""
    one.acquire()
    one.release()


def usable(actors, one, what):
    """Make sure that ``one`` is free: a thread gets it without blocking."""

    def take():
        got = one.acquire(False)
        if got:
            one.release()
        return got

    taker = actors.start(take)
    returned = taker.returned()
    assert returned, "%s: acquire(False) in another thread does not return" % what
    assert taker.value, "%s: acquire(False) in another thread returned %r; it is free" % (
        what,
        taker.value,
    )


def exclusive(actors, one, what):
    """Make sure that ``one``, which is free, is held by one thread at a time."""
    holder = actors.new()
    holder.call(one.acquire)
    got = actors.call(one.acquire, False)
    assert not got, "%s: two threads hold it at the same time" % what
    holder.call(one.release)


def give_back(one, what):
    """Release ``one``, which another thread could not get."""
    try:
        one.release()
    except Exception:
        raise Violation(
            "%s: another thread cannot acquire it, and release() raised %s"
            % (what, show_error(sys.exc_info()[1]))
        )


def check_raises(actors, one):
    """A handler raises while acquire() is blocked: nobody is left waiting, and nothing is held."""
    holder, others = actors.new(), [actors.new(), actors.new()]
    holder.call(one.acquire)
    others[0].start(pass_on, one).is_blocked()

    def beside():
        others[1].start(pass_on, one).is_blocked()

    def release():
        holder.call(one.release)

    doing("an acquire() in which a signal handler raises")
    met = blocked(actors, one.acquire, interrupt, release, True, beside)
    if not met.in_time:
        return
    what = "after a signal handler's exception ended a blocked acquire()"
    assert met.raised, "acquire() returned %r although a signal handler raised in it" % met.value
    release()
    for other in others:
        returned = other.returned()
        assert returned, "%s, release() does not let another blocked acquire() go on" % what
    usable(actors, one, what)
    exclusive(actors, one, what)


def check_returns(actors, one):
    """A handler returns while acquire() is blocked: it goes on being blocked until the release."""
    holder = actors.new()
    holder.call(one.acquire)
    doing("an acquire() during which a signal handler returned")
    met = blocked(actors, one.acquire, nothing, lambda: holder.call(one.release), False)
    assert not met.early, "acquire() returned when a signal handler had, before any release()"
    got = actors.call(one.acquire, False)
    assert not got, "acquire(False) returned %r in another thread after acquire() returned" % got
    one.release()
    usable(actors, one, "after an acquire() during which a signal handler returned")


def check_calls_back(actors, one, handler_releases):
    """A handler uses the object while acquire() of it is blocked."""
    holder = actors.new()
    holder.call(one.acquire)
    got = []

    def try_it():
        got.append(one.acquire(False))
        if got[0]:
            one.release()  # a late handler may find it free, or its own

    doing("an acquire(False) of a signal handler that came during a blocked acquire()")
    met = blocked(
        actors,
        one.acquire,
        try_it,
        lambda: holder.call(one.release),
        False,
    )
    if met.in_time:
        assert not met.early, "acquire() returned before any release()"
        assert not got[0], "acquire(False) returned %r in a signal handler, while held" % got[0]
    one.release()
    usable(actors, one, "after acquire(False) in a signal handler during acquire()")
    if not handler_releases:
        return
    holder.call(one.acquire)
    released = []

    def release():
        if not released:
            released.append(True)
            one.release()

    doing("an acquire() during which a signal handler called release()")
    met = blocked(actors, one.acquire, release, release, True)
    assert released, "a handler did not run"
    assert met.early or not met.in_time, (
        "release() in a signal handler does not end the blocked acquire() that it interrupts"
    )
    one.release()
    usable(actors, one, "after release() in a signal handler during acquire()")


def check_raises_within(actors, make):
    """A handler raises at each step of acquire() and of release(): the object stays usable."""
    made = []

    def acquiring():
        made[:] = [make()]
        return made[0].acquire

    def releasing():
        made[:] = [make()]
        made[0].acquire()
        return made[0].release

    for name, prepare in (("acquire()", acquiring), ("release()", releasing)):
        doing("%s at a step of which a signal handler raised" % name)
        for step in steps(prepare, interrupt):
            what = "after a signal handler raised at a step of %s" % name
            one = made[0]
            held = name == "acquire()" and not step.raised
            if not held:
                taker = actors.start(one.acquire, False)
                returned = taker.returned()
                assert returned, "%s: acquire(False) in another thread does not return" % what
                held = not taker.value
                if not held:
                    taker.call(one.release)
            if held:  # the call had got as far as that, or not yet
                give_back(one, what)
            usable(actors, one, what)
            exclusive(actors, one, what)


def check_raises_within_waited_for(actors, make):
    """A handler raises at each step of a release() that somebody waits for: it can be repeated."""
    made = []
    waiter = actors.new()

    def releasing():
        made[:] = [make()]
        made[0].acquire()
        waiter.start(pass_on, made[0]).is_blocked()
        return made[0].release

    doing("a release() at a step of which a signal handler raised")
    for _ in steps(releasing, interrupt):
        if waiter.is_blocked():
            try:
                made[0].release()
            except Exception:
                pass  # it has been released: then a waiter must have gone on
        returned = waiter.returned()
        assert returned, (
            "after a signal handler raised at a step of release(), which was called again, "
            "an acquire() in another thread stays blocked"
        )


def calls_back(one):
    """What a handler does with a lock or semaphore: take it and give it back, if it can."""
    if one.acquire(False):
        one.release()


def within(make):
    """A lock or semaphore, and a function that gives a short use of it, which is interrupted."""
    one = make()

    def use():
        one.acquire()
        one.release()
        if one.acquire(False):
            one.release()

    return one, lambda: use


def check_calls_back_within(actors, make):
    """A handler uses the object at each step of acquire() and release(): it does not block."""
    one, use = within(make)
    doing("acquire(False) or release() in a signal handler that came during one of both")
    for _ in steps(use, lambda: calls_back(one)):
        pass
    usable(actors, one, "after signal handlers used it during acquire() and release()")


def check_finalizer(actors, make):
    """A finalizer uses the object at each step of acquire() and release(): it does not block."""
    one, use = within(make)
    text = "acquire(False) or release() in a finalizer that ran during one of both"
    finalizers(actors, text, use, lambda: calls_back(one))
    usable(actors, one, "after finalizers used it during acquire() and release()")


def lists(threading, thread):
    """Whether ``thread`` is listed as alive."""
    return any([one is thread for one in threading.enumerate()])


def started(actors, thread, end):
    """Start ``thread``; ``end`` ends it.  Raises NotOffered where start() waits for its end."""
    starter = actors.start(thread.start)
    if not starter.returned() and not starter.has_ended():
        end()
        raise NotOffered("start() does not return while the thread runs")
    starter.result()


def check_alive(threading, actors, thread, latch, what):
    """Make sure that ``thread``, at its latch, is alive, and is joined once that is open."""
    listed = lists(threading, thread)
    assert listed, "%s, enumerate() does not list the thread, which still runs" % what
    joiner = actors.start(thread.join)
    waits = joiner.is_blocked()
    assert waits, "%s, join() in another thread does not block: %r" % (what, joiner)
    latch.open()
    returned = joiner.returned()
    assert returned, "%s, join() in another thread does not return at the thread's end" % what
