"""Functions of the module: one case or more for each clause of ``spec/module.toml``.

Cases run in the main thread.  An actor is an alien thread: it was not started by the module.  What
is counted from the beginning, or with alien threads, is counted in a program of its own, which no
earlier case has left an alien thread in.
"""

import sys
import time

from threadspec.conformance.battery.gates import Gate, fails_to_start
from threadspec.conformance.battery.stepping import endings, meetings
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause, raises, show, tells

KILO = 1024
MEGA = 1024 * KILO


def while_time_lasts(items):
    """The items, one after another, for a second at most: some implementations are slow."""
    patience = blocking.clock() + 1.0
    for item in items:
        yield item
        if blocking.clock() >= patience:
            break


def times(threads, thread):
    """How often ``thread`` is in the list ``threads``."""
    return len([one for one in threads if one is thread])


@tells("occurrences in enumerate()")
def listed(threading, thread):
    """How often ``thread`` is in the list of enumerate()."""
    return times(threading.enumerate(), thread)


def subclass(threading, function):
    """A class of threads that call ``function`` in a run method of their own."""

    class Own(threading.Thread):
        def run(self):
            function()

    return Own


def run_to_end(actors, thread, mark):
    """Start ``thread`` and wait until ``mark``, a list that its activity adds to, has grown."""
    before = len(mark)
    actors.call(thread.start)
    grown = actors.until(lambda: len(mark) > before)
    assert grown, "the thread's activity does not take place"


# -- the module -----------------------------------------------------------------------------------


@clause("module.names")
def test_the_module_has_every_documented_name(threading):
    for name in (
        "activeCount Condition currentThread enumerate Event local Lock RLock Semaphore "
        "BoundedSemaphore Thread Timer settrace setprofile stack_size"
    ).split():
        found = callable(getattr(threading, name))
        assert found, "%s is not callable" % name


# -- activeCount ----------------------------------------------------------------------------------


def program_that_counts_started(threading, substrate):
    gate = Gate(substrate)
    counts = [threading.activeCount()]
    for _ in range(3):
        threading.Thread(target=gate.visit).start()
        counts.append(threading.activeCount())
    gate.open()
    say(" ".join(["%d" % count for count in counts]))


@clause("activecount.started")
def test_each_started_thread_counts_one(programs):
    program = programs.start(program_that_counts_started)
    counts = program.line()
    assert counts == "1 2 3 4", repr(program)


@tells("activeCount(), less its value before,")
def counted(count_all, expected):
    """The counts that ``count_all`` gives, less the first of them; they should be ``expected``.

    It is tried three times: a thread of an earlier case may be on its way out, and an alien thread
    that starts others may become known by that.  The threads of one try get time to end.
    """
    for pause in (0.0, 0.05, 0.5):
        time.sleep(pause)
        counts = count_all()
        seen = [count - counts[0] for count in counts]
        if seen == expected:
            break
    return seen


@clause("activecount.daemonic")
def test_daemon_threads_count_like_others(threading, actors):
    starter = actors.new()

    def count_all():
        gate = Gate(actors.substrate)
        counts = [threading.activeCount()]
        for daemonic in (True, False, True):
            thread = threading.Thread(target=gate.visit)
            thread.setDaemon(daemonic)
            starter.call(thread.start)
            counts.append(threading.activeCount())
        gate.open()
        return counts

    seen = counted(count_all, [0, 1, 2, 3])
    assert seen == [0, 1, 2, 3]


@clause("activecount.unstarted")
def test_threads_that_are_not_started_do_not_count(threading):
    unstarted = []

    def count_all():
        counts = [threading.activeCount()]
        unstarted.extend([threading.Thread(target=int) for _ in range(2)])
        counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0, 0])
    assert seen == [0, 0]


@clause("thread.start.failed")
def test_threads_that_could_not_be_started_do_not_count(threading, actors):
    if not hasattr(threading, "activeCount"):
        return  # other clauses ask for it

    def count_all():
        counts = [threading.activeCount()]
        for _ in range(2):
            if fails_to_start(threading, threading.Thread(target=int), actors.substrate):
                counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0] * 3)
    assert seen == [0] * len(seen)


def program_that_counts_aliens(threading, substrate):
    known = substrate.allocate_lock()
    known.acquire()
    gate = Gate(substrate)

    def live():
        threading.currentThread()
        known.release()
        gate.visit()

    counts = [threading.activeCount()]
    for _ in range(2):
        substrate.start_new_thread(live, ())
        known.acquire()
        counts.append(threading.activeCount())
    gate.open()
    say(" ".join([str(count - counts[0]) for count in counts]))


@clause("activecount.alien")
def test_alien_threads_count_once_they_are_known(programs):
    program = programs.start(program_that_counts_aliens)
    more = program.line()
    assert more == "0 1 2", repr(program)


