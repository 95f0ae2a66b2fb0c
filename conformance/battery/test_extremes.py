"""Large numbers: long time-outs, deep recursion, high counters, many joiners."""

import time

from threadspec.conformance.battery.premises import check_excludes, check_waits_until_set
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import clause

# Seconds, each of them too many for some representation: microseconds in 32 bits; milliseconds in
# 31 and in 32 bits; seconds in 31 and in 32 bits.
YEARS = (4295.0, 2147484.0, 4294968.0, 1e9, 2.0**31, 2.0**32 + 1)

# Seconds beyond what an implementation's clock may be able to count.
AGES = (1e10, 1e300)

# More than 16 bits can count.
MANY = 70000

# More than what is left of MANY in 16 bits.
FEWER = 5000

CROWD = 150  # threads


def shown(timeouts):
    """Time-outs as a reader would write them."""
    return ", ".join(["%.16g" % timeout for timeout in timeouts])


def check_waits(actors, wait, wake, timeouts, may_raise):
    """wait(timeout) does not return before ``wake`` is called, and returns then.

    ``may_raise``: an exception will do in place of waiting.
    """
    waiters = [(timeout, actors.start(wait, timeout)) for timeout in timeouts]
    over = actors.ended([waiter for _, waiter in waiters])
    wake()
    for timeout, waiter in waiters:
        if waiter in over:
            raised = waiter.error is not None
            assert may_raise and raised, "with nothing to end it, %s: %r" % (
                "the call with a time-out of %.16g seconds" % timeout,
                waiter,
            )
        else:
            assert waiter.returned(), "the time-out is %.16g seconds: %r" % (timeout, waiter)


# -- time-outs ------------------------------------------------------------------------------------


