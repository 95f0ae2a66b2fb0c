"""Interrupted locks, semaphores, conditions and events: cases for ``spec/interruptions.toml``.

What is interrupted, and how, is in ``interrupting.py``.  All cases run apart, in a main thread.
"""

import sys

from threadspec.conformance.battery.interrupting import (
    blocked,
    check_timeout,
    doing,
    finalizers,
    interrupt,
    needs_blocking,
    nothing,
    steps,
)
from threadspec.conformance.harness.vocabulary import Violation, clause, show_error

# Seconds: a time-out that never occurs in a case, and one that does soon.
LONG = 30.0
BRIEF = 0.0005


# -- what has acquire and release -----------------------------------------------------------------


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


# -- locks ----------------------------------------------------------------------------------------


@clause("interruptions.lock.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_lock(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.Lock())


@clause("interruptions.lock.returns", apart=True)
def test_an_acquire_of_a_lock_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.Lock())


@clause("interruptions.lock.calls-back", apart=True)
def test_a_handler_uses_the_lock_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.Lock(), True)


@clause("interruptions.lock.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_lock_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, threading.Lock)
    check_raises_within_waited_for(actors, threading.Lock)


@clause("interruptions.lock.calls-back-within", apart=True)
def test_a_handler_uses_a_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, threading.Lock)


@clause("interruptions.lock.finalizer", apart=True)
def test_a_finalizer_uses_a_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, threading.Lock)


# -- reentrant locks ------------------------------------------------------------------------------


@clause("interruptions.rlock.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_reentrant_lock(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.RLock())


@clause("interruptions.rlock.returns", apart=True)
def test_an_acquire_of_a_reentrant_lock_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.RLock())


@clause("interruptions.rlock.calls-back", apart=True)
def test_a_handler_uses_the_reentrant_lock_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.RLock(), False)


@clause("interruptions.rlock.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_reentrant_lock_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, threading.RLock)
    check_raises_within_waited_for(actors, threading.RLock)


@clause("interruptions.rlock.calls-back-within", apart=True)
def test_a_handler_uses_a_reentrant_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, threading.RLock)


@clause("interruptions.rlock.finalizer", apart=True)
def test_a_finalizer_uses_a_reentrant_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, threading.RLock)


# -- semaphores -----------------------------------------------------------------------------------


@clause("interruptions.semaphore.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_semaphore(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.Semaphore(1))


@clause("interruptions.semaphore.returns", apart=True)
def test_an_acquire_of_a_semaphore_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.Semaphore(1))


@clause("interruptions.semaphore.calls-back", apart=True)
def test_a_handler_uses_the_semaphore_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.Semaphore(1), True)


@clause("interruptions.semaphore.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_semaphore_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, lambda: threading.Semaphore(1))
    check_raises_within_waited_for(actors, lambda: threading.Semaphore(1))


@clause("interruptions.semaphore.calls-back-within", apart=True)
def test_a_handler_uses_a_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, lambda: threading.Semaphore(2))


@clause("interruptions.semaphore.finalizer", apart=True)
def test_a_finalizer_uses_a_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, lambda: threading.Semaphore(2))


@clause("interruptions.boundedsemaphore.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_bounded_semaphore(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.returns", apart=True)
def test_an_acquire_of_a_bounded_semaphore_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.calls-back", apart=True)
def test_a_handler_uses_the_bounded_semaphore_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.BoundedSemaphore(1), True)


@clause("interruptions.boundedsemaphore.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_bounded_semaphore_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, lambda: threading.BoundedSemaphore(1))
    check_raises_within_waited_for(actors, lambda: threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.calls-back-within", apart=True)
def test_a_handler_uses_a_bounded_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, lambda: threading.BoundedSemaphore(2))


@clause("interruptions.boundedsemaphore.finalizer", apart=True)
def test_a_finalizer_uses_a_bounded_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, lambda: threading.BoundedSemaphore(2))


# -- conditions -----------------------------------------------------------------------------------


def conditions(threading):
    """A condition over a reentrant lock, and one over a plain one."""
    return [threading.Condition(), threading.Condition(threading.Lock())]


def wait_once(condition):
    """Wait, with the lock held."""
    condition.acquire()
    condition.wait()
    condition.release()


def wake(condition, method):
    """Call notify or notifyAll with the lock held."""
    condition.acquire()
    getattr(condition, method)()
    condition.release()


def try_to_wake(condition):
    """Call notifyAll, in a handler: a late one may find a plain lock held by its own thread."""
    if condition.acquire(False):
        condition.notifyAll()
        condition.release()


def await_release(waker, condition):
    """Wait until wait() has released the lock: what is slow may only be about to wait."""
    waker.start(pass_on, condition).returned()


def start_waiting(waiter, condition):
    """Let an actor wait for a condition, until it does."""
    waiter.start(wait_once, condition).is_blocked()


