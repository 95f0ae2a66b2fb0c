"""Each class used in threads that the implementation started, and between those and others.

The cases belong to clauses of the classes that they use, and need no more of ``Thread`` and
``Timer`` than that they run a function in a new thread.
"""

from threadspec.conformance.battery.crossing import (
    BY_THREAD,
    BY_TIMER,
    actor_in,
    helpers,
    pairs,
)
from threadspec.conformance.battery.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause

LONG = 30.0  # seconds; no case waits for it


def check_blocks(make, threading, actors):
    """acquire() blocks in a thread of one kind while one of another kind has acquired."""
    for holder, waiter in pairs(threading, actors):
        lock = make()
        holder.call(lock.acquire)
        got = waiter.call(lock.acquire, False)
        assert not got, "acquired by a %s: acquire(False) in a %s returned %r" % (
            holder,
            waiter,
            got,
        )
        waiter.start(lock.acquire)
        assert waiter.is_blocked(), "acquired by a %s: %r" % (holder, waiter)
        holder.call(lock.release)
        if not waiter.returned():
            return  # another clause's business


def check_blocks_while_main_holds(make, threading, actors):
    """acquire() blocks in a thread of each kind while the main thread has acquired."""
    for waiter in helpers(threading, actors):
        lock = make()
        lock.acquire()
        waiter.start(lock.acquire)
        blocked = waiter.is_blocked()
        lock.release()
        waiter.returned()
        assert blocked, "acquired by the main thread: %r" % waiter


def check_hand_over(make, threading, actors):
    """A release() in a thread of one kind lets an acquire() in one of another kind proceed."""
    for holder, waiter in pairs(threading, actors):
        lock = make()
        holder.call(lock.acquire)
        waiter.start(lock.acquire)
        if not waiter.is_blocked():
            return  # another clause's business
        holder.call(lock.release)
        assert waiter.returned(), "after a release() by a %s: %r" % (holder, waiter)
        got = holder.call(lock.acquire, False)
        assert not got, "acquired by a %s: acquire(False) in a %s returned %r" % (
            waiter,
            holder,
            got,
        )


# -- locks ----------------------------------------------------------------------------------------


@clause("lock.acquire.held-blocks")
def test_a_lock_blocks_threads_of_every_kind(threading, actors):
    check_blocks(threading.Lock, threading, actors)


@clause("lock.acquire.held-blocks")
def test_a_lock_of_the_main_thread_blocks_threads_of_every_kind(threading, actors):
    check_blocks_while_main_holds(threading.Lock, threading, actors)


@clause("lock.acquire.proceeds-after-release")
def test_a_lock_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.Lock, threading, actors)


@clause("lock.release.any-thread")
def test_a_thread_of_another_kind_may_release_a_lock(threading, actors):
    for holder, other in pairs(threading, actors):
        lock = threading.Lock()
        holder.call(lock.acquire)
        other.start(lock.release)
        assert other.returned(), "acquired by a %s: %r" % (holder, other)
        got = holder.call(lock.acquire, False)
        assert got, "released by a %s: acquire(False) in a %s returned %r" % (other, holder, got)


@clause("rlock.acquire.other-blocks")
def test_a_reentrant_lock_blocks_threads_of_every_kind(threading, actors):
    check_blocks(threading.RLock, threading, actors)


@clause("rlock.acquire.other-blocks")
def test_a_reentrant_lock_of_the_main_thread_blocks_threads_of_every_kind(threading, actors):
    check_blocks_while_main_holds(threading.RLock, threading, actors)


@clause("rlock.acquire.other-blocks")
def test_a_thread_does_not_share_the_lock_of_the_thread_that_started_it(threading, actors):
    for owner in helpers(threading, actors):
        for kind in (BY_THREAD, BY_TIMER):
            lock = threading.RLock()
            owner.call(lock.acquire)
            child = actor_in(kind, threading, actors, starter=owner)
            if child is None:
                continue
            child.start(lock.acquire)
            assert child.is_blocked(), "owned by the thread that started this one: %r" % child
            owner.call(lock.release)
            child.returned()


@clause("rlock.acquire.other-blocks")
def test_threads_that_one_thread_started_do_not_share_a_lock(threading, actors):
    starter = actors.new()
    for kinds in ((BY_THREAD, BY_THREAD), (BY_THREAD, BY_TIMER), (BY_TIMER, BY_THREAD)):
        owner, other = [actor_in(kind, threading, actors, starter) for kind in kinds]
        if owner is None or other is None:
            continue
        lock = threading.RLock()
        owner.call(lock.acquire)
        other.start(lock.acquire)
        assert other.is_blocked(), "owned by a %s of the same starter: %r" % (owner, other)
        owner.call(lock.release)
        other.returned()