@clause("event.wait.timeout-long")
def test_a_long_timeout_of_an_event_does_not_occur(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    check_waits(actors, event.wait, event.set, YEARS, False)


@clause("event.wait.timeout-long")
def test_an_immense_timeout_of_an_event_does_not_occur(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    check_waits(actors, event.wait, event.set, AGES, True)


@clause("event.wait.timeout-unlimited")
def test_an_immense_timeout_of_an_event_is_accepted(threading, actors):
    check_waits_until_set(actors, threading.Event)
    event = threading.Event()
    check_waits(actors, event.wait, event.set, AGES, False)


def waiting_on(condition, actors, count):
    """A function that waits on ``condition`` and one that wakes the ``count`` threads that do."""
    arrived = []

    def wait(timeout):
        condition.acquire()
        try:
            arrived.append(timeout)
            condition.wait(timeout)
        finally:
            condition.release()

    def wake():
        # What is slow may not have begun to wait.  Who has arrived holds the lock until it waits.
        actors.until(lambda: len(arrived) >= count)
        condition.acquire()
        condition.notifyAll()
        condition.release()

    return wait, wake


@clause("condition.wait.timeout-long")
def test_a_long_timeout_of_a_condition_does_not_occur(threading, actors):
    check_excludes(actors, threading.Condition)
    wait, wake = waiting_on(threading.Condition(), actors, len(YEARS))
    check_waits(actors, wait, wake, YEARS, False)


@clause("condition.wait.timeout-long")
def test_an_immense_timeout_of_a_condition_does_not_occur(threading, actors):
    check_excludes(actors, threading.Condition)
    wait, wake = waiting_on(threading.Condition(), actors, len(AGES))
    check_waits(actors, wait, wake, AGES, True)


@clause("condition.wait.timeout-unlimited")
def test_an_immense_timeout_of_a_condition_is_accepted(threading, actors):
    check_excludes(actors, threading.Condition)
    wait, wake = waiting_on(threading.Condition(), actors, len(AGES))
    check_waits(actors, wait, wake, AGES, False)


def blocked_thread(threading, actors):
    """A thread that is alive, and a function that lets it end; None, None where it does not run."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    begun = []

    def live():
        begun.append(None)
        lock.acquire()

    thread = threading.Thread(target=live)
    actors.start(thread.start)
    if actors.until(lambda: begun):
        return thread, lock.release
    return None, None


def check_join(threading, actors, timeouts, may_raise):
    """join(timeout) does not return while the thread is alive."""
    # A thread for each, since a join() that is refused may have consequences.
    made = [blocked_thread(threading, actors) for _ in timeouts]
    threads = dict([(timeout, pair[0]) for timeout, pair in zip(timeouts, made)])
    if [thread for thread in threads.values() if thread is None]:
        return  # other clauses fail

    def join(timeout):
        threads[timeout].join(timeout)

    check_waits(actors, join, lambda: [end() for _, end in made], timeouts, may_raise)


@clause("thread.join.blocks")
def test_a_thread_lives_on_after_a_timeout_that_was_refused(threading, actors):
    thread, end = blocked_thread(threading, actors)
    if thread is None:
        return  # other clauses fail
    joiners = dict([(timeout, actors.start(thread.join, timeout)) for timeout in AGES])
    ended = actors.ended(list(joiners.values()))
    refused = [
        timeout for timeout in AGES if joiners[timeout] in ended and joiners[timeout].raised()
    ]
    joiner = actors.start(thread.join)
    blocked = joiner.is_blocked()
    end()
    assert blocked, "the thread is alive; join() with a time-out of %s seconds has raised; %r" % (
        shown(refused),
        joiner,
    )


@clause("thread.join.timeout-long")
def test_a_long_timeout_of_join_does_not_occur(threading, actors):
    check_join(threading, actors, YEARS, False)


@clause("thread.join.timeout-long")
def test_an_immense_timeout_of_join_does_not_occur(threading, actors):
    check_join(threading, actors, AGES, True)


@clause("thread.join.timeout-unlimited")
def test_an_immense_timeout_of_join_is_accepted(threading, actors):
    check_join(threading, actors, AGES, False)


def timers_after_a_while(threading, actors, intervals):
    """Start timers with these intervals, and cancel them once none can get further by itself.

    Returns the intervals of those that called their function, and of those whose thread had ended.
    """
    fired = []
    timers = [threading.Timer(interval, fired.append, [interval]) for interval in intervals]
    starter = actors.new()
    for timer in timers:
        if starter.start(timer.start).is_blocked():
            return [], []  # it waits in the caller's thread: another clause's business
        starter.result()
    joiners = [actors.start(timer.join) for timer in timers]
    ended = actors.ended(joiners)
    for timer in timers:
        timer.cancel()
    actors.ended(joiners, at_least=len(joiners))
    over = [interval for interval, joiner in zip(intervals, joiners) if joiner in ended]
    return fired, over


@clause("timer.interval-long")
def test_a_timer_waits_for_a_long_interval(threading, actors):
    fired, ended = timers_after_a_while(threading, actors, YEARS)
    assert not fired, "timers of %s seconds called their functions right away" % shown(fired)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)


@clause("timer.interval-long")
def test_a_timer_with_an_immense_interval_does_not_fire(threading, actors):
    fired, _ = timers_after_a_while(threading, actors, AGES)
    assert not fired, "timers of %s seconds called their functions right away" % shown(fired)


@clause("timer.interval-unlimited")
def test_a_timer_waits_for_an_immense_interval(threading, actors):
    _, ended = timers_after_a_while(threading, actors, AGES)
    assert not ended, "timers of %s seconds ended without calling their functions" % shown(ended)


# -- counters -------------------------------------------------------------------------------------


def many_times(function, most=MANY):
    """Call ``function`` ``most`` times, or less often where it is slow; how often it was called."""
    until = blocking.clock() + 0.3
    done = 0
    while done < most and blocking.clock() < until:
        for _ in range(10):
            function()
        done += 10
    return done


def call_times(times, function):
    """Call ``function`` that many times."""
    for _ in range(times):
        function()


def try_acquire(actors, semaphore):
    """How often acquire(False) was called in turn, FEWER times or less, and how often it failed."""
    failed = []

    def acquire():
        if not failed and not semaphore.acquire(False):
            failed.append(None)

    return actors.call(many_times, acquire, FEWER), len(failed)


@clause("rlock.release.outermost-unlocks")
def test_a_lock_acquired_many_times_is_released_as_many_times(threading, actors):
    lock = threading.RLock()
    owner, other = actors.new(), actors.new()
    owner.call(lock.acquire)
    got = other.call(lock.acquire, False)
    owner.call(lock.release)
    if got:
        return  # another clause's business
    level = owner.call(many_times, lock.acquire)
    owner.call(call_times, level - 1, lock.release)
    got = other.call(lock.acquire, False)
    assert not got, "acquired %d times and released %d times, the lock is free" % (
        level,
        level - 1,
    )
    owner.call(lock.release)
    got = other.call(lock.acquire, False)
    assert got, "acquired and released %d times, the lock is not free" % level


@clause("condition.wait.rlock-level-restored")
def test_wait_restores_a_high_level(threading, actors):
    condition = threading.Condition()
    owner, other = actors.new(), actors.new()
    level = owner.call(many_times, condition.acquire, 300)
    owner.call(condition.wait, 0.0)
    owner.call(call_times, level - 1, condition.release)
    got = other.call(condition.acquire, False)
    assert not got, "acquired %d times, waited, and released %d times, the lock is free" % (
        level,
        level - 1,
    )
    owner.call(condition.release)
    got = other.call(condition.acquire, False)
    assert got, "acquired %d times, waited, and released as often, the lock is not free" % level


@clause("semaphore.value.initial")
def test_a_counter_may_begin_high(threading, actors):
    _, failed = try_acquire(actors, threading.Semaphore(MANY))
    assert not failed, "with a value of %d, one of %d acquire(False) returned a false value" % (
        MANY,
        FEWER,
    )


@clause("boundedsemaphore.value.initial")
def test_a_bounded_counter_may_begin_high(threading, actors):
    _, failed = try_acquire(actors, threading.BoundedSemaphore(MANY))
    assert not failed, "with a value of %d, one of %d acquire(False) returned a false value" % (
        MANY,
        FEWER,
    )


@clause("boundedsemaphore.release.within-bound")
def test_a_bound_may_be_high(threading, actors):
    semaphore = threading.BoundedSemaphore(MANY)
    taken, failed = try_acquire(actors, semaphore)
    if failed:
        return  # another clause's business
    releaser = actors.start(many_times, semaphore.release, taken)
    assert releaser.returned(), "with a value of %d, after %d acquire(): %r" % (
        MANY,
        taken,
        releaser,
    )


# -- waiting threads ------------------------------------------------------------------------------


class Crowd(object):
    """Many low-level threads that call ``function``; fewer where the system allows fewer."""

    def __init__(self, actors, function):
        self._actors = actors
        self._function = function
        self.begun = []
        self.back = []
        self.size = 0
        for _ in range(CROWD):
            try:
                actors.substrate.start_new_thread(self._live, ())
            except Exception:
                break
            self.size += 1

    def _live(self):
        self.begun.append(None)
        self._function()
        self.back.append(None)

    def has_begun(self):
        """Wait for all to begin, and for a moment more."""
        self._actors.until(lambda: len(self.begun) == self.size)
        time.sleep(0.001)

    def check(self, what):
        """All come back."""
        self._actors.until(lambda: len(self.back) == self.size)
        assert len(self.back) == self.size, "%s: %d of %d threads came back" % (
            what,
            len(self.back),
            self.size,
        )


@clause("thread.join.many-joiners")
def test_very_many_threads_join_a_thread(threading, actors):
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    thread = threading.Thread(target=lock.acquire)
    actors.call(thread.start)
    crowd = Crowd(actors, thread.join)
    crowd.has_begun()
    lock.release()
    crowd.check("after the end of the thread, of join()")