@clause("activecount.terminated")
def test_threads_that_have_ended_do_not_count(threading, actors):
    starter = actors.new()

    def fail():
        raise ValueError("of the thread")

    def count_all():
        counts = [threading.activeCount()]
        for target in (int, fail, int):
            gate = Gate(actors.substrate)
            starter.call(threading.Thread(target=gate.visit).start)
            for _ in range(2):
                starter.call(threading.Thread(target=target).start)
            actors.until(lambda: threading.activeCount() == counts[0] + 1)
            counts.append(threading.activeCount())
            gate.open()
            actors.until(lambda: threading.activeCount() == counts[0])
        counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0, 1, 1, 1, 0])
    assert seen == [0, 1, 1, 1, 0]


@clause("activecount.length-of-enumerate")
def test_the_count_is_the_length_of_the_list(threading, actors):
    def compare():
        count = threading.activeCount()
        length = len(threading.enumerate())
        assert count == length

    compare()
    gates = [Gate(actors.substrate) for _ in range(3)]
    for gate in gates:
        actors.call(threading.Thread(target=gate.visit).start)
        gate.await_arrival()
        compare()
        actors.call(compare)
    for gate in gates:
        gate.open()


# -- currentThread --------------------------------------------------------------------------------


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
        assert times(seen, thread) == 3, "currentThread() gave %r in %r" % (seen, thread)


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
        assert current is own, "currentThread() gave another object than the thread that runs"


@clause("currentthread.in-timer")
def test_a_timers_function_gets_the_timer(threading, actors):
    seen = []
    current_thread = threading.currentThread
    timer = threading.Timer(0.0, lambda: seen.append(current_thread()))
    run_to_end(actors, timer, seen)
    current = seen[0]
    assert current is timer, "currentThread() gave another object than the timer in its function"


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
        assert thread is not None, "the nested threads do not all run"
        assert before is thread
        assert after is thread, "currentThread() gave another object after a thread was started"


@clause("currentthread.caller")
def test_it_is_the_caller_that_counts(threading, actors):
    # A run method called directly runs in the caller's thread of control, not in a new one.
    main = threading.currentThread()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(threading.currentThread()))
    thread.run()
    current = seen[0]
    assert current is main, "currentThread() gave another object where run() was called directly"
    current = threading.currentThread()
    assert current is main


@clause("currentthread.caller")
def test_threads_that_run_at_the_same_time_keep_apart(threading, actors):
    main = threading.currentThread()
    gates = [Gate(actors.substrate) for _ in range(4)]
    seen = {}

    def look(index):
        first = threading.currentThread()
        gates[index].visit()
        seen[index] = (first, threading.currentThread())

    threads = [threading.Thread(target=look, args=(index,)) for index in range(4)]
    for thread in threads:
        actors.call(thread.start)
        current = threading.currentThread()
        assert current is main
    for index in (2, 0, 3, 1):
        gates[index].open()
        actors.until(lambda: index in seen)
        first, last = seen.get(index, (None, None))
        thread = threads[index]
        assert first is thread, "currentThread() gave another object than the thread that runs"
        assert last is thread, "currentThread() gave another object than the thread that runs"


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
            assert current is own, "currentThread() gave another object than the thread that runs"


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

    for meeting in meetings(actors, prepare):
        meeting.call.result()
        meeting.other.result()
        current = seen[-1]
        assert current is made[-1], "currentThread() gave another object than the thread that runs"