@clause("rlock.acquire.proceeds-after-release")
def test_a_reentrant_lock_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.RLock, threading, actors)


@clause("rlock.acquire.again")
def test_a_thread_of_every_kind_may_acquire_its_lock_again(threading, actors):
    for owner in helpers(threading, actors):
        lock = threading.RLock()
        for number in range(3):
            owner.start(lock.acquire)
            assert owner.returned(), "after %d calls of acquire(): %r" % (number, owner)
        owner.call(lambda: [lock.release() for _ in range(3)])


@clause("rlock.release.inner-keeps")
def test_an_inner_release_keeps_the_lock_from_threads_of_other_kinds(threading, actors):
    for owner, other in pairs(threading, actors):
        lock = threading.RLock()
        owner.call(lambda: [lock.acquire(), lock.acquire(), lock.release()])
        got = other.call(lock.acquire, False)
        owner.call(lock.release)
        assert not got, (
            "acquired twice and released once by a %s: acquire(False) in a %s returned %r"
            % (owner, other, got)
        )


# -- conditions -----------------------------------------------------------------------------------


def conditions(threading):
    """Conditions with either kind of lock."""
    return [threading.Condition(threading.Lock()), threading.Condition(threading.RLock())]


class Waiter(object):
    """Lets an actor wait on a condition, and awaits that it does."""

    def __init__(self, condition, actor, timeout=()):
        self.actor = actor
        actor.start(self._wait, condition, timeout)
        actor.is_blocked()

    def _wait(self, condition, timeout):
        condition.acquire()
        try:
            condition.wait(*timeout)
        finally:
            condition.release()


def wake(condition, name):
    """Call the method ``name`` of a condition while its lock is held."""
    condition.acquire()
    try:
        getattr(condition, name)()
    finally:
        condition.release()


@clause("condition.wait.woken-by-notify")
def test_a_notify_wakes_a_thread_of_another_kind(threading, actors):
    for waiter, notifier in pairs(threading, actors):
        for condition in conditions(threading):
            Waiter(condition, waiter)
            notifier.call(wake, condition, "notify")
            assert waiter.returned(), "wait() in a %s, notify() in a %s: %r" % (
                waiter,
                notifier,
                waiter,
            )


@clause("condition.wait.timeout-notified")
def test_a_notify_wakes_a_thread_of_another_kind_before_its_timeout(threading, actors):
    for waiter, notifier in pairs(threading, actors):
        condition = threading.Condition()
        Waiter(condition, waiter, (LONG,))
        notifier.call(wake, condition, "notify")
        assert waiter.returned(), "wait(%s) in a %s, notify() in a %s: %r" % (
            LONG,
            waiter,
            notifier,
            waiter,
        )


@clause("condition.notifyAll.wakes-all")
def test_a_notifyall_wakes_threads_of_every_kind(threading, actors):
    members = helpers(threading, actors)
    for notifier in [actors.new(), members[-1]]:
        for condition in conditions(threading):
            waiters = [actor for actor in members if actor is not notifier]
            for actor in waiters:
                Waiter(condition, actor)
            notifier.call(wake, condition, "notifyAll")
            asleep = [actor for actor in waiters if not actor.returned()]
            assert not asleep, "after a notifyAll() in a %s: %r" % (notifier, asleep)


@clause("condition.wait.not-owner-error")
def test_wait_is_an_error_in_a_thread_of_another_kind_than_the_owner(threading, actors):
    for owner, other in pairs(threading, actors):
        condition = threading.Condition()
        owner.call(condition.acquire)
        error = other.start(condition.wait, 0.0).raised()
        owner.call(condition.release)
        assert isinstance(error, RuntimeError), "locked by a %s: %r, RuntimeError is required" % (
            owner,
            other,
        )


@clause("condition.notify.not-owner-error")
def test_notify_is_an_error_in_a_thread_of_another_kind_than_the_owner(threading, actors):
    for owner, other in pairs(threading, actors):
        condition = threading.Condition()
        owner.call(condition.acquire)
        error = other.start(condition.notify).raised()
        owner.call(condition.release)
        assert isinstance(error, RuntimeError), "locked by a %s: %r, RuntimeError is required" % (
            owner,
            other,
        )


@clause("condition.wait.rlock-level-restored")
def test_wait_restores_the_level_in_a_thread_of_every_kind(threading, actors):
    for waiter, other in pairs(threading, actors):
        condition = threading.Condition()

        def wait():
            condition.acquire()
            condition.acquire()
            condition.wait(LONG)
            condition.release()

        waiter.start(wait)
        waiter.is_blocked()
        other.call(wake, condition, "notify")
        assert waiter.returned(), "wait() in a %s, notify() in a %s: %r" % (waiter, other, waiter)
        got = other.call(condition.acquire, False)
        assert not got, (
            "after two acquire(), wait() and one release() in a %s, acquire(False) in a %s "
            "returned %r" % (waiter, other, got)
        )
        waiter.call(condition.release)


