"""``enumerate()``."""

import sys
import time

from threadspec.conformance.battery.support.identifiers import alien_heirs, thread_heirs
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import (
    alive,
    listed,
    run_to_end,
    subclass,
    times,
    while_time_lasts,
)
from threadspec.conformance.battery.support.stepping import endings, meetings
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause


@clause("enumerate.list")
def test_enumerate_returns_a_list(threading):
    threads = threading.enumerate()
    assert isinstance(threads, list), (
        "enumerate() returned a %s, expected a list" % type(threads).__name__
    )


@clause("enumerate.fresh")
def test_each_list_is_the_callers_own(threading):
    first = threading.enumerate()
    length = len(first)
    del first[:]
    second = threading.enumerate()
    assert second is not first
    assert len(second) == length, (
        "enumerate() lists %d threads after a list was emptied, expected %d" % (len(second), length)
    )
    second.append(None)
    second.reverse()
    third = threading.enumerate()
    assert len(third) == length, (
        "enumerate() lists %d threads after a list was changed, expected %d" % (len(third), length)
    )
    count = times(third, None)
    assert count == 0, "enumerate() lists what was added to an earlier list"


@clause("enumerate.includes-main")
def test_the_main_thread_is_listed(threading, actors):
    main = threading.currentThread()
    count = listed(threading, main)
    assert count == 1
    count = actors.call(listed, threading, main)
    assert count == 1


@clause("enumerate.includes-started")
def test_started_threads_are_listed(threading, actors):
    latch = Latch(actors.substrate)
    threads = [threading.Thread(target=latch.wait), subclass(threading, latch.wait)()]
    threads += [threading.Thread(target=latch.wait, name="named") for _ in range(2)]
    for number, thread in enumerate(threads):
        actors.call(thread.start)
        counts = [listed(threading, one) for one in threads[: number + 1]]
        assert counts == [1] * (number + 1)
        counts = [actors.call(listed, threading, one) for one in threads[: number + 1]]
        assert counts == [1] * (number + 1)
    latch.open()


@clause("enumerate.includes-started")
def test_a_thread_is_listed_in_its_own_run(threading, actors):
    counts = []
    thread = threading.Thread(target=lambda: counts.append(listed(threading, thread)))
    run_to_end(actors, thread, counts)
    assert counts == [1], (
        "in its own run(), enumerate() lists the thread %s times, expected [1]" % counts
    )


