"""The counter of a Semaphore."""

import time

from threadspec.conformance.battery.support.counter import admitted, most_holders
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("semaphore.counter.atomic")
def test_no_change_of_the_counter_is_lost(threading, actors, rounds):
    # The counter is so large that no acquire() has to block, were every release() lost.
    check_waits_at_zero(actors, threading.Semaphore)
    value = 3 * rounds + 4
    semaphore = threading.Semaphore(value)

    def use(number):
        for step in range(10):
            semaphore.acquire()
            if not (number + step) % 3:
                time.sleep(0)  # the others go on with one acquired here
            semaphore.release()

    actors.race([use] * 4, rounds // 14)
    left = admitted(actors, semaphore, value)
    assert left == value, "%d left of %d after as many releases as acquires" % (left, value)


@clause("semaphore.counter.atomic")
def test_a_release_amid_an_acquire_counts(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphores = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        semaphores.append(threading.Semaphore(3))
        keeper.call(semaphores[-1].acquire)
        return semaphores[-1].acquire, semaphores[-1].release

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        left = admitted(actors, semaphores[-1], 2, pair)
        assert left == 2, "%d left of 3 after two acquires and a release amid the second" % left


@clause("semaphore.counter.atomic")
def test_an_acquire_amid_a_release_counts(threading, actors):
    semaphores = []
    keeper = actors.new()
    pair = actors.new(), actors.new()

    def prepare():
        semaphores.append(threading.Semaphore(3))
        keeper.call(semaphores[-1].acquire)
        return semaphores[-1].release, semaphores[-1].acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        assert meeting.other.returned()
        left = admitted(actors, semaphores[-1], 2, pair)
        assert left == 2, "%d left of 3 after two acquires, the second amid a release" % left


@clause("semaphore.counter.never-negative")
def test_no_more_holders_than_the_value_allows(threading, actors, rounds):
    check_waits_at_zero(actors, threading.Semaphore)
    holders = most_holders(actors, threading.Semaphore(2), rounds)
    assert holders <= 2, "%d threads held a semaphore of 2 at once" % holders


@clause("semaphore.counter.never-negative")
def test_one_of_two_that_acquire_at_once_blocks(threading, actors):
    for form in ((), (True,)):
        semaphores = []

        def prepare():
            semaphores.append(threading.Semaphore(1))
            return [lambda: semaphores[-1].acquire(*form)] * 2

        for meeting in meetings(actors, prepare):
            helpers = [meeting.call, meeting.other]
            passed = actors.ended(helpers, at_least=1)
            assert len(passed) == 1, "%d of 2 threads passed at once" % len(passed)
            passed[0].call(semaphores[-1].release)
            assert len(actors.ended(helpers, at_least=2)) == 2