# -- semaphores -----------------------------------------------------------------------------------


@clause("semaphore.acquire.zero-blocks")
def test_a_semaphore_blocks_threads_of_every_kind(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    check_blocks(threading.Semaphore, threading, actors)


@clause("semaphore.acquire.proceeds-after-release")
def test_a_semaphore_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.Semaphore, threading, actors)


@clause("boundedsemaphore.acquire.zero-blocks")
def test_a_bounded_semaphore_blocks_threads_of_every_kind(threading, actors):
    check_waits_at_zero(actors, threading.BoundedSemaphore)
    check_blocks(threading.BoundedSemaphore, threading, actors)


@clause("boundedsemaphore.acquire.proceeds-after-release")
def test_a_bounded_semaphore_goes_from_one_kind_of_thread_to_another(threading, actors):
    check_hand_over(threading.BoundedSemaphore, threading, actors)


def check_wakes_as_many(make, threading, actors):
    """Releases in one kind of thread wake as many waiting threads of every kind."""
    members = helpers(threading, actors)
    semaphore = make()
    for _ in members:
        semaphore.acquire()
    for actor in members:
        actor.start(semaphore.acquire)
        actor.is_blocked()
    # Not more than one at a time: which of them wakes is open.
    for number in range(len(members)):
        semaphore.release()
        woken = actors.ended(members, at_least=number + 1)
        assert len(woken) == number + 1, "after %d calls of release() by the main thread: %r" % (
            number + 1,
            members,
        )


@clause("semaphore.release.wakes-as-many")
def test_releases_of_a_semaphore_wake_threads_of_every_kind(threading, actors):
    check_wakes_as_many(lambda: threading.Semaphore(4), threading, actors)


@clause("boundedsemaphore.release.wakes-as-many")
def test_releases_of_a_bounded_semaphore_wake_threads_of_every_kind(threading, actors):
    check_wakes_as_many(lambda: threading.BoundedSemaphore(4), threading, actors)


# -- events ---------------------------------------------------------------------------------------


@clause("event.set.wakes-a-waiter")
def test_a_set_wakes_a_thread_of_another_kind(threading, actors):
    for waiter, setter in pairs(threading, actors):
        event = threading.Event()
        waiter.start(event.wait)
        assert waiter.is_blocked(), "the flag is false: %r" % waiter
        setter.call(event.set)
        assert waiter.returned(), "after a set() in a %s: %r" % (setter, waiter)


@clause("event.set.wakes-timed-waiters")
def test_a_set_wakes_a_thread_of_another_kind_before_its_timeout(threading, actors):
    for waiter, setter in pairs(threading, actors):
        event = threading.Event()
        waiter.start(event.wait, LONG)
        waiter.is_blocked()
        setter.call(event.set)
        assert waiter.returned(), "after a set() in a %s: %r" % (setter, waiter)


@clause("event.set.wakes-all")
def test_a_set_wakes_threads_of_every_kind(threading, actors):
    members = helpers(threading, actors)
    for setter in [actors.new(), members[-1]]:
        event = threading.Event()
        waiters = [actor for actor in members if actor is not setter]
        for actor in waiters:
            actor.start(event.wait)
        if actors.ended(waiters):
            return  # another clause's business
        setter.call(event.set)
        asleep = [actor for actor in waiters if not actor.returned()]
        assert not asleep, "after a set() in a %s: %r" % (setter, asleep)


@clause("event.set.any-thread")
def test_threads_of_every_kind_set_clear_and_read_the_flag(threading, actors):
    for one, other in pairs(threading, actors):
        event = threading.Event()
        for method, expected in ((event.set, True), (event.clear, False), (event.set, True)):
            one.call(method)
            flag = bool(other.call(event.isSet))
            assert flag == expected, "after a %s() in a %s, isSet() in a %s returned %r" % (
                method.__name__,
                one,
                other,
                flag,
            )


# -- thread-local data ----------------------------------------------------------------------------


@clause("local.unset-elsewhere")
def test_a_value_of_one_kind_of_thread_is_not_set_in_another(threading, actors):
    data = threading.local()
    for number, (one, other) in enumerate(pairs(threading, actors)):
        name = "name%d" % number
        one.call(setattr, data, name, "its own")
        seen = other.call(getattr, data, name, "not set")
        assert seen == "not set", "set in a %s: the attribute is %r in a %s" % (one, seen, other)


