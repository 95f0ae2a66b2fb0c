"""The ``value`` that a BoundedSemaphore is created with."""

from threadspec.conformance.battery.support.calls import in_time
from threadspec.conformance.battery.support.counter import admitted
from threadspec.conformance.battery.support.extremes import FEWER, MANY, try_acquire
from threadspec.conformance.harness.vocabulary import clause, raises


@clause("boundedsemaphore.value.default-one")
def test_the_counter_starts_with_one_by_default(threading, actors):
    for _ in range(2):
        threading.BoundedSemaphore(3)  # is not the default from then on
        count = admitted(actors, threading.BoundedSemaphore(), 1)
        assert count == 1, "a bounded semaphore created without a value let %d pass" % count


@clause("boundedsemaphore.value.initial")
def test_the_counter_starts_with_the_value(threading, actors):
    pair = actors.new(), actors.new()
    for value in (1, 2, 3, 5, 12):
        count = admitted(actors, threading.BoundedSemaphore(value), value, pair)
        assert count == value, "a bounded semaphore created with %d let %d pass" % (value, count)


@clause("boundedsemaphore.value.initial")
def test_the_counter_starts_with_a_large_value(threading, actors, rounds):
    value = min(rounds, 257)
    count = admitted(actors, threading.BoundedSemaphore(value), value)
    assert count == value, "a semaphore created with %d let %d pass" % (value, count)


@clause("boundedsemaphore.value.initial")
def test_a_large_value_is_accepted(threading, actors):
    semaphore = threading.BoundedSemaphore(2**16 + 1)
    taker = actors.start(in_time, 1000, semaphore.acquire)
    assert taker.returned()


@clause("boundedsemaphore.value.zero")
def test_a_counter_of_zero_lets_nobody_pass(threading, actors):
    semaphore = threading.BoundedSemaphore(0)
    for _ in range(2):
        got = actors.call(semaphore.acquire, False)
        assert not got


@clause("boundedsemaphore.value.keyword")
def test_the_value_can_be_given_by_name(threading, actors):
    for value in (1, 3):
        semaphore = threading.BoundedSemaphore(value=value)
        count = admitted(actors, semaphore, value)
        assert count == value, "a semaphore created with value=%d let %d pass" % (value, count)


@clause("boundedsemaphore.value.negative-error")
def test_a_negative_value_is_an_error(threading):
    for value in (-1, -2, -5, -1000, -1):
        raises(ValueError, threading.BoundedSemaphore, value)


@clause("boundedsemaphore.value.initial")
def test_a_bounded_counter_may_begin_high(threading, actors):
    _, failed = try_acquire(actors, threading.BoundedSemaphore(MANY))
    assert not failed, "with a value of %d, one of %d acquire(False) returned a false value" % (
        MANY,
        FEWER,
    )