@clause("enumerate.includes-started")
def test_a_thread_is_listed_from_the_moment_start_returns(threading, actors, rounds):
    latch = Latch(actors.substrate)
    counts = []

    def start_all():
        # No more than forty, which any platform can run simultaneously.
        threads = [threading.Thread(target=latch.wait) for _ in range(min(rounds // 8, 40))]
        for thread in while_time_lasts(threads):
            thread.start()
            counts.append(listed(threading, thread))

    actors.call(start_all)
    latch.open()
    missing = counts.count(0)
    assert missing == 0, "after start(), %d of %d threads were not listed" % (missing, len(counts))


@clause("enumerate.includes-daemonic")
def test_daemon_threads_are_listed(threading, actors):
    for make in (threading.Thread, lambda target: subclass(threading, target)()):
        latch = Latch(actors.substrate)
        thread = make(target=latch.wait)
        thread.setDaemon(True)
        actors.call(thread.start)
        latch.await_arrival()
        count = listed(threading, thread)
        assert count == 1
        count = actors.call(listed, threading, thread)
        assert count == 1
        latch.open()


@clause("enumerate.includes-alien")
def test_dummy_thread_objects_are_listed(threading, actors):
    helpers = [actors.new() for _ in range(3)]
    dummies = []
    for alien in helpers:
        dummies.append(alien.call(threading.currentThread))
        for dummy in dummies:
            count = listed(threading, dummy)
            assert count == 1
            for asked in (helpers[0], alien):
                count = asked.call(listed, threading, dummy)
                assert count == 1


@clause("enumerate.excludes-unstarted")
def test_threads_that_are_not_started_are_not_listed(threading):
    made = [
        threading.Thread(),
        threading.Thread(target=int, name="named"),
        subclass(threading, int)(),
    ]
    made[1].setName("renamed")
    for thread in made:
        count = listed(threading, thread)
        assert count == 0
        thread.run()
        count = listed(threading, thread)
        assert count == 0


@clause("enumerate.excludes-unstarted")
def test_a_thread_is_not_listed_before_start_beside_started_ones(threading, actors):
    latch = Latch(actors.substrate)
    unstarted = threading.Thread(target=latch.wait)
    alive(threading, actors, latch)
    count = listed(threading, unstarted)
    assert count == 0
    latch.open()


@clause("enumerate.excludes-terminated")
def test_a_thread_that_has_ended_is_not_listed(threading, actors):
    done = []

    def end():
        done.append(True)

    def fail():
        done.append(True)
        raise ValueError("of the thread")

    def leave():
        done.append(True)
        sys.exit()

    class Odd(BaseException):
        pass

    def fail_oddly():
        done.append(True)
        raise Odd("of the thread")

    def fail_like_a_generator():
        done.append(True)
        raise GeneratorExit

    for daemonic in (False, True):
        for make in (
            lambda: threading.Thread(target=end),
            lambda: threading.Thread(target=fail),
            lambda: threading.Thread(target=leave),
            lambda: threading.Thread(target=fail_oddly),
            lambda: threading.Thread(target=fail_like_a_generator),
            subclass(threading, end),
            subclass(threading, fail),
        ):
            thread = make()
            if daemonic:
                thread.setDaemon(True)
            run_to_end(actors, thread, done)
            gone = actors.until(lambda: not listed(threading, thread))
            assert gone, "enumerate() lists a thread that has ended"


@clause("enumerate.excludes-terminated")
def test_an_ended_thread_is_not_listed_because_it_was_started_again(threading, actors):
    done = []
    thread = threading.Thread(target=lambda: done.append(True))
    run_to_end(actors, thread, done)
    gone = actors.until(lambda: not listed(threading, thread))
    for _ in range(2):
        actors.start(thread.start).raised()
        again = gone and actors.call(listed, threading, thread)
        assert not again, "enumerate() lists a thread that has ended, after a second start()"


@clause("enumerate.excludes-terminated")
def test_a_thread_is_not_listed_once_join_has_returned_at_any_line(threading, actors):
    hold = actors.substrate.allocate_lock()
    hold.acquire()
    joiner = actors.new()

    def join_and_look(thread):
        thread.join()
        return listed(threading, thread)

    for thread, ending in endings(threading, actors, hold.acquire):
        joiner.start(join_and_look, thread)
        too_early = not joiner.is_blocked()  # join() does not wait, the subject of another clause
        hold.release()  # the activity ends, having locked it again for the next one
        joiner.is_blocked()  # or join() and enumerate() have returned
        ending.go_on()
        count = joiner.result()
        assert count == 0 or too_early, "after join(), enumerate() lists the thread"


@clause("enumerate.excludes-terminated")
def test_a_thread_is_not_listed_once_join_has_returned(threading, actors, rounds):
    done = []
    late = []

    def start_and_join():
        threads = [threading.Thread(target=lambda: done.append(True)) for _ in range(rounds // 6)]
        for number, thread in enumerate(while_time_lasts(threads)):
            thread.start()
            thread.join()
            # That join() waits for the activity is the subject of another clause.
            late.append(len(done) > number and listed(threading, thread))

    actors.call(start_and_join)
    count = len([one for one in late if one])
    assert count == 0, "after join(), %d of %d threads were listed" % (count, len(late))


@clause("enumerate.excludes-terminated")
def test_the_end_of_one_thread_takes_no_other_off_the_list(threading, actors):
    latches = [Latch(actors.substrate) for _ in range(3)]
    threads = [alive(threading, actors, latch) for latch in latches]
    expected = [1, 1, 1]
    for index in (1, 0, 2):
        latches[index].open()
        actors.until(lambda: not listed(threading, threads[index]))
        expected[index] = 0
        counts = [listed(threading, thread) for thread in threads]
        assert counts == expected


@clause("enumerate.timer")
def test_a_timer_is_listed_like_any_thread(threading, actors):
    ran = []
    cancelled, fired = threading.Timer(30.0, int), threading.Timer(0.0, ran.append, [True])
    for timer in (cancelled, fired):
        count = listed(threading, timer)
        assert count == 0
    starter = actors.start(cancelled.start)
    if starter.is_blocked():  # start() waits for the interval, the subject of another clause
        cancelled.cancel()
        return
    count = listed(threading, cancelled)
    assert count == 1
    actors.start(cancelled.join).is_blocked()  # the timer has come to wait
    count = listed(threading, cancelled)
    assert count == 1
    cancelled.cancel()
    run_to_end(actors, fired, ran)
    for timer in (cancelled, fired):
        gone = actors.until(lambda: not listed(threading, timer))
        assert gone


def program_that_lists(threading, substrate):
    latch = Latch(substrate)
    main = threading.currentThread()
    expected = [main]
    says = []

    def compare():
        threads = threading.enumerate()
        found = [times(threads, thread) for thread in expected] == [1] * len(expected)
        says.append(found and len(threads) == len(expected) and "as" or "not as")
        says.append("expected")

    compare()
    for number in range(2):
        threading.Thread(target=latch.wait)
        thread = threading.Thread(target=latch.wait)
        thread.start()
        latch.await_arrival(number + 1)
        expected.append(thread)
        compare()
    latch.open()
    patience = blocking.clock() + 1.0
    while len(threading.enumerate()) > 1 and blocking.clock() < patience:
        time.sleep(0)
    del expected[1:]
    compare()
    say(" ".join(says))


@clause("enumerate.nothing-else")
def test_the_list_has_the_alive_threads_and_nothing_else(programs):
    program = programs.start(program_that_lists)
    line = program.line()
    assert line == " ".join(["as expected"] * 4), repr(program)


@clause("enumerate.while-threads-come-and-go")
def test_a_list_is_right_where_threads_come_and_go_at_any_line(threading, actors):
    latches = []

    def prepare():
        latches[:] = [Latch(actors.substrate) for _ in range(3)]
        goes, stays = [alive(threading, actors, latch) for latch in latches[:2]]

        def come_and_go():
            threading.Thread(target=latches[2].wait).start()
            latches[0].open()
            goes.join()

        return (lambda: listed(threading, stays)), come_and_go

    for meeting in meetings(actors, prepare):
        count = meeting.call.result()
        assert count == 1
        meeting.other.returned()
        for latch in latches[1:]:
            latch.open()


# The most threads that exist simultaneously: a small system may not have more.
MOST = 16


@clause("enumerate.while-threads-come-and-go")
def test_lists_are_right_while_threads_come_and_go(threading, actors, rounds):
    latch = Latch(actors.substrate)
    stays = alive(threading, actors, latch)
    looks = []
    begun = []
    over = []

    def begin():
        begun.append(True)

    def come_and_go():
        threads = [threading.Thread(target=begin) for _ in range(rounds // 6)]
        started = 0
        try:
            for thread in while_time_lasts(threads):
                thread.start()
                started += 1
                while started - len(begun) > MOST:
                    time.sleep(0)
        finally:
            over.append(True)

    def look():
        while not over:
            looks.append(listed(threading, stays) == 1)
            time.sleep(0)

    helpers = [actors.start(look), actors.start(come_and_go)]
    for actor in helpers:
        actor.result()
    latch.open()
    wrong = looks.count(False)
    assert wrong == 0, "%d of %d lists lacked a running thread or had it twice" % (
        wrong,
        len(looks),
    )


@clause("enumerate.includes-alien")
def test_the_dummy_of_a_recurring_identifier_is_listed(threading, actors):
    for _, alien in alien_heirs(threading, actors):
        dummy = alien.call(threading.currentThread)
        count = listed(threading, dummy)
        assert count == 1, "enumerate() lists the thread object of an alien thread %d times" % count


@clause("enumerate.excludes-terminated")
def test_a_thread_is_not_listed_again_with_its_identifier(threading, actors):
    for ended, alien in thread_heirs(threading, actors):
        alien.start(threading.currentThread).returned()
        count = listed(threading, ended)
        assert not count, (
            "enumerate() lists a thread that has ended, whose identifier a new one has"
        )
