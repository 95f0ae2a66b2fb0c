"""``Thread.start()``."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import counted, listed, subclass
from threadspec.conformance.battery.support.premises import check_runs_beside
from threadspec.conformance.battery.support.starting import fails_to_start
from threadspec.conformance.battery.support.stepping import endings, meetings, settle
from threadspec.conformance.battery.support.thread import (
    Oops,
    Sink,
    Started,
    affordable,
    attempt,
    failures,
    finish,
    kinds,
    noted,
    nothing,
    race,
    raiser,
    run_to_end,
    started_inside,
    stumbling,
)
from threadspec.conformance.harness import declared
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises


def check_comes(actors, condition):
    """The activity of a thread that was started gets to where ``condition()`` is true."""
    arrived = actors.until(condition)
    assert arrived, "start() did not lead to a call of run()"


def check_ran_once(ran, what="start()"):
    """``ran`` has an item for each run of a thread; ``what``: which calls led to them."""
    times = len(ran)
    assert times == 1, "%s invoked run() %d times, expected once" % (what, times)


def check_separate(idents):
    """The identifier of an activity is none of others; ``idents``: it, and the others."""
    own = idents[0] in idents[1:]
    assert not own, "run() was invoked in the thread that called start()"


@clause("thread.start.not-before")
def test_a_new_thread_does_nothing_before_its_start(threading, actors):
    ran = []

    def activity(*args, **kwargs):
        ran.append(None)

    threads = [make(activity) for make in kinds(threading)]
    threads.append(threading.Thread(target=activity, name="x", args=(1,), kwargs={"a": 2}))
    threads.append(actors.call(threading.Thread, target=activity))
    settle(actors)
    for thread in threads:
        thread.setName("still new")
        thread.getName()
    settle(actors)
    early = len(ran)
    assert early == 0, "%d of 4 threads ran before start()" % early


@clause("thread.start.runs")
def test_start_invokes_run(threading, actors):
    for make in kinds(threading):
        for _ in range(3):
            ran = []
            make(lambda: ran.append(None)).start()
            check_comes(actors, lambda: ran)


@clause("thread.start.runs")
def test_any_thread_may_start_a_thread(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            ran = []
            inner = make(lambda: ran.append(None))

            def outer():
                inner.start()
                latch.wait()

            actors.start(threading.Thread(target=outer).start)
            arrived = actors.until(lambda: ran)
            assert arrived, "a thread did not run while the thread that had started it went on"


@clause("thread.start.runs")
def test_a_thread_may_be_made_in_one_thread_and_started_in_another(threading, actors):
    for make in kinds(threading):
        ran = []
        actors.call(make, lambda: ran.append("main")).start()
        actors.call(make(lambda: ran.append("alien")).start)
        inside = started_inside(threading, actors, lambda: make(lambda: ran.append("own")))
        actors.call(inside.start)
        arrived = actors.until(lambda: len(ran) == 3)
        assert arrived, "of the threads made in a main, an alien and another thread, %d ran" % len(
            ran
        )


@clause("thread.start.separate")
def test_run_is_invoked_in_a_thread_of_control_of_its_own(threading, actors):
    here = actors.substrate.get_ident()
    for make in kinds(threading):
        idents = []

        def activity():
            idents.append(actors.substrate.get_ident())

        make(activity).start()
        check_comes(actors, lambda: idents)
        check_separate(idents + [here])
        del idents[:]
        starter = actors.new()
        starter.call(make(activity).start)
        check_comes(actors, lambda: idents)
        check_separate(idents + [here, starter.ident])


@clause("thread.start.separate")
def test_a_thread_does_not_run_in_the_thread_that_starts_it(threading, actors):
    get_ident = actors.substrate.get_ident
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            idents = []

            def outer():
                make(lambda: idents.append(get_ident())).start()
                latch.wait()

            actors.start(threading.Thread(target=outer).start)
            check_comes(actors, lambda: latch.arrivals and idents)
            check_separate(idents + latch.arrivals)


@clause("thread.start.returns-while-running")
def test_start_does_not_wait_for_the_end_of_run(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            for thread in (make(latch.wait), make(latch.wait), actors.call(make, latch.wait)):
                starter = actors.start(thread.start)
                assert starter.returned()


@clause("thread.start.returns-while-running")
def test_start_in_a_thread_does_not_wait_for_the_end_of_run(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            passed = []

            def outer():
                make(latch.wait).start()
                passed.append(None)

            actors.start(threading.Thread(target=outer).start)
            arrived = actors.until(lambda: passed)
            assert arrived, (
                "start() in a thread did not return before the end of the run() it invoked"
            )


@clause("thread.start.once")
def test_start_invokes_run_once(threading, actors):
    for make in kinds(threading):
        check_ran_once(run_to_end(actors, make)[1])


@clause("thread.start.once")
def test_a_failing_activity_is_not_repeated(threading, actors):
    for make in kinds(threading):
        for error in failures():
            check_ran_once(run_to_end(actors, make, raiser(error))[1])


@clause("thread.start.second-error")
def test_a_second_start_is_an_error_while_the_thread_runs(threading, actors):
    for make in kinds(threading):
        with Started(actors, make) as (thread, latch):
            raises(RuntimeError, actors.new().call, thread.start)
            actors.until(lambda: latch.arrivals)
            for _ in range(2):
                raises(RuntimeError, actors.new().call, thread.start)


@clause("thread.start.second-error")
def test_a_second_start_is_an_error_after_the_end(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        thread.start()
        finish(actors, thread)
        for _ in range(2):
            raises(RuntimeError, actors.new().call, thread.start)
        raises(RuntimeError, thread.start)
        raises(RuntimeError, started_inside, threading, actors, thread.start)


@clause("thread.start.second-error")
def test_a_second_start_is_an_error_after_a_failure(threading, actors):
    for make in kinds(threading):
        thread, _ = run_to_end(actors, make, raiser(Oops("failed")))
        raises(RuntimeError, actors.new().call, thread.start)


@clause("thread.start.second-error")
def test_a_thread_cannot_start_itself_again(threading, actors):
    notes = []
    thread = threading.Thread(target=lambda: len(notes) or attempt(notes, lambda: thread.start()))
    thread.start()
    raises(RuntimeError, noted, actors, notes)


@clause("thread.start.second-error")
def test_a_second_start_that_meets_the_end_is_an_error(threading, actors):
    starter = actors.new()
    with Sink():
        for thread, ending in endings(threading, actors):
            starter.start(thread.start).is_blocked()
            ending.go_on()
            raises(RuntimeError, starter.result)


@clause("thread.start.second-changes-nothing")
def test_a_refused_start_leaves_a_running_thread_alone(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            passed = []

            def activity():
                latch.wait()
                passed.append(None)

            thread = make(activity)
            name = thread.getName()
            actors.call(thread.start)
            actors.until(lambda: latch.arrivals)
            joiner = actors.start(thread.join)
            waited = joiner.is_blocked()
            for _ in range(2):
                actors.start(thread.start).raised()
            settle(actors)
            check_ran_once(latch.arrivals, "start() and two more calls of it")
            assert passed == [], "another start() let the activity go on that was waiting"
            freed = waited and not joiner.is_blocked()
            assert not freed, "another start() let a join() return while the thread went on"
            named = thread.getName()
            assert named == name
            latch.open()
            ended = actors.until(lambda: passed)
            assert ended, "after another start() the activity did not come to its end"
            finish(actors, thread)
            settle(actors)
            check_ran_once(passed, "start() and two more calls of it")
            assert not waited or joiner.returned()


@clause("thread.start.second-changes-nothing")
def test_a_refused_start_leaves_an_ended_thread_ended(threading, actors):
    for make in kinds(threading):
        ran = []
        thread = make(lambda: ran.append(None))
        thread.start()
        actors.until(lambda: ran)
        before = actors.start(thread.join).returned()
        for _ in range(2):
            actors.start(thread.start).raised()
        settle(actors)
        check_ran_once(ran, "start() and two more calls of it")
        after = actors.start(thread.join).returned()
        assert after or not before, "join() of an ended thread did not return after another start()"


class Contest(object):
    """Threads that are each started by several others at the same moment."""

    def __init__(self, threading):
        self._threading = threading
        self._threads = []
        self._won = []
        self._ran = []

    def add(self):
        """Make one more thread, and return its number."""
        number = len(self._threads)
        self._threads.append(self._threading.Thread(target=lambda: self._ran.append(number)))
        return number

    def start(self, number):
        """Try to start a thread."""
        try:
            self._threads[number].start()
        except:  # noqa: E722 - its type is another clause's business
            return
        self._won.append(number)

    def start_and_end(self, number):
        """Try to start a thread, and wait for its end for a moment."""
        self.start(number)
        try:
            self._threads[number].join(0.05)
        except:  # noqa: E722 - the start() that it meets has not come far enough
            return

    def check(self, actors, count):
        """One start() of each of the first ``count`` threads succeeded, and each ran once."""
        actors.until(lambda: len(self._ran) >= count)
        settle(actors)
        for number in range(count):
            times = self._won.count(number)
            assert times == 1, "%d of several concurrent start() calls succeeded" % times
        self._ran.sort()
        assert self._ran == list(range(count)), (
            "concurrent calls of start() did not invoke run() once for each thread"
        )


@clause("thread.start.atomic")
def test_one_of_two_starts_that_meet_succeeds(threading, actors):
    declared.need_other_starters()
    check_runs_beside(actors, threading.Thread)
    contest = Contest(threading)
    count = 0

    def prepare():
        number = contest.add()
        return lambda: contest.start(number), lambda: contest.start_and_end(number)

    with Sink():
        for meeting in meetings(actors, prepare):
            meeting.call.result()
            meeting.other.result()
            count += 1
        contest.check(actors, count)


@clause("thread.start.atomic")
def test_one_of_many_simultaneous_starts_succeeds(threading, actors, rounds):
    declared.need_other_starters()
    check_runs_beside(actors, threading.Thread)
    contest = Contest(threading)

    def start(number):
        contest.start(first + number)

    with Sink():
        rounds = affordable(rounds // 8, lambda: contest.start(contest.add()))
        first = contest.add() + 1
        contest.start(first - 1)
        for _ in range(3 + rounds):
            contest.add()
        first += race(actors, [stumbling(actors, start)] * 3, 3)
        first += race(actors, [start] * 3, rounds)
        contest.check(actors, first)


@clause("thread.start.many")
def test_many_threads_run_simultaneously(threading, actors):
    with Latch(actors.substrate) as latch:
        starter = actors.new()
        for _ in range(40):
            starter.call(threading.Thread(target=latch.wait).start)
        arrived = actors.until(lambda: len(latch.arrivals) == 40)
        assert arrived, "%d of 40 threads that were started run" % len(latch.arrivals)
        different = len(set(latch.arrivals))
        assert different == 40, "40 threads run in %d threads of control" % different
        latch.open()
        settle(actors)


@clause("thread.start.many")
def test_many_threads_run_one_after_the_other(threading, actors):
    ran = []
    many = affordable(200, lambda: threading.Thread(target=nothing).start())

    def work():
        for number in range(many):
            threading.Thread(target=lambda number=number: ran.append(number)).start()
            # A system may allow only a few threads at a time.
            patience = clock() + 0.5
            while len(ran) + 20 <= number and clock() < patience:
                time.sleep(0)

    worker = actors.start(work)
    actors.until(worker.has_ended)
    worker.result()
    arrived = actors.until(lambda: len(ran) >= many)
    assert arrived, "%d of %d threads that were started ran" % (len(ran), many)
    ran.sort()
    assert ran == list(range(many)), "not each of %d threads ran once" % many


@clause("thread.start.failed")
def test_join_of_a_thread_that_could_not_be_started_is_an_error(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        if fails_to_start(threading, thread, actors.substrate):
            raises(RuntimeError, actors.call, thread.join, 30.0)


@clause("thread.start.failed")
def test_threads_that_could_not_be_started_do_not_count(threading, actors):
    if not hasattr(threading, "activeCount"):
        return  # another clause's business

    def count_all():
        counts = [threading.activeCount()]
        for _ in range(2):
            if fails_to_start(threading, threading.Thread(target=int), actors.substrate):
                counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0] * 3)
    assert seen == [0] * len(seen)


@clause("thread.start.failed")
def test_threads_that_could_not_be_started_are_not_listed(threading, actors):
    for thread in (threading.Thread(target=int), subclass(threading, int)()):
        if fails_to_start(threading, thread, actors.substrate):
            count = listed(threading, thread)
            assert count == 0
