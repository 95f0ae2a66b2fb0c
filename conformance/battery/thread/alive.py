"""``Thread.isAlive()``."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import listed
from threadspec.conformance.battery.support.stepping import endings, settle
from threadspec.conformance.battery.support.thread import (
    Oops,
    Running,
    Sink,
    Started,
    Undisturbed,
    Unshown,
    affordable,
    attempt,
    by_target,
    check_alive,
    failures,
    kinds,
    noted,
    nothing,
    raiser,
    repeat_undisturbed,
    started_by_others,
)
from threadspec.conformance.harness.vocabulary import clause, show


def check_dies(actors, thread, after="its run() was to end"):
    """isAlive() returns false some time after the end of the thread."""
    dead = actors.until(lambda: not thread.isAlive())
    assert dead, "isAlive() still returned true long after %s" % after


def join_and_ask(thread, *args):
    """A function that joins the thread and returns what isAlive() returns then."""
    is_alive = thread.isAlive

    def wait():
        thread.join(*args)
        return is_alive()

    return wait


@clause("thread.alive.before")
def test_a_new_thread_is_not_alive(threading, actors):
    for make in kinds(threading):
        check_alive(make(nothing), actors.new(), False)


@clause("thread.alive.before")
def test_a_thread_whose_run_is_called_is_not_started(threading):
    seen = []
    for make in kinds(threading):
        thread = make(lambda: seen.append(thread.isAlive()))
        thread.run()
        seen.append(thread.isAlive())
    alive = [one for one in seen if one]
    assert alive == [], "run() was called, not start(), and isAlive() returned a true value"


@clause("thread.alive.running")
def test_a_thread_is_alive_while_its_run_goes_on(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            alive = thread.isAlive()
            assert alive
            actors.until(lambda: latch.arrivals)
            check_alive(thread, actors.new())


@clause("thread.alive.running")
def test_a_thread_made_in_any_thread_is_alive(threading, actors):
    # A thread that an alien thread makes is daemonic, unlike one that the main thread makes.
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            for thread in started_by_others(threading, actors, make, latch.wait):
                alive = thread.isAlive()
                assert alive


@clause("thread.alive.running")
def test_a_thread_sees_itself_alive(threading, actors):
    for make in kinds(threading):
        notes = []
        thread = make(lambda: attempt(notes, lambda: thread.isAlive()))
        thread.start()
        alive = noted(actors, notes)[0]
        assert alive, "isAlive() returned %s in the thread itself" % show(alive)


@clause("thread.alive.running")
def test_a_thread_is_alive_when_start_returns(threading, actors, rounds):
    latches = []

    def try_once():
        if len(latches) % 8 == 0:
            time.sleep(0.0002)  # the threads of earlier rounds may end now
        latch = Latch(actors.substrate)
        latches.append(latch)
        thread = threading.Thread(target=latch.wait)
        thread.start()
        alive = thread.isAlive()
        latch.open()
        return alive

    def work():
        # The new thread begins late in most rounds, and as early as it can in the others.
        many = affordable(rounds, try_once)
        dead = [number for number in range(many // 16) if not try_once()]
        with Undisturbed():
            return dead + [number for number in range(many) if not try_once()]

    worker = actors.start(work)
    try:
        actors.until(worker.has_ended)
        dead = len(worker.result())
    finally:
        for latch in latches:
            latch.open()
    assert dead == 0, "isAlive() returned false right after start() %d times" % dead


@clause("thread.alive.running")
def test_a_thread_is_alive_until_its_own_run_has_ended(threading, actors):
    with Latch(actors.substrate) as latch:
        notes = []

        class Own(threading.Thread):
            def run(self):
                threading.Thread.run(self)
                attempt(notes, lambda: self.isAlive())
                latch.wait()

        thread = Own(target=nothing)
        actors.call(thread.start)
        actors.until(lambda: latch.arrivals)
        attempt(notes, lambda: thread.isAlive())
        alive = [one for one in noted(actors, notes, 2) if one]
        assert len(alive) == 2, (
            "isAlive() returned false after the end of the target, before that of run()"
        )


@clause("thread.alive.after")
def test_a_thread_is_not_alive_after_its_end(threading, actors):
    # A thread that an alien thread makes is daemonic, unlike one that the main thread makes.
    for make in kinds(threading) + [lambda activity: actors.call(by_target(threading), activity)]:
        with Started(actors, make) as (thread, latch):
            latch.open()
            check_dies(actors, thread)
            check_alive(thread, actors.new(), False)


@clause("thread.alive.after")
def test_a_thread_is_not_alive_when_others_still_are(threading, actors):
    with Running(actors, by_target(threading)) as (other, _):
        thread = threading.Thread(target=nothing)
        actors.call(thread.start)
        check_dies(actors, thread)
        alive = other.isAlive()
        assert alive, "isAlive() of a running thread returned false after the end of another one"


@clause("thread.alive.after")
def test_a_thread_stays_not_alive_when_others_are_started(threading, actors):
    starter = actors.new()
    threads = [threading.Thread(target=nothing) for _ in range(3)]
    for thread in threads:
        starter.call(thread.start)
        settle(actors, starter)
    before = [thread for thread in threads if thread.isAlive()]
    with Latch(actors.substrate) as latch:
        # The system most likely gives them the identifiers of those that have ended.
        for count in range(1, 4):
            starter.call(threading.Thread(target=latch.wait).start)
            actors.until(lambda: len(latch.arrivals) == count)
        after = [thread for thread in threads if thread.isAlive()]
        assert before or not after, (
            "isAlive() of an ended thread returned true again after another had been started"
        )


@clause("thread.alive.after-exception")
def test_a_thread_is_not_alive_after_a_failure(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in failures() + [KeyboardInterrupt()]:
                thread = make(raiser(error))
                thread.start()
                check_dies(actors, thread, "the thread had raised %s" % type(error).__name__)


@clause("thread.alive.after-exception")
def test_a_thread_is_not_alive_after_a_failure_that_cannot_be_reported(threading, actors):
    class Broken(Sink):
        def write(self, text):
            raise Oops("this takes no text")

    for kind, error in ((Sink, Unshown("failed")), (Broken, Oops("failed"))):
        with kind():
            thread = threading.Thread(target=raiser(error))
            thread.start()
            dead = actors.until(lambda: not thread.isAlive())
            settle(actors)
        assert dead, (
            "isAlive() still returned true long after an exception that could not be written"
        )


@clause("thread.alive.second-start")
def test_a_refused_start_leaves_an_ended_thread_not_alive(threading, actors):
    thread = threading.Thread(target=nothing)
    thread.start()
    dead = actors.until(lambda: not thread.isAlive())
    for _ in range(2):
        actors.start(thread.start).raised()
    alive = thread.isAlive()
    assert not (dead and alive), (
        "isAlive() of an ended thread returned true again after another start()"
    )


@clause("thread.alive.second-start")
def test_a_refused_start_leaves_a_running_thread_alive(threading, actors):
    with Started(actors, by_target(threading)) as (thread, _):
        for _ in range(2):
            before = thread.isAlive()
            actors.start(thread.start).raised()
            after = thread.isAlive()
            assert after or not before, (
                "isAlive() of a running thread returned false after another start()"
            )


@clause("thread.alive.after-join")
def test_a_thread_is_not_alive_when_join_has_returned(threading, actors):
    for make in kinds(threading):
        for args in ((), (30.0,)):
            with Running(actors, make) as (thread, latch):
                joiner = actors.start(join_and_ask(thread, *args))
                joiner.is_blocked()
                latch.open()
                alive = joiner.returned() and joiner.value
                assert not alive, "isAlive() returned true after join(), or join() did not return"


@clause("thread.alive.after-join")
def test_a_thread_is_never_alive_when_join_has_returned(threading, actors, rounds):
    done = []
    alive = []

    def try_once():
        begun = actors.substrate.allocate_lock()
        begun.acquire()

        def activity():
            begun.release()
            done.append(None)

        thread = threading.Thread(target=activity)
        before = len(done)
        thread.start()
        begun.acquire()
        thread.join()
        over = len(done) > before  # otherwise join() has returned too early
        if thread.isAlive() and over:
            alive.append(None)

    repeat_undisturbed(actors, try_once, rounds // 2)
    times = len(alive)
    assert times == 0, "isAlive() returned true right after join() %d times" % times


@clause("thread.alive.after-join")
def test_a_thread_is_not_alive_when_a_join_that_meets_its_end_has_returned(threading, actors):
    hold = actors.substrate.allocate_lock()
    hold.acquire()
    for thread, ending in endings(threading, actors, hold.acquire):
        wait = join_and_ask(thread)
        early = actors.start(wait)
        early.is_blocked()
        hold.release()
        settle(actors)
        late = actors.start(wait)
        late.is_blocked()
        ending.go_on()
        for joiner in (early, late):
            alive = joiner.returned() and joiner.value
            assert not alive, "isAlive() returned true after a join() that met the thread's end"


@clause("thread.alive.tells-timeout")
def test_a_thread_is_alive_after_a_join_that_timed_out(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, _):
            for timeout in (0.001, 0.0):
                actors.start(thread.join, timeout).returned()
                alive = thread.isAlive()
                assert alive


@clause("thread.alive.listed")
def test_enumerate_lists_the_alive_threads(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            thread = make(latch.wait)
            times = listed(threading, thread)
            assert times == 0, "enumerate() lists a thread that was not started"
            actors.call(thread.start)
            times = listed(threading, thread)
            assert times == 1, "enumerate() lists a running thread %d times" % times
            latch.open()
            gone = actors.until(lambda: not listed(threading, thread))
            assert gone, "enumerate() still lists a thread long after its end"
