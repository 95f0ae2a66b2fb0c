"""Making ``Thread`` objects, and what is not about a single method."""

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.stepping import settle
from threadspec.conformance.battery.support.thread import finish, kinds, nothing
from threadspec.conformance.harness.vocabulary import clause


@clause("thread.class")
def test_each_thread_is_a_new_object(threading):
    for make in kinds(threading):
        first = make(nothing)
        second = make(nothing)
        assert first is not second


@clause("thread.class")
def test_a_thread_that_has_ended_is_not_used_again(threading, actors):
    for kwargs in ({}, {"name": "worker"}):
        first = threading.Thread(target=nothing, **kwargs)
        actors.call(first.start)
        finish(actors, first)
        settle(actors)
        for _ in range(2):
            second = threading.Thread(target=nothing, **kwargs)
            assert second is not first


@clause("thread.class")
def test_threads_have_activities_of_their_own(threading, actors):
    class Own(threading.Thread):
        pass

    for make in kinds(threading) + [lambda activity: Own(target=activity)]:
        with Latch(actors.substrate) as first:
            with Latch(actors.substrate) as second:
                threads = [make(latch.wait) for latch in (first, second)]
                for thread in threads:
                    actors.call(thread.start)
                arrived = actors.until(lambda: len(first.arrivals) + len(second.arrivals) == 2)
                assert arrived, "the activities of two threads ran %d and %d times" % (
                    len(first.arrivals),
                    len(second.arrivals),
                )
                came = (len(first.arrivals), len(second.arrivals))
                assert came == (1, 1), "the activities of two threads ran %d and %d times" % came
                assert first.arrivals != second.arrivals, (
                    "the activities of two threads ran in one thread of control"
                )
