"""Threads that are held up right after they were woken: the others must not wait for them.

Where an implementation is not written in Python, nothing can be held up, and these cases pass.
"""

from threadspec.conformance.battery.counting import repeat
from threadspec.conformance.battery.delaying import CROWD, HELD, left_behind
from threadspec.conformance.harness.vocabulary import clause


def check_wakes(actors, what, make):
    """Of CROWD waiting threads that ``what`` wakes, all come back but HELD that are held up."""
    left = left_behind(actors, make)
    assert not left, "%s, and %d of the threads that it woke are held up; %d of %d others %s" % (
        what,
        HELD,
        left,
        CROWD - HELD,
        "do not return from their calls",
    )


@clause("event.set.wakes-all")
def test_set_wakes_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    def make():
        event = threading.Event()

        def is_free():
            event.clear()
            event.wait(0.0)
            event.set()
            return True

        return event.wait, event.set, is_free

    check_wakes(actors, "set() was called while %d threads waited" % CROWD, make)


@clause("condition.notifyAll.wakes-all")
def test_notify_all_wakes_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    for lock in (threading.RLock, threading.Lock):

        def make(lock=lock):
            cond = threading.Condition(lock())
            arrived = []

            def wait():
                cond.acquire()
                arrived.append(True)
                cond.wait()
                cond.release()

            def wake():
                # Who has arrived holds the lock until it waits: what is slow may not have begun.
                actors.until(lambda: len(arrived) >= CROWD)
                cond.acquire()
                cond.notifyAll()
                cond.release()

            def is_free():
                free = cond.acquire(False)
                if free:
                    cond.release()
                return free

            return wait, wake, is_free

        check_wakes(actors, "notifyAll() was called while %d threads waited" % CROWD, make)


def check_releases(actors, kind):
    """As many releases as there are waiting threads wake them all."""

    def make():
        semaphore = kind(CROWD)
        actors.call(repeat, CROWD, semaphore.acquire)

        def wake():
            repeat(CROWD, semaphore.release)

        def is_free():
            if semaphore.acquire(False):
                semaphore.release()
            return True

        return semaphore.acquire, wake, is_free

    what = "release() was called %d times while %d threads waited" % (CROWD, CROWD)
    check_wakes(actors, what, make)


@clause("semaphore.release.wakes-as-many")
def test_releases_wake_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    check_releases(actors, threading.Semaphore)


@clause("boundedsemaphore.release.wakes-as-many")
def test_bounded_releases_wake_the_others_while_some_of_the_woken_are_held_up(threading, actors):
    check_releases(actors, threading.BoundedSemaphore)


@clause("thread.join.many-joiners")
def test_the_end_of_a_thread_wakes_other_joiners_while_some_are_held_up(threading, actors):
    for args in ((), (30.0,)):

        def make(args=args):
            gate = actors.substrate.allocate_lock()
            gate.acquire()
            thread = threading.Thread(target=gate.acquire)
            actors.call(thread.start)

            def is_free():
                thread.join(0.0)
                return True

            return lambda: thread.join(*args), gate.release, is_free

        check_wakes(actors, "a thread ended while %d others were in its join()" % CROWD, make)
