"""``currentThread()``."""

from threadspec.conformance.battery.support.crossing import helpers
from threadspec.conformance.battery.support.identifiers import (
    ended_actors,
    new_threads,
    turns,
)
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import (
    check_current,
    run_to_end,
    times,
    while_time_lasts,
)
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import clause


@clause("currentthread.in-target")
def test_a_target_gets_the_thread_that_runs_it(threading, actors):
    current_thread = threading.currentThread
    for name in (None, "named"):
        seen = []

        def target():
            for _ in range(3):
                seen.append(current_thread())

        thread = threading.Thread(target=target, name=name)
        run_to_end(actors, thread, seen)
        actors.until(lambda: len(seen) == 3)
        count = times(seen, thread)
        assert count == 3, "%d of 3 currentThread() calls returned the calling thread" % count


@clause("currentthread.in-run")
def test_a_run_method_gets_its_own_object(threading, actors):
    current_thread = threading.currentThread
    seen = []

    class Own(threading.Thread):
        def run(self):
            seen.append((self, current_thread()))

    class Constructed(Own):
        def __init__(self, word):
            Own.__init__(self)
            self.word = word

    for make in (Own, lambda: Constructed("word")):
        run_to_end(actors, make(), seen)
        own, current = seen[-1]
        check_current(current, own)


@clause("currentthread.in-timer")
def test_a_timers_function_gets_the_timer(threading, actors):
    seen = []
    current_thread = threading.currentThread
    timer = threading.Timer(0.0, lambda: seen.append(current_thread()))
    run_to_end(actors, timer, seen)
    check_current(seen[0], timer)


@clause("currentthread.nested")
def test_a_thread_that_starts_threads_keeps_its_object(threading, actors):
    current_thread = threading.currentThread
    seen = {}
    made = {}
    done = []

    def descend(depth):
        before = current_thread()
        if depth:
            made[depth - 1] = threading.Thread(target=descend, args=(depth - 1,))
            made[depth - 1].start()
            actors.until(lambda: depth - 1 in seen)
            actors.start(made[depth - 1].join).returned()  # its end, where join can be relied on
        seen[depth] = (before, current_thread())
        done.append(depth)

    made[2] = threading.Thread(target=descend, args=(2,))
    actors.call(made[2].start)
    actors.until(lambda: len(done) == 3)
    for depth in (2, 1, 0):
        before, after = seen.get(depth, (None, None))
        thread = made.get(depth)
        assert thread is not None, "a thread started by a thread does not run its target"
        check_current(before, thread)
        check_current(after, thread, " after it had started a thread")


@clause("currentthread.caller")
def test_it_is_the_caller_that_counts(threading, actors):
    # A run method that is called directly runs in the calling thread, not in a new one.
    main = threading.currentThread()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(threading.currentThread()))
    thread.run()
    check_current(seen[0], main, " in a run() that it had called")
    check_current(threading.currentThread(), main)


@clause("currentthread.caller")
def test_threads_that_run_at_the_same_time_keep_apart(threading, actors):
    main = threading.currentThread()
    latches = [Latch(actors.substrate) for _ in range(4)]
    seen = {}

    def look(index):
        first = threading.currentThread()
        latches[index].wait()
        seen[index] = (first, threading.currentThread())

    threads = [threading.Thread(target=look, args=(index,)) for index in range(4)]
    for thread in threads:
        actors.call(thread.start)
        check_current(threading.currentThread(), main)
    for index in (2, 0, 3, 1):
        latches[index].open()
        actors.until(lambda: index in seen)
        first, last = seen.get(index, (None, None))
        thread = threads[index]
        check_current(first, thread)
        check_current(last, thread)


@clause("currentthread.caller")
def test_who_starts_a_thread_keeps_its_own_object(threading, actors):
    for asks in (False, True):
        starter = actors.new()
        before = [starter.call(threading.currentThread) for _ in range(int(asks))]
        thread = threading.Thread(target=str)
        starter.call(thread.start)
        current = starter.call(threading.currentThread)
        assert current is not thread
        for own in before:
            check_current(current, own, " after it had started a thread")


@clause("currentthread.at-once")
def test_a_thread_knows_its_object_while_start_is_at_work(threading, actors):
    current_thread = threading.currentThread
    made = []
    seen = []

    def prepare():
        told = actors.substrate.allocate_lock()
        told.acquire()

        def look():
            seen.append(current_thread())
            told.release()

        made.append(threading.Thread(target=look))
        return made[-1].start, told.acquire

    for meeting in meetings(actors, prepare, by_caller=True):
        meeting.call.result()
        meeting.other.result()
        check_current(seen[-1], made[-1])


@clause("currentthread.at-once")
def test_a_thread_knows_its_object_from_the_first_moment(threading, actors, rounds):
    current_thread = threading.currentThread
    seen = []
    started = []

    def start_all():
        threads = [
            threading.Thread(target=lambda: seen.append(current_thread()))
            for _ in range(min(rounds // 6, 40))
        ]
        for thread in while_time_lasts(threads):
            thread.start()
            started.append(thread)

    actors.call(start_all)
    actors.until(lambda: len(seen) >= len(started))
    wrong = len([thread for thread in started if times(seen, thread) != 1])
    assert wrong == 0, "in %d of %d threads, currentThread() did not return the calling thread" % (
        wrong,
        len(started),
    )


@clause("currentthread.alien")
def test_an_alien_thread_gets_an_object_of_its_own(threading, actors):
    main = threading.currentThread()
    for _ in range(2):
        dummy = actors.call(threading.currentThread)
        assert dummy is not None
        assert dummy is not main


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


@clause("currentthread.in-target")
def test_a_thread_with_the_identifier_of_an_alien_gets_its_own_object(threading, actors):
    current_thread = threading.currentThread
    starter = actors.new()
    for count, attempts in turns(actors):
        dummies = ended_actors(actors, count, current_thread)
        with Latch(actors.substrate) as latch:
            for thread, ident, _, current in new_threads(
                threading, actors, starter, latch, attempts, current_thread
            ):
                if ident in dummies:
                    what = current is dummies[ident] and ", that of an alien thread that has ended"
                    assert current is thread, (
                        "in a thread that the module started, currentThread() returned another "
                        "object%s" % (what or "")
                    )
                    return