@clause("local.unset-elsewhere")
def test_a_value_of_the_starter_is_not_set_in_the_thread_it_starts(threading, actors):
    for starter in helpers(threading, actors):
        data = threading.local()
        starter.call(setattr, data, "value", "the starter's")
        for kind in (BY_THREAD, BY_TIMER):
            child = actor_in(kind, threading, actors, starter)
            if child is None:
                continue
            seen = child.call(getattr, data, "value", "not set")
            assert seen == "not set", "set in the %s that started it: it is %r in a %s" % (
                starter,
                seen,
                child,
            )


@clause("local.elsewhere-unchanged")
def test_values_of_each_kind_of_thread_stay_its_own(threading, actors):
    data = threading.local()
    members = helpers(threading, actors)
    for number, actor in enumerate(members):
        actor.call(setattr, data, "value", number)
    for number, actor in enumerate(members):
        seen = actor.call(getattr, data, "value", None)
        assert seen == number, "set to %d in a %s, which then reads %r" % (number, actor, seen)


@clause("local.subclass.init-each-thread")
def test_init_runs_in_threads_of_every_kind(threading, actors):
    class Own(threading.local):
        def __init__(self):
            self.value = "initial"

    data = Own()
    for actor in helpers(threading, actors):
        seen = actor.call(getattr, data, "value", "not set")
        assert seen == "initial", "__init__ sets the attribute, but in a %s it is %r" % (
            actor,
            seen,
        )


# -- threads and timers ---------------------------------------------------------------------------


def blocking_thread(threading, actors, kind):
    """A thread of that kind that blocks, and the function that lets it end; None, None if none."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    arrived = []

    def wait():
        arrived.append(None)
        lock.acquire()

    thread = threading.Thread(target=wait) if kind == BY_THREAD else threading.Timer(0.0, wait)
    actors.new().start(thread.start)
    if not actors.until(lambda: arrived):
        return None, None
    return thread, lock.release


@clause("thread.join.returns")
def test_threads_of_every_kind_join_a_thread(threading, actors):
    for joiner in helpers(threading, actors):
        thread, end = blocking_thread(threading, actors, BY_THREAD)
        if thread is None:
            return
        joiner.start(thread.join)
        blocked = joiner.is_blocked()
        end()
        if not blocked:
            return  # another clause's business
        assert joiner.returned(), "the thread has ended: %r" % joiner


@clause("timer.join")
def test_threads_of_every_kind_join_a_timer(threading, actors):
    for joiner in helpers(threading, actors):
        timer, end = blocking_thread(threading, actors, BY_TIMER)
        if timer is None:
            return
        joiner.start(timer.join)
        blocked = joiner.is_blocked()
        end()
        if not blocked:
            return  # another clause's business
        assert joiner.returned(), "the timer's function has returned: %r" % joiner


@clause("timer.runs-function")
def test_a_timer_fires_whichever_kind_of_thread_started_it(threading, actors):
    for starter in helpers(threading, actors):
        fired = []
        timer = threading.Timer(0.001, fired.append, [None])
        starter.call(timer.start)
        arrived = actors.until(lambda: fired)
        assert arrived, "started by a %s, the timer does not call its function" % starter


@clause("timer.cancel.any-thread")
def test_threads_of_every_kind_cancel_a_timer(threading, actors):
    joiner = actors.new()
    for canceller in helpers(threading, actors):
        fired = []
        timer = threading.Timer(LONG, fired.append, [None])
        if actors.start(timer.start).is_blocked() or fired:
            return  # another clause's business
        canceller.call(timer.cancel)
        joiner.start(timer.join)
        assert joiner.returned(), "after a cancel() in a %s: %r" % (canceller, joiner)
        assert not fired, "the timer called its function after a cancel() in a %s" % canceller


# -- the current thread ---------------------------------------------------------------------------


@clause("currentthread.alien")
def test_an_alien_thread_started_by_a_thread_of_the_module_is_not_that_thread(threading, actors):
    for starter in helpers(threading, actors):
        seen = []
        of_starter = starter.call(threading.currentThread)
        starter.call(
            actors.substrate.start_new_thread,
            lambda: seen.append(threading.currentThread()),
            (),
        )
        arrived = actors.until(lambda: seen)
        assert arrived, "currentThread() does not return in a low-level thread"
        assert seen[0] is not of_starter, (
            "currentThread() returned the same object in a %s and in a low-level thread that it "
            "started" % starter
        )


@clause("currentthread.caller")
def test_threads_of_every_kind_keep_their_objects(threading, actors):
    members = helpers(threading, actors)
    objects = [actor.call(threading.currentThread) for actor in members]
    for actor, own in zip(members, objects):
        again = actor.call(threading.currentThread)
        assert again is own, "in a %s currentThread() returned %r first and %r later" % (
            actor,
            own,
            again,
        )
