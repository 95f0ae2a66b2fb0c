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
    Worse,
    affordable,
    attempt,
    finish,
    kinds,
    noted,
    nothing,
    race,
    raiser,
    started_inside,
    stumbling,
)
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises


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
    assert early == 0, "%d of 4 activities ran before start()" % early


@clause("thread.start.runs")
def test_start_invokes_run(threading, actors):
    for make in kinds(threading):
        for _ in range(3):
            ran = []
            make(lambda: ran.append(None)).start()
            arrived = actors.until(lambda: ran)
            assert arrived, "the activity does not run"


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
            assert arrived, "a thread started in a thread does not run while that one goes on"


@clause("thread.start.runs")
def test_a_thread_may_be_made_in_one_thread_and_started_in_another(threading, actors):
    for make in kinds(threading):
        ran = []
        actors.call(make, lambda: ran.append("main")).start()
        actors.call(make(lambda: ran.append("alien")).start)
        inside = started_inside(threading, actors, lambda: make(lambda: ran.append("own")))
        actors.call(inside.start)
        arrived = actors.until(lambda: len(ran) == 3)
        assert arrived, "of three threads only these run: %s" % ", ".join(ran)


@clause("thread.start.separate")
def test_run_is_invoked_in_a_thread_of_control_of_its_own(threading, actors):
    here = actors.substrate.get_ident()
    for make in kinds(threading):
        idents = []

        def activity():
            idents.append(actors.substrate.get_ident())

        make(activity).start()
        arrived = actors.until(lambda: idents)
        assert arrived, "the activity does not run"
        own = idents[0] == here
        assert not own, "the activity runs in the thread that called start()"
        starter = actors.new()
        starter.call(make(activity).start)
        arrived = actors.until(lambda: len(idents) == 2)
        assert arrived, "the activity does not run"
        own = idents[-1] in (here, starter.ident)
        assert not own, "the activity runs in the thread that called start()"


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
            arrived = actors.until(lambda: latch.arrivals and idents)
            assert arrived, "the activity does not run"
            own = latch.arrivals == idents
            assert not own, "the activity runs in the thread that called start()"


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
            assert arrived, "start() in a thread does not return while the run() it invokes goes on"


@clause("thread.start.once")
def test_start_invokes_run_once(threading, actors):
    for make in kinds(threading):
        ran = []
        thread = make(lambda: ran.append(None))
        thread.start()
        actors.until(lambda: ran)
        finish(actors, thread)
        settle(actors)
        times = len(ran)
        assert times == 1, "the activity ran %d times" % times


@clause("thread.start.once")
def test_a_failing_activity_is_not_repeated(threading, actors):
    for make in kinds(threading):
        for error in (Oops("once is enough"), SystemExit(3), Worse("once is enough")):
            ran = []

            def activity():
                ran.append(None)
                raise error

            with Sink():
                thread = make(activity)
                thread.start()
                actors.until(lambda: ran)
                finish(actors, thread)
                settle(actors)
            times = len(ran)
            assert times == 1, "the activity ran %d times" % times


@clause("thread.start.second-error")
def test_a_second_start_is_an_error_while_the_thread_runs(threading, actors):
    for make in kinds(threading):
        with Latch(actors.substrate) as latch:
            thread = make(latch.wait)
            actors.call(thread.start)
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
        with Sink():
            thread = make(raiser(Oops("failed")))
            thread.start()
            finish(actors, thread)
            settle(actors)
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
            times = len(latch.arrivals)
            assert times == 1, "run() was invoked %d times" % times
            assert passed == [], "join() returned before the thread had ended"
            freed = waited and not joiner.is_blocked()
            assert not freed, "a join() that waited has returned"
            named = thread.getName()
            assert named == name
            latch.open()
            ended = actors.until(lambda: passed)
            assert ended, "the thread does not get to its end"
            finish(actors, thread)
            settle(actors)
            times = len(passed)
            assert times == 1, "run() was invoked %d times" % times
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
        times = len(ran)
        assert times == 1, "run() was invoked %d times" % times
        after = actors.start(thread.join).returned()
        assert after or not before, "join() of an ended thread blocks after a refused start()"


class Contest(object):
    """Threads each of which several others try to start at the same moment."""

    def __init__(self, threading):
        self._threading = threading
        self._threads = []
        self._won = []
        self._ran = []

    def add(self):
        """Make one more thread; its number."""
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
        """Try to start a thread, and let it come to its end if it has been started."""
        self.start(number)
        try:
            self._threads[number].join(0.05)
        except:  # noqa: E722 - the start that it meets has not come so far
            return

    def check(self, actors, count):
        """One start of each of the first ``count`` threads must have succeeded; each ran once."""
        actors.until(lambda: len(self._ran) >= count)
        settle(actors)
        for number in range(count):
            times = self._won.count(number)
            assert times == 1, "%d of several concurrent start() calls succeeded" % times
        self._ran.sort()
        assert self._ran == list(range(count)), "run() was not invoked once for each thread"


@clause("thread.start.atomic")
def test_one_of_two_starts_that_meet_succeeds(threading, actors):
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
def test_one_of_many_starts_at_once_succeeds(threading, actors, rounds):
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
def test_many_threads_run_at_once(threading, actors):
    with Latch(actors.substrate) as latch:
        starter = actors.new()
        for _ in range(40):
            starter.call(threading.Thread(target=latch.wait).start)
        arrived = actors.until(lambda: len(latch.arrivals) == 40)
        assert arrived, "%d of 40 threads run" % len(latch.arrivals)
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
            # A system may have room for few threads at a time.
            patience = clock() + 0.5
            while len(ran) + 20 <= number and clock() < patience:
                time.sleep(0)

    worker = actors.start(work)
    actors.until(worker.has_ended)
    worker.result()
    arrived = actors.until(lambda: len(ran) >= many)
    assert arrived, "%d of %d threads run" % (len(ran), many)
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
        return  # other clauses ask for it

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