@clause("interruptions.condition.raises", apart=True)
def test_an_exception_ends_a_wait_and_no_notify_is_lost(threading, actors):
    needs_blocking(threading, actors)
    others = [actors.new(), actors.new()]
    waker = actors.new()
    for arguments in ((), (LONG,)):
        for condition in conditions(threading):
            start_waiting(others[0], condition)
            condition.acquire()
            doing("a wait() in which a signal handler raises")
            met = blocked(
                actors,
                lambda: condition.wait(*arguments),
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
                    # Nobody but the waiters can take the next step.
                    actors.ended(others)
            for other in others:
                returned = other.returned()
                assert returned, (
                    "a signal handler's exception ended one of three wait() calls; "
                    "then two notify() calls did not wake the other two"
                )


@clause("interruptions.condition.holds-lock", apart=True)
def test_an_exception_ends_a_wait_and_the_lock_is_held_again(threading, actors):
    needs_blocking(threading, actors)
    waker = actors.new()
    for arguments in ((), (LONG,)):
        for condition in conditions(threading):
            condition.acquire()
            doing("a wait() in which a signal handler raises")
            met = blocked(
                actors,
                lambda: condition.wait(*arguments),
                interrupt,
                lambda: waker.call(wake, condition, "notifyAll"),
                True,
            )
            if not met.in_time:
                continue
            got = actors.call(condition.acquire, False)
            assert not got, "a signal handler's exception ended wait(), which left the lock free"
            condition.release()
            usable(actors, condition, "after release() that followed a wait() so ended")


@clause("interruptions.condition.returns", apart=True)
def test_a_wait_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    waker = actors.new()
    for arguments in ((), (LONG,)):
        for condition in conditions(threading):
            condition.acquire()
            doing("a wait() during which a signal handler returned")
            met = blocked(
                actors,
                lambda: condition.wait(*arguments),
                nothing,
                lambda: waker.call(wake, condition, "notify"),
                False,
            )
            assert not met.early, "wait() returned when a signal handler had, before any notify()"
            got = actors.call(condition.acquire, False)
            assert not got, "wait() returned without the lock"
            condition.release()


@clause("interruptions.condition.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_wait(threading, actors):
    needs_blocking(threading, actors)
    condition = threading.Condition()
    condition.acquire()
    check_timeout(actors, "wait", condition.wait)


@clause("interruptions.condition.calls-back", apart=True)
def test_a_handler_notifies_the_wait_that_it_interrupts(threading, actors):
    needs_blocking(threading, actors)
    other, waker = actors.new(), actors.new()
    for arguments in ((), (LONG,)):
        for condition in conditions(threading):
            start_waiting(other, condition)
            condition.acquire()
            doing("a wait() during which a signal handler called notifyAll()")
            met = blocked(
                actors,
                lambda: condition.wait(*arguments),
                lambda: try_to_wake(condition),
                lambda: waker.call(wake, condition, "notifyAll"),
                True,
                lambda: await_release(waker, condition),
            )
            condition.release()
            assert met.early or not met.in_time, (
                "notifyAll() in a signal handler does not wake the wait() that it interrupts"
            )
            returned = other.returned()
            assert returned, "notifyAll() in a signal handler does not wake another thread"


@clause("interruptions.condition.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_condition_usable(threading, actors):
    needs_blocking(threading, actors)
    made = []
    waiter = actors.new()

    def notifying(method):
        condition = threading.Condition()
        made[:] = [condition]
        start_waiting(waiter, condition)
        condition.acquire()
        return getattr(condition, method)

    for method in ("notify", "notifyAll"):
        doing("%s() at a step of which a signal handler raised" % method)
        for _ in steps(lambda: notifying(method), interrupt):
            what = "after a signal handler raised at a step of %s()" % method
            try:
                made[0].notifyAll()
                made[0].release()
            except Exception:
                raise Violation(
                    "%s, notifyAll() or release() raised %s" % (what, show_error(sys.exc_info()[1]))
                )
            returned = waiter.returned()
            assert returned, "%s, notifyAll() does not wake a thread that waits" % what


@clause("interruptions.condition.raises-within-wait", apart=True)
def test_an_exception_at_each_step_of_a_wait_leaves_no_trace(threading, actors):
    needs_blocking(threading, actors)
    made = []
    waiter, asker, waker = actors.new(), actors.new(), actors.new()

    def waiting(timeout):
        made[:] = [threading.Condition()]
        made[0].acquire()
        return lambda: made[0].wait(timeout)

    for timeout in (0.0, BRIEF):
        doing("wait(%s) at a step of which a signal handler raised" % timeout)
        for _ in steps(lambda: waiting(timeout), interrupt):
            what = "after a signal handler raised at a step of wait(%s)" % timeout
            condition = made[0]
            got = asker.call(condition.acquire, False)
            assert not got, "%s, the lock is free" % what
            condition.release()
            start_waiting(waiter, condition)
            returned = waker.start(wake, condition, "notify").returned()
            assert returned, "%s, the lock is held for good" % what
            returned = waiter.returned()
            assert returned, "%s, notify() wakes nobody although a thread waits" % what


def within_condition(threading):
    """A condition, a function that gives a short use of it, and what is done meanwhile."""
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
    needs_blocking(threading, actors)
    condition, use, act = within_condition(threading)
    doing("acquire(False), notify() or release() in a signal handler during one of them")
    for _ in steps(use, act):
        pass
    usable(actors, condition, "after signal handlers used it")


@clause("interruptions.condition.finalizer", apart=True)
def test_a_finalizer_uses_a_condition_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    condition, use, act = within_condition(threading)
    text = "acquire(False), notify() or release() in a finalizer during one of them"
    finalizers(actors, text, use, act)
    usable(actors, condition, "after finalizers used it")


# -- events ---------------------------------------------------------------------------------------


@clause("interruptions.event.raises", apart=True)
def test_an_exception_ends_a_wait_and_no_set_is_lost(threading, actors):
    needs_blocking(threading, actors)
    others = [actors.new(), actors.new(), actors.new()]
    for arguments in ((), (LONG,)):
        event = threading.Event()
        others[0].start(event.wait).is_blocked()

        def beside():
            for other in others[1:]:
                other.start(event.wait).is_blocked()

        for _ in range(3):  # what is left behind by each of them adds up
            doing("a wait() in which a signal handler raises")
            met = blocked(
                actors, lambda: event.wait(*arguments), interrupt, event.set, True, beside
            )
            beside = nothing
            if not met.in_time:
                break
            assert met.raised, "wait() returned although a signal handler raised in it"
        event.set()
        for other in others:
            returned = other.returned()
            assert returned, (
                "signal handlers' exceptions ended three wait() calls of a thread; "
                "then set() did not wake three other threads"
            )


@clause("interruptions.event.returns", apart=True)
def test_a_wait_for_an_event_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    for arguments in ((), (LONG,)):
        event = threading.Event()
        doing("a wait() during which a signal handler returned")
        met = blocked(actors, lambda: event.wait(*arguments), nothing, event.set, False)
        assert not met.early, "wait() returned when a signal handler had, before any set()"


@clause("interruptions.event.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_wait_for_an_event(threading, actors):
    needs_blocking(threading, actors)
    check_timeout(actors, "wait", threading.Event().wait)


@clause("interruptions.event.calls-back", apart=True)
def test_a_handler_sets_the_event_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    other = actors.new()
    for arguments in ((), (LONG,)):
        event = threading.Event()
        other.start(event.wait).is_blocked()
        doing("a wait() during which a signal handler called set()")
        met = blocked(actors, lambda: event.wait(*arguments), event.set, event.set, True)
        assert met.early or not met.in_time, (
            "set() in a signal handler does not wake the wait() that it interrupts"
        )
        returned = other.returned()
        assert returned, "set() in a signal handler does not wake another thread"


@clause("interruptions.event.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_an_event_usable(threading, actors):
    needs_blocking(threading, actors)
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

    doing("set() at a step of which a signal handler raised")
    for _ in steps(setting, interrupt):
        check_set(actors, made[0], waiter, "set()")
    doing("clear() at a step of which a signal handler raised")
    for _ in steps(clearing, interrupt):
        clearer = actors.start(made[0].clear)
        returned = clearer.returned()
        assert returned, (
            "after a signal handler raised at a step of clear(), another clear() does not return"
        )
        waiter.start(made[0].wait).is_blocked()
        check_set(actors, made[0], waiter, "clear()")


@clause("interruptions.event.raises-within-wait", apart=True)
def test_an_exception_at_each_step_of_a_wait_for_an_event_leaves_no_trace(threading, actors):
    needs_blocking(threading, actors)
    waiters = [actors.new() for _ in range(4)]
    for timeout in (0.0, BRIEF):
        event = threading.Event()
        name = "wait(%s)" % timeout
        doing("%s at a step of which a signal handler raised" % name)
        for _ in range(3):  # what is left behind by each wait adds up
            for _ in steps(lambda: lambda: event.wait(timeout), interrupt):
                pass
        for waiter in waiters:
            waiter.start(event.wait).is_blocked()
        for waiter in waiters:
            check_set(actors, event, waiter, name)


def check_set(actors, event, waiter, name):
    """Make sure that set() returns in another thread, and wakes ``waiter``."""
    setter = actors.start(event.set)
    returned = setter.returned()
    assert returned, "after a signal handler raised at a step of %s, set() does not return" % name
    returned = waiter.returned()
    assert returned, (
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
    needs_blocking(threading, actors)
    use, act = within_event(threading)
    doing("set(), isSet(), clear() or wait() in a signal handler during one of them")
    for _ in steps(use, act):
        pass


@clause("interruptions.event.finalizer", apart=True)
def test_a_finalizer_uses_an_event_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    use, act = within_event(threading)
    text = "set(), isSet(), clear() or wait() in a finalizer during one of them"
    finalizers(actors, text, use, act)
