"""The manual's example: one producer and one consumer."""

from threadspec.conformance.battery.support.condition import (
    acquire_after,
    check_none_raised,
    kinds,
    limited,
)
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.harness.vocabulary import clause


@clause("condition.example.producer-consumer")
def test_producers_and_consumers(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    default, plain = kinds(threading)
    for cond, producers, consumers in ((default, 1, 1), (default, 2, 4), (plain, 4, 2)):
        items = []
        made = []
        consumed = []

        def consume(cv=cond, items=items, consumed=consumed):
            item = 0
            while item is not None:  # None tells a consumer to stop
                cv.acquire()
                while not items:
                    cv.wait()
                item = items.pop(0)
                consumed.append(item)
                cv.release()

        def produce(first, numbers, cv=cond, items=items, made=made):
            for number in numbers:
                cv.acquire()
                items.append(number if number is None else first + number)
                made.append(items[-1])
                cv.notify()
                cv.release()

        takers = actors.start_many(consumers, consume)
        makers = []
        for number in range(producers):
            numbers = limited(actors, rounds // (2 * producers))
            makers.append(actors.start(produce, number * rounds, numbers))
        actors.ended(makers, at_least=producers)
        actors.call(produce, 0, [None] * consumers)
        ended = actors.ended(takers, at_least=consumers)
        assert len(ended) == consumers, "%d of %d items were consumed" % (len(consumed), len(made))
        check_none_raised(makers + takers)
        assert consumed == made, "items were lost or reordered: %d produced, %d consumed" % (
            len(made),
            len(consumed),
        )


@clause("condition.example.producer-consumer")
def test_consumers_of_one_item_each_get_one_from_producers_that_contend(threading, actors):
    for cond in kinds(threading):
        items = []
        arrived = []

        def consume_one(cv=cond, items=items, arrived=arrived):
            cv.acquire()
            arrived.append(1)
            while not items:
                cv.wait()
            items.pop(0)
            cv.release()

        def produce_two(cv=cond, items=items):
            for item in range(2):
                cv.acquire()
                items.append(item)
                cv.notify()
                cv.release()

        takers = actors.start_many(6, consume_one)
        notifier = acquire_after(actors, cond, arrived, 6)
        makers = actors.start_many(3, produce_two)
        actors.ended(makers)  # until the notifier releases the lock, they are blocked
        notifier.call(cond.release)
        ended = actors.ended(takers, at_least=6)
        assert len(ended) == 6, "%d of 6 consumers got one of 6 items" % len(ended)


@clause("condition.example.bounded-buffer")
def test_two_conditions_on_the_lock_of_a_bounded_buffer(threading, actors, rounds):
    check_excludes(actors, threading.Condition)
    for lock in (threading.Lock(), threading.RLock()):
        not_full = threading.Condition(lock)
        not_empty = threading.Condition(lock)
        buffer = []
        put = []
        got = []
        most = []

        def produce(lock=lock, full=not_full, empty=not_empty, buffer=buffer, put=put, most=most):
            numbers = limited(actors, rounds)
            item = 0
            while item is not None:
                item = next(numbers, None)  # None tells a consumer to stop
                lock.acquire()
                while len(buffer) >= 2:
                    full.wait()
                buffer.append(item)
                put.append(item)
                most.append(len(buffer))
                empty.notify()
                lock.release()

        def consume(lock=lock, full=not_full, empty=not_empty, buffer=buffer, got=got):
            item = 0
            while item is not None:
                lock.acquire()
                while not buffer:
                    empty.wait()
                item = buffer.pop(0)
                got.append(item)
                full.notify()
                lock.release()

        helpers = actors.start_many(2, consume) + actors.start_many(2, produce)
        ended = actors.ended(helpers, at_least=4)
        assert len(ended) == 4, "%d items were put in, %d got out" % (len(put), len(got))
        check_none_raised(helpers)
        assert got == put, "items were lost or reordered: %d put in, %d got out" % (
            len(put),
            len(got),
        )
        assert max(most) <= 2, "%d items in a buffer for 2" % max(most)