@clause("currentthread.at-once")
def test_a_thread_knows_its_object_from_the_first_moment(threading, actors, rounds):
    current_thread = threading.currentThread
    seen = []
    started = []
    threads = [
        threading.Thread(target=lambda: seen.append(current_thread()))
        for _ in range(min(rounds // 6, 40))
    ]

    def start_all():
        for thread in while_time_lasts(threads):
            thread.start()
            started.append(thread)

    actors.call(start_all)
    actors.until(lambda: len(seen) >= len(started))
    wrong = len([thread for thread in started if times(seen, thread) != 1])
    assert wrong == 0, "%d of %d threads did not get their own object" % (wrong, len(started))


@clause("currentthread.alien")
def test_an_alien_thread_gets_an_object_of_its_own(threading, actors):
    main = threading.currentThread()
    for _ in range(2):
        dummy = actors.call(threading.currentThread)
        assert dummy is not None
        assert dummy is not main


# -- enumerate ------------------------------------------------------------------------------------


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
    assert times(third, None) == 0, "enumerate() lists what was added to an earlier list"


@clause("enumerate.includes-main")
def test_the_main_thread_is_listed(threading, actors):
    main = threading.currentThread()
    count = listed(threading, main)
    assert count == 1
    count = actors.call(listed, threading, main)
    assert count == 1


@clause("enumerate.includes-started")
def test_started_threads_are_listed(threading, actors):
    gate = Gate(actors.substrate)
    threads = [threading.Thread(target=gate.visit), subclass(threading, gate.visit)()]
    threads += [threading.Thread(target=gate.visit, name="named") for _ in range(2)]
    for number, thread in enumerate(threads):
        actors.call(thread.start)
        counts = [listed(threading, one) for one in threads[: number + 1]]
        assert counts == [1] * (number + 1)
        counts = [actors.call(listed, threading, one) for one in threads[: number + 1]]
        assert counts == [1] * (number + 1)
    gate.open()


@clause("enumerate.includes-started")
def test_a_thread_is_listed_in_its_own_run(threading, actors):
    counts = []
    thread = threading.Thread(target=lambda: counts.append(listed(threading, thread)))
    run_to_end(actors, thread, counts)
    assert counts == [1], "enumerate() lists the thread %s times, expected once" % counts


@clause("enumerate.includes-started")
def test_a_thread_is_listed_from_the_moment_start_returns(threading, actors, rounds):
    gate = Gate(actors.substrate)
    # No more than forty, which any platform can run at once.
    threads = [threading.Thread(target=gate.visit) for _ in range(min(rounds // 8, 40))]
    counts = []

    def start_all():
        for thread in while_time_lasts(threads):
            thread.start()
            counts.append(listed(threading, thread))

    actors.call(start_all)
    gate.open()
    missing = counts.count(0)
    assert missing == 0, "%d of %d started threads were not listed" % (missing, len(counts))


@clause("enumerate.includes-daemonic")
def test_daemon_threads_are_listed(threading, actors):
    for make in (threading.Thread, lambda target: subclass(threading, target)()):
        gate = Gate(actors.substrate)
        thread = make(target=gate.visit)
        thread.setDaemon(True)
        actors.call(thread.start)
        gate.await_arrival()
        count = listed(threading, thread)
        assert count == 1
        count = actors.call(listed, threading, thread)
        assert count == 1
        gate.open()


@clause("enumerate.includes-alien")
def test_dummy_thread_objects_are_listed(threading, actors):
    helpers = [actors.new() for _ in range(3)]
    dummies = []
    for alien in helpers:
        dummies.append(alien.call(threading.currentThread))
        counts = [listed(threading, dummy) for dummy in dummies]
        assert counts == [1] * len(dummies)
        for asked in (helpers[0], alien):
            counts = [asked.call(listed, threading, dummy) for dummy in dummies]
            assert counts == [1] * len(dummies)


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
    gate = Gate(actors.substrate)
    first, second = threading.Thread(target=gate.visit), threading.Thread(target=gate.visit)
    actors.call(first.start)
    count = listed(threading, second)
    assert count == 0
    gate.open()


@clause("thread.start.failed")
def test_threads_that_could_not_be_started_are_not_listed(threading, actors):
    for thread in (threading.Thread(target=int), subclass(threading, int)()):
        if fails_to_start(threading, thread, actors.substrate):
            count = listed(threading, thread)
            assert count == 0


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
            assert gone, "%r is still listed" % (thread,)


@clause("enumerate.excludes-terminated")
def test_an_ended_thread_is_not_listed_because_it_was_started_again(threading, actors):
    done = []
    thread = threading.Thread(target=lambda: done.append(True))
    run_to_end(actors, thread, done)
    gone = actors.until(lambda: not listed(threading, thread))
    for _ in range(2):
        actors.start(thread.start).raised()
        again = gone and actors.call(listed, threading, thread)
        assert not again, "a thread is listed after a start() that was refused"


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
        too_early = not joiner.is_blocked()  # join() does not wait: another clause's business
        hold.release()  # the activity ends, and closes it again for the next one
        joiner.is_blocked()  # or it has come back and looked
        ending.go_on()
        count = joiner.result()
        assert count == 0 or too_early, "a thread is listed after its join()"


@clause("enumerate.excludes-terminated")
def test_a_thread_is_not_listed_once_join_has_returned(threading, actors, rounds):
    threads = [threading.Thread(target=lambda: done.append(True)) for _ in range(rounds // 6)]
    done = []
    late = []

    def start_and_join():
        for number, thread in enumerate(while_time_lasts(threads)):
            thread.start()
            thread.join()
            # Where join() does not wait for the activity, that is another clause's business.
            late.append(len(done) > number and listed(threading, thread))

    actors.call(start_and_join)
    count = len([one for one in late if one])
    assert count == 0, "%d of %d threads were listed after their join()" % (count, len(late))


@clause("enumerate.excludes-terminated")
def test_the_end_of_one_thread_takes_no_other_off_the_list(threading, actors):
    gates = [Gate(actors.substrate) for _ in range(3)]
    threads = [threading.Thread(target=gate.visit) for gate in gates]
    for thread, gate in zip(threads, gates):
        actors.call(thread.start)
        gate.await_arrival()
    expected = [1, 1, 1]
    for index in (1, 0, 2):
        gates[index].open()
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
    if starter.is_blocked():  # start() waits for the interval: another clause's business
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
    gate = Gate(substrate)
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
        threading.Thread(target=gate.visit)
        thread = threading.Thread(target=gate.visit)
        thread.start()
        gate.await_arrival(number + 1)
        expected.append(thread)
        compare()
    gate.open()
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
    gates = []

    def prepare():
        gates[:] = [Gate(actors.substrate) for _ in range(3)]
        goes, stays, comes = [threading.Thread(target=gate.visit) for gate in gates]
        for thread, gate in ((goes, gates[0]), (stays, gates[1])):
            actors.call(thread.start)
            gate.await_arrival()

        def come_and_go():
            comes.start()
            gates[0].open()
            goes.join()

        return (lambda: listed(threading, stays)), come_and_go

    for meeting in meetings(actors, prepare):
        count = meeting.call.result()
        assert count == 1
        meeting.other.returned()
        for gate in gates[1:]:
            gate.open()


# So many threads at a time, where more would show no more: a small system may not have many.
CROWD = 16


@clause("enumerate.while-threads-come-and-go")
def test_lists_are_right_while_threads_come_and_go(threading, actors, rounds):
    gate = Gate(actors.substrate)
    stays = threading.Thread(target=gate.visit)
    actors.call(stays.start)
    gate.await_arrival()
    looks = []
    begun = []
    over = []

    def begin():
        begun.append(True)

    threads = [threading.Thread(target=begin) for _ in range(rounds // 6)]

    def come_and_go():
        started = 0
        try:
            for thread in while_time_lasts(threads):
                thread.start()
                started += 1
                while started - len(begun) > CROWD:
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
    gate.open()
    wrong = looks.count(False)
    assert wrong == 0, "%d of %d lists lacked a thread or had it twice" % (wrong, len(looks))


# -- settrace and setprofile ----------------------------------------------------------------------


class Recorder(object):
    """Notes what a trace function (or, with ``profiles``, a profile function) is told.

    ``function`` is that function; it does nothing once :meth:`stop` was called, so that one which
    an implementation does not remove disturbs no other case.
    """

    def __init__(self, profiles=False):
        told = self._told = []
        stopped = self._stopped = []
        # A trace function is told of lines only if it asks for that; a profile function never is,
        # but is told of returns.
        self._second = profiles and "return" or "line"

        def function(frame, event, argument):
            if not stopped:
                told.append((event, frame.f_code))
                if not profiles:
                    return function
            return None

        self.function = function

    @tells("being told of a call")
    def was_called_for(self, function):
        """Whether it was told of a call of ``function``, and of what follows a call.

        Gives a thread that has got through the function a moment to get out of it.
        """
        code = function.__code__
        patience = blocking.clock() + 0.2
        while True:
            events = [event for event, of in list(self._told) if of is code]
            if "call" in events and self._second in events:
                return True
            if blocking.clock() >= patience:
                return False
            time.sleep(0.001)

    @tells("being told of a call")
    def was_told_of(self, function):
        """Whether it was told anything of ``function``."""
        code = function.__code__
        return bool([event for event, of in list(self._told) if of is code])

    def stop(self):
        self._stopped.append(True)


class Hooked(object):
    """The recorders of a case, handed to settrace() or setprofile(), which is reset in the end."""

    def __init__(self, install, profiles):
        self._install = install
        self._profiles = profiles
        self.recorders = []

    def __enter__(self):
        return self

    def recorder(self):
        """A new recorder, not installed."""
        recorder = Recorder(self._profiles)
        self.recorders.append(recorder)
        return recorder

    def install(self):
        """A new recorder, installed for the threads to come."""
        recorder = self.recorder()
        self._install(recorder.function)
        return recorder

    def take_back(self):
        """Install none for the threads to come."""
        self._install(None)

    def __exit__(self, kind, value, traceback):
        for recorder in self.recorders:
            recorder.stop()
        try:
            self.take_back()
        except Exception:
            pass  # whether it can be reset is a clause of its own


def activity(after=None):
    """A new function, with a code object of its own, that notes its calls in its list ``mark``.

    It calls ``after``, where that is given, before it ends.
    """
    source = "def function():\n    mark.append(True)\n    after()\n"
    mark = []
    names = {"mark": mark, "after": after or int}
    exec(compile(source, "<an activity>", "exec"), names)
    function = names["function"]
    function.mark = mark
    return function


def perform(actors, thread, function):
    """Start ``thread``, which calls ``function``, an activity, and let it come to its end."""
    run_to_end(actors, thread, function.mark)
    actors.start(thread.join).returned()  # its end, where join can be relied on


def check_target_and_run(threading, actors, hooked):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = recorder.was_called_for(function)
            assert seen, "it was not told of a thread's target"
        for _ in range(2):
            ran = activity()

            class Own(threading.Thread):
                def run(self, ran=ran):
                    ran()

            perform(actors, Own(), ran)
            seen = recorder.was_called_for(Own.__dict__["run"])
            assert seen, "it was not told of a run method"


def check_passed(threading, actors, hooked, asking):
    if asking is None:
        return  # this interpreter does not tell
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            seen = []
            run_to_end(actors, threading.Thread(target=lambda: seen.append(asking())), seen)
            given = seen[0]
            assert given is recorder.function, (
                "a new thread has the function %s, not the one that was set" % show(given)
            )


def check_every_thread(threading, actors, hooked):
    """Threads that exist at the same time, and one that another of them starts."""
    with hooked:
        for install in (hooked.install, lambda: actors.call(hooked.install)):
            recorder = install()
            gate = Gate(actors.substrate)
            functions = [activity(gate.visit) for _ in range(3)]
            threads = [threading.Thread(target=function) for function in functions]
            try:
                threads[1].setDaemon(True)
            except Exception:
                pass  # another clause's business
            for thread, function in zip(threads, functions):
                run_to_end(actors, thread, function.mark)
            gate.open()
            for thread in threads:
                actors.start(thread.join).returned()
            child = activity()

            def beget(child=child):
                thread = threading.Thread(target=child)
                thread.start()
                actors.until(lambda: child.mark)
                actors.start(thread.join).returned()

            parent = activity(beget)
            perform(actors, threading.Thread(target=parent), parent)
            for function in functions + [parent, child]:
                seen = recorder.was_called_for(function)
                assert seen, "it was not told of one of several threads"
            hooked.take_back()


def check_timer(threading, actors, hooked):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            function = activity()
            perform(actors, threading.Timer(0.0, function), function)
            seen = recorder.was_called_for(function)
            assert seen, "it was not told of a timer's function"


def check_at_start(threading, actors, hooked):
    with hooked:
        function = activity()
        thread = threading.Thread(target=function)
        recorder = hooked.install()
        perform(actors, thread, function)
        seen = recorder.was_called_for(function)
        assert seen, "it was not told of a thread made before it was set and started after"
        # The other way round; what None does to threads made after it is another clause.
        functions = [activity(), activity()]
        before = threading.Thread(target=functions[0])
        hooked.take_back()
        after = threading.Thread(target=functions[1])
        for thread, function in zip((before, after), functions):
            perform(actors, thread, function)
        seen = [recorder.was_told_of(function) for function in functions]
        assert seen[0] == seen[1], "it was told of a thread made before it was taken back"


def check_replaced(threading, actors, hooked):
    with hooked:
        recorders = []
        for _ in range(3):
            recorders.append(hooked.install())
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = [recorder.was_told_of(function) for recorder in recorders]
            expected = [False] * (len(recorders) - 1) + [True]
            assert seen == expected, "told were %r, not the last one alone" % seen


def check_none(threading, actors, hooked, install, asking):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            install(None)
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = recorder.was_told_of(function)
            assert not seen
            if asking is not None:
                seen = []
                run_to_end(actors, threading.Thread(target=lambda: seen.append(asking())), seen)
                given = seen[0]
                assert given is None, "a new thread has the function %s, expected none" % show(
                    given
                )
            recorder = hooked.install()


def check_caller(actors, hooked, asking):
    with hooked:
        before = asking and asking()
        recorder = hooked.install()
        after = asking and asking()
        assert after is before, "setting a function for new threads has set it in the calling one"
        function = activity()
        function()
        seen = recorder.was_told_of(function)
        assert not seen, "it was told of a call in the thread that set it"
        caller = actors.new()
        caller.call(hooked.install)
        function = activity()
        caller.call(function)
        seen = [recorder.was_told_of(function) for recorder in hooked.recorders]
        assert True not in seen, "it was told of a call in the alien thread that set it"


def check_alien(threading, actors, hooked):
    with hooked:
        alien = actors.new()
        alien.call(int)
        recorder = hooked.install()
        for actor in (alien, actors.new()):
            function = activity(threading.currentThread)
            actor.call(function)
            actor.call(function)
            seen = recorder.was_told_of(function)
            assert not seen, "it was told of an alien thread"


def check_running(threading, actors, hooked, observe):
    with hooked:
        gate = Gate(actors.substrate)
        late = activity()

        def go_on():
            gate.visit()
            late()

        function = activity(go_on)
        thread = threading.Thread(target=function)
        run_to_end(actors, thread, function.mark)
        recorder = hooked.install()
        gate.open()
        actors.until(lambda: late.mark)
        actors.start(thread.join).returned()
        observe(recorder.was_told_of(late) and "told of them" or "not told of them")


def check_keyword(threading, actors, hooked, install):
    with hooked:
        recorder = hooked.recorder()
        install(func=recorder.function)
        function = activity()
        perform(actors, threading.Thread(target=function), function)
        seen = recorder.was_called_for(function)
        assert seen


def tracing(threading):
    return Hooked(threading.settrace, profiles=False)


def profiling(threading):
    return Hooked(threading.setprofile, profiles=True)


GET_TRACE = getattr(sys, "gettrace", None)
GET_PROFILE = getattr(sys, "getprofile", None)


@clause("settrace.before-run")
def test_a_trace_function_sees_target_and_run(threading, actors):
    check_target_and_run(threading, actors, tracing(threading))


@clause("settrace.passed-on")
def test_a_trace_function_is_what_the_thread_traces_with(threading, actors):
    check_passed(threading, actors, tracing(threading), GET_TRACE)


@clause("settrace.every-thread")
def test_a_trace_function_is_set_in_every_thread(threading, actors):
    check_every_thread(threading, actors, tracing(threading))


@clause("settrace.timer")
def test_a_trace_function_sees_a_timers_function(threading, actors):
    check_timer(threading, actors, tracing(threading))


@clause("settrace.at-start")
def test_the_trace_function_at_the_start_counts(threading, actors):
    check_at_start(threading, actors, tracing(threading))


@clause("settrace.replaced")
def test_a_trace_function_is_replaced(threading, actors):
    check_replaced(threading, actors, tracing(threading))


@clause("settrace.none")
def test_none_ends_the_tracing_of_threads_to_come(threading, actors):
    check_none(threading, actors, tracing(threading), threading.settrace, GET_TRACE)


@clause("settrace.not-the-caller")
def test_the_thread_that_sets_a_trace_function_is_not_traced(threading, actors):
    check_caller(actors, tracing(threading), GET_TRACE)


@clause("settrace.not-aliens")
def test_alien_threads_are_not_traced(threading, actors):
    check_alien(threading, actors, tracing(threading))


@clause("settrace.running")
def test_threads_that_run_when_a_trace_function_is_set(threading, actors, observe):
    check_running(threading, actors, tracing(threading), observe)


@clause("settrace.keyword")
def test_a_trace_function_can_be_given_by_name(threading, actors):
    check_keyword(threading, actors, tracing(threading), threading.settrace)


@clause("setprofile.before-run")
def test_a_profile_function_sees_target_and_run(threading, actors):
    check_target_and_run(threading, actors, profiling(threading))


@clause("setprofile.passed-on")
def test_a_profile_function_is_what_the_thread_profiles_with(threading, actors):
    check_passed(threading, actors, profiling(threading), GET_PROFILE)


@clause("setprofile.every-thread")
def test_a_profile_function_is_set_in_every_thread(threading, actors):
    check_every_thread(threading, actors, profiling(threading))


@clause("setprofile.timer")
def test_a_profile_function_sees_a_timers_function(threading, actors):
    check_timer(threading, actors, profiling(threading))


@clause("setprofile.at-start")
def test_the_profile_function_at_the_start_counts(threading, actors):
    check_at_start(threading, actors, profiling(threading))


@clause("setprofile.replaced")
def test_a_profile_function_is_replaced(threading, actors):
    check_replaced(threading, actors, profiling(threading))


@clause("setprofile.none")
def test_none_ends_the_profiling_of_threads_to_come(threading, actors):
    check_none(threading, actors, profiling(threading), threading.setprofile, GET_PROFILE)


@clause("setprofile.not-the-caller")
def test_the_thread_that_sets_a_profile_function_is_not_profiled(threading, actors):
    check_caller(actors, profiling(threading), GET_PROFILE)


@clause("setprofile.not-aliens")
def test_alien_threads_are_not_profiled(threading, actors):
    check_alien(threading, actors, profiling(threading))


@clause("setprofile.running")
def test_threads_that_run_when_a_profile_function_is_set(threading, actors, observe):
    check_running(threading, actors, profiling(threading), observe)


@clause("setprofile.keyword")
def test_a_profile_function_can_be_given_by_name(threading, actors):
    check_keyword(threading, actors, profiling(threading), threading.setprofile)


@clause("setprofile.beside-settrace")
def test_both_functions_can_be_set(threading, actors):
    trace, profile = tracing(threading), profiling(threading)
    with trace:
        with profile:
            for first, second in ((trace, profile), (profile, trace)):
                recorders = [first.install(), second.install()]
                function = activity()
                perform(actors, threading.Thread(target=function), function)
                seen = [recorder.was_called_for(function) for recorder in recorders]
                assert seen == [True, True]
                # Taking one back leaves the other.
                first.take_back()
                function = activity()
                perform(actors, threading.Thread(target=function), function)
                seen = recorders[1].was_called_for(function)
                assert seen
                second.take_back()


# -- stack_size -----------------------------------------------------------------------------------


class Sizes(object):
    """stack_size() for the length of a block; the size is put back in the end."""

    def __init__(self, threading):
        self._threading = threading
        self._before = 0

    def __enter__(self):
        self._before = self._threading.stack_size()
        return self

    def set(self, size):
        """Set the size; False where it is refused, with whatever error."""
        try:
            self._threading.stack_size(size)
        except Exception:
            return False
        return True

    def __exit__(self, kind, value, traceback):
        try:
            self._threading.stack_size(self._before)
        except Exception:
            pass  # it cannot be changed, or is not what the clause of the case says


@clause("stack_size.returns")
def test_stack_size_returns_a_number_of_bytes(threading):
    size = threading.stack_size()
    assert isinstance(size, (int, type(1 << 100))), "it returned %r" % (size,)
    assert size >= 0


@clause("stack_size.set")
def test_the_size_set_is_the_size_told(threading, actors):
    with Sizes(threading) as sizes:
        # Asked once each time: that asking changes nothing is a clause of its own.
        for size in (MEGA, 512 * KILO, 16 * MEGA, 3 * MEGA + 64 * KILO, 2 * MEGA):
            if not sizes.set(size):
                return
            now = threading.stack_size()
            assert now == size
        # Another thread's size is the same.
        sizes.set(MEGA)
        now = actors.call(threading.stack_size)
        assert now == MEGA
        actors.start(threading.stack_size, 4 * MEGA).returned()
        now = threading.stack_size()
        assert now == 4 * MEGA


@clause("stack_size.asking-changes-nothing")
def test_the_size_is_the_same_each_time_it_is_asked_for(threading):
    with Sizes(threading) as sizes:
        first = threading.stack_size()
        second = threading.stack_size()
        assert second == first
        if sizes.set(MEGA):
            first = threading.stack_size()
            second = threading.stack_size()
            assert second == first


@clause("stack_size.asking-changes-nothing")
def test_new_threads_have_the_size_set_after_it_was_asked_for(threading, actors):
    size = 256 * KILO
    with Sizes(threading) as sizes:
        sizes.set(size)
        before = given_stack_size(threading, actors)
        sizes.set(size)
        threading.stack_size()
        after = given_stack_size(threading, actors)
        if before and fits(before, size):
            assert fits(after, size), "after stack_size() a thread got %d bytes" % after


@clause("stack_size.set-returns")
def test_what_stack_size_returns_when_it_sets_one(threading, observe):
    with Sizes(threading) as sizes:
        if not sizes.set(MEGA):
            observe("cannot be set")
            return
        value = threading.stack_size(2 * MEGA)
        if value == MEGA:
            observe("the size before")
        elif value == 2 * MEGA:
            observe("the size set")
        else:
            observe("neither of the two sizes")


@clause("stack_size.zero")
def test_zero_brings_the_default_back(threading):
    with Sizes(threading) as sizes:
        if not sizes.set(MEGA):
            return
        threading.stack_size(0)
        default = threading.stack_size()
        for size in (MEGA, 2 * MEGA):
            sizes.set(size)
            threading.stack_size(0)
            now = threading.stack_size()
            assert now == default


@clause("stack_size.zero")
def test_zero_brings_the_default_back_for_new_threads(threading, actors):
    with Sizes(threading) as sizes:
        default = sizes.set(0) and given_stack_size(threading, actors)
        if not default or not sizes.set(256 * KILO):
            return
        given = given_stack_size(threading, actors)
        threading.stack_size(0)
        back = given_stack_size(threading, actors)
        if not fits(default, 256 * KILO) and fits(given, 256 * KILO):
            assert fits(back, default), "after stack_size(0) a thread got %d bytes" % back


INVALID = (1, 4096, 16384, 32767, -1, -4096, -32768, -MEGA)


@clause("stack_size.invalid-error")
def test_an_invalid_size_is_an_error(threading):
    with Sizes(threading) as sizes:
        for before in (MEGA, 2 * MEGA, 0):
            if not sizes.set(before):
                return
            for size in INVALID:
                raises(ValueError, threading.stack_size, size)


@clause("stack_size.invalid-changes-nothing")
def test_an_invalid_size_leaves_the_size(threading, actors):
    with Sizes(threading) as sizes:
        for size in INVALID:
            if not sizes.set(MEGA):
                return
            refused = actors.start(threading.stack_size, size).raised() is not None
            now = threading.stack_size()
            assert now == MEGA or not refused, (
                "stack_size() is %s after an invalid size, expected %s" % (now, MEGA)
            )


@clause("stack_size.unsupported-error")
def test_sizes_are_set_or_refused_as_unsupported(threading):
    accepted = []
    with Sizes(threading):
        for size in (MEGA, 2 * MEGA, 4 * MEGA, 3 * MEGA + 64 * KILO, 16 * MEGA, MEGA):
            try:
                threading.stack_size(size)
                accepted.append(True)
            except ValueError:  # may be a subclass of ThreadError, or the reverse
                raise
            except threading.ThreadError:
                accepted.append(False)
        assert accepted == [accepted[0]] * len(accepted), (
            "stack_size() accepts some of six valid sizes and raises ThreadError for others"
        )


@clause("stack_size.keyword")
def test_the_size_can_be_given_by_name(threading):
    with Sizes(threading) as sizes:
        if sizes.set(MEGA):
            threading.stack_size(size=2 * MEGA)
            now = threading.stack_size()
            assert now == 2 * MEGA


def own_stack_size():
    """The size of the calling thread's stack as the system's thread library says it; or None."""
    try:
        import ctypes

        library = ctypes.CDLL(None)
        library.pthread_self.restype = ctypes.c_void_p
        library.pthread_getattr_np.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.pthread_attr_getstacksize.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.pthread_attr_destroy.argtypes = [ctypes.c_void_p]
        attributes = ctypes.create_string_buffer(512)
        size = ctypes.c_size_t(0)
        if library.pthread_getattr_np(library.pthread_self(), attributes) != 0:
            return None
        library.pthread_attr_getstacksize(attributes, ctypes.byref(size))
        library.pthread_attr_destroy(attributes)
        return size.value
    except Exception:
        return None


def given_stack_size(threading, actors):
    """The size of a new thread's stack; None where this system does not tell."""
    own = blocking.own_tid()
    if own is None or own_stack_size() is None:
        return None
    seen = []
    thread = threading.Thread(target=lambda: seen.append((blocking.own_tid(), own_stack_size())))
    run_to_end(actors, thread, seen)
    tid, given = seen[0]
    return None if tid == own else given  # it may be no thread of the system's


def fits(given, size):
    """Whether a stack is of about that size.

    The thread library may use up a larger one that an ended thread has left.
    """
    return 0.9 * size <= given <= 4.25 * size


@clause("stack_size.effective")
def test_new_threads_have_stacks_of_the_size_set(threading, actors):
    with Sizes(threading) as sizes:
        for size in (512 * KILO, 16 * MEGA, MEGA):
            if not sizes.set(size):
                return
            for _ in range(2):
                given = given_stack_size(threading, actors)
                if given is None:
                    return
                assert fits(given, size), "with stack_size(%d) a thread got %d" % (size, given)


def has_room(substrate, size):
    """Whether the system starts a thread with a stack of that size."""
    done = substrate.allocate_lock()
    done.acquire()
    before = substrate.stack_size(size)
    try:
        substrate.start_new_thread(done.release, ())
    finally:
        substrate.stack_size(before)
    done.acquire()
    return True


@clause("stack_size.effective")
def test_threads_with_big_stacks_run(threading, actors):
    for size in (64 * MEGA, 256 * MEGA):
        try:
            has_room(actors.substrate, size)
        except Exception:  # no room, or no such function
            return
        with Sizes(threading) as sizes:
            if not sizes.set(size):
                return
            ran = []
            thread = threading.Thread(target=lambda: ran.append(None))  # noqa: B023
            thread.start()
        actors.until(lambda: ran)  # noqa: B023
        assert ran, "after stack_size(%d), a thread does not run its target" % size


@clause("stack_size.invalid-changes-nothing")
def test_an_invalid_size_leaves_what_threads_get(threading, actors):
    size = 512 * KILO
    with Sizes(threading) as sizes:
        if not sizes.set(size):
            return
        given = given_stack_size(threading, actors)
        if given is None or not fits(given, size):
            return  # the size has no effect here: another clause's business
        for invalid in (4096, -1):
            sizes.set(size)
            refused = not sizes.set(invalid)
            given = given_stack_size(threading, actors)
            kept = fits(given, size) or not refused
            assert kept, "stack_size(%d) was refused; a thread got %d" % (invalid, given)


def taken(threading, size):
    """Whether a size is taken or refused."""
    with Sizes(threading) as sizes:
        return "taken" if sizes.set(size) else "refused"


@clause("stack_size.smallest")
def test_the_smallest_documented_size(threading, observe):
    observe(taken(threading, 32 * KILO))


@clause("stack_size.odd")
def test_a_size_that_is_no_multiple_of_a_page(threading, observe):
    observe(taken(threading, 64 * KILO + 1))


@clause("threaderror.exception")
def test_thread_error_is_an_exception(threading):
    error = threading.ThreadError
    assert isinstance(error, type), "ThreadError is %r, which is no class" % (error,)
    assert issubclass(error, Exception), "%r is no exception class" % (error,)
    caught = raises(error, fail_with, error)
    assert isinstance(caught, error), "a raised ThreadError is a %s" % type(caught).__name__


def fail_with(error):
    raise error("of the battery")
