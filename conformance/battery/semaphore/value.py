"""The ``value`` that a Semaphore is created with."""

from threadspec.conformance.battery.support.calls import in_time
from threadspec.conformance.battery.support.counter import admitted
from threadspec.conformance.battery.support.extremes import FEWER, MANY, try_acquire
from threadspec.conformance.battery.support.premises import check_waits_at_zero
from threadspec.conformance.harness.vocabulary import clause, raises


@clause("semaphore.value.default-one")
def test_the_counter_starts_with_one_by_default(threading, actors):
    for _ in range(2):
        threading.Semaphore(3)  # is not the default from then on
        count = admitted(actors, threading.Semaphore(), 1)
        assert count == 1, "a semaphore created without a value let %d pass" % count


@clause("semaphore.value.initial")
def test_the_counter_starts_with_the_value(threading, actors):
    pair = actors.new(), actors.new()
    for value in (1, 2, 3, 5, 12):
        count = admitted(actors, threading.Semaphore(value), value, pair)
        assert count == value, "a semaphore created with %d let %d pass" % (value, count)


@clause("semaphore.value.initial")
def test_the_counter_starts_with_a_large_value(threading, actors, rounds):
    value = min(rounds, 257)
    count = admitted(actors, threading.Semaphore(value), value)
    assert count == value, "a semaphore created with %d let %d pass" % (value, count)


@clause("semaphore.value.initial")
def test_a_large_value_is_accepted(threading, actors):
    semaphore = threading.Semaphore(2**16 + 1)
    taker = actors.start(in_time, 1000, semaphore.acquire)
    assert taker.returned()


@clause("semaphore.value.zero")
def test_a_counter_of_zero_blocks_from_the_start(threading, actors):
    count = admitted(actors, threading.Semaphore(0), 0)
    assert count == 0, "a semaphore created with 0 let an acquire() pass"


@clause("semaphore.value.zero")
def test_a_semaphore_created_with_zero_can_be_released(threading, actors):
    check_waits_at_zero(actors, threading.Semaphore)
    semaphore = threading.Semaphore(0)
    waiter = actors.start(semaphore.acquire)
    waiter.is_blocked()
    semaphore.release()
    assert waiter.returned()


@clause("semaphore.value.keyword")
def test_the_value_can_be_given_by_name(threading, actors):
    for value in (1, 3):
        count = admitted(actors, threading.Semaphore(value=value), value)
        assert count == value, "a semaphore created with value=%d let %d pass" % (value, count)


@clause("semaphore.value.negative-error")
def test_a_negative_value_is_an_error(threading):
    for value in (-1, -2, -5, -1000, -1):
        raises(ValueError, threading.Semaphore, value)


@clause("semaphore.value.initial")
def test_a_counter_may_begin_high(threading, actors):
    _, failed = try_acquire(actors, threading.Semaphore(MANY))
    assert not failed, "with a value of %d, one of %d acquire(False) returned a false value" % (
        MANY,
        FEWER,
    )
