"""Thread Objects: one case or more for each clause of ``spec/thread.toml``.

Only the cases about join() need a thread's end told by join(); the others let the activity say how
far it has come.  start() is called by an actor where the activity blocks, so that a start() that
waits for it is a failure and no hang.
"""

import re
import sys
import time

from threadspec.conformance.battery.stepping import can_stop
from threadspec.conformance.worker.blocking import clock
from threadspec.conformance.worker.case import clause, raises, show


class Gate(object):
    """An activity that blocks until the case opens the gate, at the latest at its end."""

    def __init__(self, actors):
        self._substrate = actors.substrate
        self._lock = self._substrate.allocate_lock()
        self._lock.acquire()
        self._closed = True
        self.came = []  # the identifiers of the threads of control that came to the gate

    def __call__(self):
        self.came.append(self._substrate.get_ident())
        self._lock.acquire()
        self._lock.release()

    def open(self):
        if self._closed:
            self._closed = False
            self._lock.release()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.open()


class Sink(object):
    """Takes the place of standard error while a case lets threads fail."""

    def __init__(self):
        self._before = None
        self._texts = []

    def write(self, text):
        self._texts.append(text)

    def flush(self):
        pass

    def text(self):
        return "".join(self._texts)

    def __enter__(self):
        self._before = sys.stderr
        sys.stderr = self
        return self

    def __exit__(self, kind, value, trace):
        sys.stderr = self._before


class Oops(Exception):
    """What a thread fails with."""


class Worse(BaseException):
    """What a thread fails with that is no Exception."""


def raiser(error):
    """An activity that raises ``error``."""

    def fail():
        raise error

    return fail


def settle(actors):
    """Let every thread get as far as it can by itself."""
    lock = actors.substrate.allocate_lock()
    lock.acquire()
    waiter = actors.start(lock.acquire)
    waiter.is_blocked()
    lock.release()
    waiter.returned()


def affordable(rounds, operation):
    """``rounds``, or fewer where ``operation()`` is so slow that they would take long."""
    began = clock()
    for _ in range(5):
        operation()
    seconds = (clock() - began) / 5
    return max(10, min(rounds, int(0.3 / max(seconds, 1e-9))))


def race(actors, functions, rounds):
    """A race of ``rounds`` rounds, or fewer where rounds take long; ends with a whole batch."""
    patience = clock() + 1.0
    done = 0
    while done < rounds and clock() < patience:
        batch = min(57, rounds - done)
        ahead = [lambda number, step=step, done=done: step(done + number) for step in functions]
        actors.race(ahead, batch)
        done += batch
    return done


def stumbling(actors, function):
    """``function``, made to give way to other threads at every step of Python that it takes.

    A step is an instruction where the interpreter lets them be traced, and a line elsewhere.
    Where a trace function does not belong to one thread alone, ``function`` is left as it is.
    """
    if not can_stop(actors.substrate):
        return function

    def watch(frame, event, argument):
        if event == "call":
            try:
                frame.f_trace_opcodes = True
            except AttributeError:
                pass
        time.sleep(0)
        return watch

    def call(*args):
        before = sys.gettrace()
        sys.settrace(watch)
        try:
            return function(*args)
        finally:
            sys.settrace(before)

    return call


def kinds(threading):
    """Functions that make a thread for an activity: by its target, and by a subclass's run()."""

    def by_target(activity):
        return threading.Thread(target=activity)

    def by_subclass(activity):
        class Own(threading.Thread):
            def run(self):
                activity()

        return Own()

    return [by_target, by_subclass]


def attempt(notes, function):
    """Call ``function`` and note its value or the exception it raises."""
    try:
        notes.append((function(), None))
    except:  # noqa: E722 - whatever an implementation throws is evidence
        notes.append((None, sys.exc_info()[1]))


def noted(actors, notes, count=1):
    """The values of ``count`` attempts that threads make; raises what an attempt raised."""
    came = actors.until(lambda: len(notes) >= count)
    assert came, "what a thread does does not end"
    for value, error in notes:
        if error is not None:
            raise error
    return [value for value, error in notes]


def finish(actors, thread):
    """Wait for the end of a thread; whether it is over is another clause's business."""
    actors.start(thread.join).returned()


def nothing():
    """An activity that ends at once."""


# -- the class ------------------------------------------------------------------------------------


@clause("thread.class")
def test_each_thread_is_a_new_object(threading):
    for make in kinds(threading):
        first = make(nothing)
        second = make(nothing)
        assert first is not second


@clause("thread.class")
def test_threads_have_activities_of_their_own(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as first:
            with Gate(actors) as second:
                for gate in (first, second):
                    actors.call(make(gate).start)
                arrived = actors.until(lambda: len(first.came) + len(second.came) == 2)
                assert arrived, "two threads were started, %d and %d came to their gates" % (
                    len(first.came),
                    len(second.came),
                )
                came = (len(first.came), len(second.came))
                assert came == (1, 1)
                assert first.came != second.came, "both run in one thread of control"


@clause("thread.subclass.run")
def test_the_run_of_a_subclass_is_the_activity(threading, actors):
    ran = []

    class Own(threading.Thread):
        def run(self):
            ran.append(self)

    class OwnOfOwn(Own):
        pass

    class Other(Own):
        def run(self):
            ran.append(self)

    for kind in (Own, OwnOfOwn, Other):
        del ran[:]
        thread = kind()
        thread.start()
        arrived = actors.until(lambda: ran)
        assert arrived, "the run() of %s is not invoked" % kind.__name__
        assert ran[0] is thread


@clause("thread.subclass.run")
def test_the_run_of_a_subclass_replaces_the_target(threading, actors):
    ran = []

    class Own(threading.Thread):
        def run(self):
            ran.append("run")

    thread = Own(target=lambda: ran.append("target"))
    thread.start()
    actors.until(lambda: ran)
    settle(actors)
    assert ran == ["run"]


@clause("thread.subclass.init")
def test_a_subclass_may_have_a_constructor_of_its_own(threading, actors):
    class Own(threading.Thread):
        def __init__(self, number, done):
            threading.Thread.__init__(self)
            self.number = number
            self.done = done

        def run(self):
            self.done.append(self.number)

    class OwnOfOwn(Own):
        def __init__(self, done):
            Own.__init__(self, 7, done)
            self.more = None

    done = []
    for thread in (Own(3, done), Own(5, done), OwnOfOwn(done)):
        before = len(done)
        thread.start()
        arrived = actors.until(lambda: len(done) > before)
        assert arrived, "its run() does not get to its end"
    assert done == [3, 5, 7]


@clause("thread.subclass.init")
def test_a_subclass_may_start_itself_at_the_end_of_its_constructor(threading, actors):
    class Own(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self)
            self.start()

        def run(self):
            ran.append(self)

    ran = []
    thread = Own()
    actors.until(lambda: ran)
    assert len(ran) == 1 and ran[0] is thread, "its run() is not invoked once"


@clause("thread.subclass.init")
def test_a_subclass_may_pass_arguments_on(threading, actors):
    class Own(threading.Thread):
        def __init__(self, *values):
            threading.Thread.__init__(self, target=self.work, args=values, kwargs={"last": 9})
            self.got = []

        def work(self, *values, **more):
            self.got.append((values, more))

    thread = Own(1, 2)
    thread.start()
    arrived = actors.until(lambda: thread.got)
    assert arrived, "the target is not invoked"
    got = thread.got
    assert got == [((1, 2), {"last": 9})]


@clause("thread.subclass.init-missing")
def test_a_subclass_that_forgets_the_constructor(threading, actors, observe):
    ran = []

    class Own(threading.Thread):
        def __init__(self):
            pass

        def run(self):
            ran.append(None)

    error = actors.start(Own().start).raised()
    settle(actors)
    if isinstance(error, RuntimeError):
        observe("start() raises RuntimeError")
    elif error is not None:
        observe("start() raises another error")
    else:
        observe(ran and "it runs" or "start() returns")


# -- the constructor ------------------------------------------------------------------------------


def calls_of(threading, actors, **kwargs):
    """How the target of a thread was called, when the thread is made with these arguments."""
    calls = []

    def target(*got, **named):
        calls.append((got, named))

    thread = threading.Thread(target=target, **kwargs)
    thread.start()
    arrived = actors.until(lambda: calls)
    assert arrived, "the target is not invoked"
    return calls[0]


@clause("thread.init.no-arguments")
def test_a_thread_can_be_made_without_arguments(threading):
    for _ in range(3):
        thread = threading.Thread()
        assert thread is not None


@clause("thread.init.group-none")
def test_group_may_be_given_as_none(threading, actors):
    call = calls_of(threading, actors, group=None)
    assert call == ((), {})


@clause("thread.init.group-other")
def test_another_group(threading, observe):
    try:
        threading.Thread(group=object())
    except Exception:
        observe("it raises %s" % sys.exc_info()[0].__name__)
    else:
        observe("it is ignored")


@clause("thread.init.target")
def test_the_target_is_invoked(threading, actors):
    ran = []

    def function():
        ran.append("function")

    class Thing(object):
        def __init__(self):
            ran.append("class")

        def method(self):
            ran.append("method")

        def __call__(self):
            ran.append("object")

    thing = Thing()
    bare = actors.substrate.allocate_lock()
    bare.acquire()
    for target, expected in (
        (function, "function"),
        (lambda: ran.append("lambda"), "lambda"),
        (thing.method, "method"),
        (thing, "object"),
        (Thing, "class"),
    ):
        del ran[:]
        threading.Thread(target=target).start()
        actors.until(lambda: ran)
        assert ran == [expected]
    threading.Thread(target=bare.release).start()
    taker = actors.start(bare.acquire)
    assert taker.returned(), "a built-in method is not invoked"


@clause("thread.init.target")
def test_the_target_is_invoked_with_a_name_as_well(threading, actors):
    call = calls_of(threading, actors, name="worker")
    assert call == ((), {})


@clause("thread.init.target-false")
def test_a_target_whose_truth_value_is_false_is_invoked(threading, actors):
    class Empty(object):
        def __len__(self):
            return 0

        def __call__(self):
            ran.append(None)

    ran = []
    threading.Thread(target=Empty()).start()
    arrived = actors.until(lambda: ran)
    assert arrived, "a callable object of length 0 is not invoked"


@clause("thread.init.target-none")
def test_nothing_is_called_without_a_target(threading, actors):
    with Sink() as errors:
        for thread in (
            threading.Thread(),
            threading.Thread(target=None),
            threading.Thread(args=(1,), kwargs={"a": 2}),
        ):
            starter = actors.start(thread.start)
            assert starter.returned()
            finish(actors, thread)
            settle(actors)
            text = errors.text()
            assert text == "", "the thread failed: %s" % text


@clause("thread.init.args")
def test_the_target_gets_the_arguments(threading, actors):
    thing = object()
    for args in ((1,), (1, "two", 3.0), ((1, 2),), (None,), ((),), (thing, thing), ({"a": 1},)):
        got = calls_of(threading, actors, args=args)[0]
        assert got == args
    assert calls_of(threading, actors, args=(thing,))[0][0] is thing


@clause("thread.init.args-default")
def test_the_target_gets_no_arguments_by_default(threading, actors):
    for kwargs in ({}, {"args": ()}, {"kwargs": {"a": 1}}):
        got = calls_of(threading, actors, **kwargs)[0]
        assert got == ()


@clause("thread.init.kwargs")
def test_the_target_gets_the_keyword_arguments(threading, actors):
    thing = object()
    for kwargs in (
        {"a": 1},
        {"a": 1, "b": None, "c": (2, 3)},
        {"name": "n", "group": "g", "kwargs": "k"},
    ):
        named = calls_of(threading, actors, kwargs=kwargs)[1]
        assert named == kwargs
    assert calls_of(threading, actors, kwargs={"a": thing})[1]["a"] is thing


@clause("thread.init.kwargs-default")
def test_the_target_gets_no_keyword_arguments_by_default(threading, actors):
    for kwargs in ({}, {"kwargs": {}}, {"args": (1, 2)}):
        named = calls_of(threading, actors, **kwargs)[1]
        assert named == {}


@clause("thread.init.kwargs-default")
def test_the_default_is_not_shared(threading, actors):
    def greedy(**named):
        named["left"] = "behind"

    thread = threading.Thread(target=greedy, kwargs={"a": 1})
    thread.start()
    threading.Thread(target=greedy).start()
    settle(actors)
    named = calls_of(threading, actors)[1]
    assert named == {}


@clause("thread.init.args-and-kwargs")
def test_the_target_gets_both_kinds_of_arguments(threading, actors):
    call = calls_of(threading, actors, args=(1, 2), kwargs={"a": 3, "b": 4})
    assert call == ((1, 2), {"a": 3, "b": 4})
    got = []

    def target(first, second=None, third=None):
        got.append((first, second, third))

    threading.Thread(target=target, args=(1,), kwargs={"third": 3}).start()
    actors.until(lambda: got)
    assert got == [(1, None, 3)]


@clause("thread.init.keywords")
def test_all_arguments_can_be_given_by_name(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((args, kwargs))

    thread = threading.Thread(kwargs={"a": 2}, args=(1,), name="worker", target=target, group=None)
    assert thread.getName() == "worker"
    thread.start()
    actors.until(lambda: calls)
    assert calls == [((1,), {"a": 2})]


@clause("thread.init.positional")
def test_arguments_can_be_given_in_order(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((args, kwargs))

    thread = threading.Thread(None, target, "worker", (1,), {"a": 2})
    assert thread.getName() == "worker"
    thread.start()
    actors.until(lambda: calls)
    assert calls == [((1,), {"a": 2})]


# -- names ----------------------------------------------------------------------------------------


@clause("thread.name.given")
def test_the_name_is_the_one_given(threading):
    class Own(threading.Thread):
        pass

    for kind in (threading.Thread, Own):
        for given in ("worker", "a b\tc", "Thread", "MainThread", "7"):
            name = kind(name=given).getName()
            assert name == given


@clause("thread.name.given")
def test_the_name_stays_while_the_thread_runs_and_ends(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate, name="worker")
        actors.call(thread.start)
        actors.until(lambda: gate.came)
        name = thread.getName()
        assert name == "worker"
        gate.open()
        finish(actors, thread)
        name = thread.getName()
        assert name == "worker"


@clause("thread.name.given")
def test_every_thread_sees_the_name(threading, actors):
    names = []
    thread = threading.Thread(target=lambda: names.append(thread.getName()), name="worker")
    names.append(actors.call(thread.getName))
    thread.start()
    actors.until(lambda: len(names) == 2)
    assert names == ["worker", "worker"]


@clause("thread.name.empty")
def test_an_empty_name_is_kept(threading):
    name = threading.Thread(name="").getName()
    assert name == ""


def default_names(threading):
    """The names of threads that were made in several ways, none with a name."""

    class Own(threading.Thread):
        def run(self):
            pass

    class Init(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self)

    threads = [
        threading.Thread(),
        threading.Thread(name=None),
        threading.Thread(target=nothing),
        threading.Thread(target=nothing, args=(), kwargs={}),
        Own(),
        Init(),
        threading.Thread(),
    ]
    return [thread.getName() for thread in threads]


@clause("thread.name.default-form")
def test_the_default_name_is_thread_and_a_number(threading):
    for name in default_names(threading):
        fits = re.match(r"Thread-[0-9]+\Z", name)
        assert fits, "the default name is %s" % show(name)


@clause("thread.name.default-small")
def test_the_number_in_a_default_name_is_small(threading):
    for name in default_names(threading):
        digits = re.sub(r"\AThread-([0-9]*).*", r"\1", name)
        assert len(digits) < 10, "the default name is %s" % show(name)


@clause("thread.name.default-unique")
def test_default_names_are_different(threading, actors):
    threads = [threading.Thread(target=nothing) for _ in range(20)]
    for thread in threads[:10]:
        thread.start()
    finish(actors, threads[0])
    settle(actors)
    threads += [actors.call(threading.Thread) for _ in range(5)]
    for _ in range(3):
        threads += [make(nothing) for make in kinds(threading)]
    threads += [threading.Thread(name="worker"), threading.Thread()]
    names = [thread.getName() for thread in threads]
    repeated = sorted(set([name for name in names if names.count(name) > 1]))
    assert repeated == []


@clause("thread.name.default-unique-race")
def test_default_names_are_different_when_made_at_once(threading, actors, rounds):
    rounds = affordable(rounds, threading.Thread)
    ready = []

    def work(times):
        ready.append(None)
        while len(ready) < 3:
            time.sleep(0)
        return [threading.Thread() for _ in range(times)]

    crew = [actors.new() for _ in range(3)]
    count = {}
    for action, times in ((work, rounds), (stumbling(actors, work), 1 + rounds // 32)):
        del ready[:]
        for worker in crew:
            worker.start(action, times)
        actors.ended(crew, at_least=3)
        for worker in crew:
            for thread in worker.result():
                name = thread.getName()
                count[name] = count.get(name, 0) + 1
    repeated = sorted([name for name in count if count[name] > 1])
    assert repeated == []


@clause("thread.name.set")
def test_the_name_can_be_set_before_the_start(threading):
    for kwargs in ({}, {"name": "old"}):
        thread = threading.Thread(**kwargs)
        for new in ("one", "two", "old", "one"):
            thread.setName(new)
            name = thread.getName()
            assert name == new


@clause("thread.name.set")
def test_the_name_can_be_set_while_the_thread_runs_and_when_it_has_ended(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            thread.setName("before")
            actors.call(thread.start)
            actors.until(lambda: gate.came)
            name = thread.getName()
            assert name == "before"
            for new in ("during", "again"):
                thread.setName(new)
                name = thread.getName()
                assert name == new
            gate.open()
            finish(actors, thread)
            name = thread.getName()
            assert name == "again"
            thread.setName("after")
            name = thread.getName()
            assert name == "after"


@clause("thread.name.set")
def test_the_name_can_be_set_by_any_thread(threading, actors):
    names = []

    def activity():
        thread.setName("inner")
        names.append(thread.getName())

    thread = threading.Thread(target=activity)
    actors.call(thread.setName, "outer")
    name = thread.getName()
    assert name == "outer"
    thread.start()
    actors.until(lambda: names)
    assert names == ["inner"]
    name = thread.getName()
    assert name == "inner"


@clause("thread.name.set")
def test_setting_a_name_leaves_other_threads_alone(threading):
    first = threading.Thread(name="first")
    second = threading.Thread(name="second")
    first.setName("new")
    name = second.getName()
    assert name == "second"
    second.setName("newer")
    names = [first.getName(), second.getName()]
    assert names == ["new", "newer"]
    given = threading.Thread().getName()
    assert given not in names


@clause("thread.name.keyword")
def test_the_name_can_be_set_by_keyword(threading):
    thread = threading.Thread()
    thread.setName(name="new")
    name = thread.getName()
    assert name == "new"


@clause("thread.name.shared")
def test_threads_may_have_the_same_name(threading, actors):
    with Gate(actors) as gate:
        threads = [threading.Thread(target=gate, name="worker") for _ in range(3)]
        threads[2].setName("other")
        threads[2].setName("worker")
        names = [thread.getName() for thread in threads]
        assert names == ["worker"] * 3
        for thread in threads:
            actors.call(thread.start)
        arrived = actors.until(lambda: len(gate.came) == 3)
        assert arrived, "%d of 3 threads with the same name run" % len(gate.came)
        names = [thread.getName() for thread in threads]
        assert names == ["worker"] * 3
        for thread in threads:
            thread.setName("runner")
        names = [thread.getName() for thread in threads]
        assert names == ["runner"] * 3


@clause("thread.name.shared")
def test_threads_may_get_a_default_name(threading, actors):
    first = threading.Thread(target=nothing)
    given = first.getName()
    second = threading.Thread(target=nothing, name=given)
    names = [first.getName(), second.getName()]
    assert names == [given, given]


@clause("thread.name.no-semantics")
def test_a_name_has_no_effect(threading, actors):
    for name in ("MainThread", "Dummy-1", "Thread-1", "stop", "None", "0"):
        with Gate(actors) as gate:
            passed = []

            def activity():
                gate()
                passed.append(None)

            thread = threading.Thread(target=activity, name=name)
            actors.call(thread.start)
            arrived = actors.until(lambda: gate.came)
            assert arrived, "a thread called %s does not run" % name
            thread.setName("Thread-1")
            gate.open()
            ended = actors.until(lambda: passed)
            assert ended, "a thread called %s does not get to its end" % name


# -- start ----------------------------------------------------------------------------------------


@clause("thread.start.not-before")
def test_a_new_thread_does_nothing_before_its_start(threading, actors):
    ran = []
    threads = [make(lambda: ran.append(None)) for make in kinds(threading)]
    settle(actors)
    for thread in threads:
        thread.setName("still new")
        thread.getName()
    settle(actors)
    early = len(ran)
    assert early == 0, "%d of 2 activities ran before start()" % early


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
        ran = []
        inner = make(lambda: ran.append("inner"))

        def outer():
            inner.start()
            ran.append("outer")

        starter = actors.start(make(outer).start)
        arrived = actors.until(lambda: len(ran) == 2)
        assert arrived, "a thread started in a thread does not run"
        starter.returned()


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
        actors.until(lambda: len(idents) == 2)
        own = idents[-1] in (here, starter.ident)
        assert not own, "the activity runs in the thread that called start()"


@clause("thread.start.returns-while-running")
def test_start_does_not_wait_for_the_end_of_run(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            starter = actors.start(make(gate).start)
            assert starter.returned()
            starter = actors.start(make(gate).start)
            assert starter.returned()


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
        ran = []

        def activity():
            ran.append(None)
            raise Oops("once is enough")

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
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            raises(RuntimeError, actors.new().call, thread.start)
            actors.until(lambda: gate.came)
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


@clause("thread.start.second-changes-nothing")
def test_a_refused_start_leaves_a_running_thread_alone(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            passed = []

            def activity():
                gate()
                passed.append(None)

            thread = make(activity)
            actors.call(thread.start)
            actors.until(lambda: gate.came)
            for _ in range(2):
                actors.start(thread.start).raised()
            settle(actors)
            times = len(gate.came)
            assert times == 1, "run() was invoked %d times" % times
            assert passed == []
            gate.open()
            ended = actors.until(lambda: passed)
            assert ended, "the thread does not get to its end"
            finish(actors, thread)
            settle(actors)
            times = len(passed)
            assert times == 1, "run() was invoked %d times" % times


@clause("thread.start.second-changes-nothing")
def test_a_refused_start_leaves_an_ended_thread_ended(threading, actors):
    for make in kinds(threading):
        ran = []
        thread = make(lambda: ran.append(None))
        thread.start()
        actors.until(lambda: ran)
        finish(actors, thread)
        for _ in range(2):
            actors.start(thread.start).raised()
        settle(actors)
        times = len(ran)
        assert times == 1, "run() was invoked %d times" % times
        joiner = actors.start(thread.join)
        assert joiner.returned()


@clause("thread.start.atomic")
def test_one_of_many_starts_at_once_succeeds(threading, actors, rounds):
    def operation():
        threading.Thread(target=nothing).start()

    rounds = affordable(rounds, operation)
    ran = []
    threads = [threading.Thread(target=ran.append, args=(number,)) for number in range(rounds)]
    won = [0] * rounds
    wrong = []

    def start(number):
        if wrong:
            return
        try:
            threads[number].start()
        except:  # noqa: E722 - its type is another clause's business
            return
        won[number] += 1  # lost, if ever, where it would be wrong anyway
        if won[number] > 1:
            wrong.append(number)

    with Sink():
        few = race(actors, [stumbling(actors, start)] * 3, rounds // 32)
        rounds = few + race(actors, [lambda number: start(few + number)] * 3, rounds - few)
        assert not wrong, "two calls of start() at once succeeded"
        actors.until(lambda: len(ran) >= rounds)
        settle(actors)
    ran.sort()
    assert ran == list(range(rounds)), "run() was not invoked once for each thread"


@clause("thread.start.many")
def test_many_threads_run_at_once(threading, actors):
    with Gate(actors) as gate:
        starter = actors.new()
        for _ in range(40):
            starter.call(threading.Thread(target=gate).start)
        arrived = actors.until(lambda: len(gate.came) == 40)
        assert arrived, "%d of 40 threads run" % len(gate.came)
        different = len(set(gate.came))
        assert different == 40, "40 threads run in %d threads of control" % different
        gate.open()
        settle(actors)


@clause("thread.start.many")
def test_many_threads_run_one_after_the_other(threading, actors):
    ran = []

    def work():
        for number in range(200):
            threading.Thread(target=ran.append, args=(number,)).start()

    worker = actors.start(work)
    actors.until(worker.has_ended)
    worker.result()
    arrived = actors.until(lambda: len(ran) >= 200)
    assert arrived, "%d of 200 threads run" % len(ran)
    ran.sort()
    assert ran == list(range(200)), "not each of 200 threads ran once"


# -- run ------------------------------------------------------------------------------------------


@clause("thread.run.target")
def test_run_invokes_the_target_in_the_calling_thread(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((actors.substrate.get_ident(), args, kwargs))

    class Own(threading.Thread):
        pass

    here = actors.substrate.get_ident()
    for kind in (threading.Thread, Own):
        for given in (
            {},
            {"args": (1, 2)},
            {"kwargs": {"a": 1}},
            {"args": (1,), "kwargs": {"a": 2}},
        ):
            del calls[:]
            kind(target=target, **given).run()
            assert calls == [(here, given.get("args", ()), given.get("kwargs", {}))]
    del calls[:]
    caller = actors.new()
    caller.call(threading.Thread(target=target).run)
    assert calls == [(caller.ident, (), {})]


@clause("thread.run.no-target")
def test_run_without_a_target_does_nothing(threading, actors):
    for thread in (threading.Thread(), threading.Thread(target=None, args=(1,))):
        caller = actors.start(thread.run)
        assert caller.returned()


@clause("thread.run.base")
def test_an_overriding_run_may_call_the_standard_one(threading, actors):
    seen = []

    class Own(threading.Thread):
        def run(self):
            seen.append("before")
            threading.Thread.run(self)
            seen.append("after")

    def target(value, more):
        seen.append((value, more))

    Own(target=target, args=(1,), kwargs={"more": 2}).start()
    actors.until(lambda: len(seen) >= 3)
    assert seen == ["before", (1, 2), "after"]


@clause("thread.run.exception")
def test_run_lets_the_exception_of_the_target_through(threading):
    for error in (Oops("failed"), SystemExit(3), Worse("failed")):
        got = raises(type(error), threading.Thread(target=raiser(error)).run)
        assert got is error


@clause("thread.run.again")
def test_run_called_twice(threading, observe):
    ran = []
    thread = threading.Thread(target=lambda: ran.append(None))
    thread.run()
    try:
        thread.run()
    except Exception:
        observe("it raises %s" % sys.exc_info()[0].__name__)
    else:
        observe(len(ran) == 2 and "it invokes the target again" or "it does nothing")


# -- alive ----------------------------------------------------------------------------------------


@clause("thread.alive.before")
def test_a_new_thread_is_not_alive(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        for _ in range(2):
            alive = thread.isAlive()
            assert not alive
        alive = actors.call(thread.isAlive)
        assert not alive


@clause("thread.alive.before")
def test_a_thread_whose_run_is_called_is_not_started(threading):
    seen = []
    for make in kinds(threading):
        thread = make(lambda: seen.append(thread.isAlive()))
        thread.run()
        seen.append(thread.isAlive())
    alive = [one for one in seen if one]
    assert alive == [], "a thread is alive that was not started"


@clause("thread.alive.running")
def test_a_thread_is_alive_while_its_run_goes_on(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            alive = thread.isAlive()
            assert alive
            actors.until(lambda: gate.came)
            for _ in range(3):
                alive = thread.isAlive()
                assert alive
            alive = actors.call(thread.isAlive)
            assert alive


@clause("thread.alive.running")
def test_a_thread_sees_itself_alive(threading, actors):
    for make in kinds(threading):
        notes = []
        thread = make(lambda: attempt(notes, lambda: thread.isAlive()))
        thread.start()
        alive = noted(actors, notes)[0]
        assert alive


@clause("thread.alive.running")
def test_a_thread_is_alive_when_start_returns(threading, actors, rounds):
    gates = []

    def try_once():
        gate = Gate(actors)
        gates.append(gate)
        thread = threading.Thread(target=gate)
        thread.start()
        alive = thread.isAlive()
        gate.open()
        return alive

    def work():
        return [number for number in range(affordable(rounds, try_once)) if not try_once()]

    worker = actors.start(work)
    try:
        actors.until(worker.has_ended)
        dead = len(worker.result())
    finally:
        for gate in gates:
            gate.open()
    assert dead == 0, "%d times a thread was not alive when start() returned" % dead


@clause("thread.alive.running")
def test_a_thread_is_alive_until_its_own_run_has_ended(threading, actors):
    with Gate(actors) as gate:
        notes = []

        class Own(threading.Thread):
            def run(self):
                threading.Thread.run(self)
                attempt(notes, lambda: self.isAlive())
                gate()

        thread = Own(target=nothing)
        actors.call(thread.start)
        actors.until(lambda: gate.came)
        attempt(notes, lambda: thread.isAlive())
        alive = [one for one in noted(actors, notes, 2) if one]
        assert len(alive) == 2, "not alive between the end of its target and that of its run()"


@clause("thread.alive.after")
def test_a_thread_is_not_alive_after_its_end(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            gate.open()
            dead = actors.until(lambda: not thread.isAlive())
            assert dead, "a thread stays alive after the end of its run()"
            for _ in range(2):
                alive = thread.isAlive()
                assert not alive
            alive = actors.call(thread.isAlive)
            assert not alive


@clause("thread.alive.after")
def test_a_thread_is_not_alive_when_others_still_are(threading, actors):
    with Gate(actors) as gate:
        other = threading.Thread(target=gate)
        thread = threading.Thread(target=nothing)
        actors.call(other.start)
        actors.call(thread.start)
        dead = actors.until(lambda: not thread.isAlive())
        assert dead, "a thread stays alive after the end of its run()"
        alive = other.isAlive()
        assert alive, "a thread is not alive after the end of another one"


@clause("thread.alive.after-exception")
def test_a_thread_is_not_alive_after_a_failure(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in (Oops("failed"), SystemExit(3), Worse("failed")):
                thread = make(raiser(error))
                thread.start()
                dead = actors.until(lambda: not thread.isAlive())
                assert dead, "a thread stays alive after raising %s" % type(error).__name__


@clause("thread.alive.second-start")
def test_a_refused_start_leaves_an_ended_thread_not_alive(threading, actors):
    thread = threading.Thread(target=nothing)
    thread.start()
    dead = actors.until(lambda: not thread.isAlive())
    for _ in range(2):
        actors.start(thread.start).raised()
    alive = thread.isAlive()
    assert not (dead and alive), "an ended thread is alive after a refused start()"


@clause("thread.alive.second-start")
def test_a_refused_start_leaves_a_running_thread_alive(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        for _ in range(2):
            before = thread.isAlive()
            actors.start(thread.start).raised()
            after = thread.isAlive()
            assert after or not before, "a running thread is not alive after a refused start()"


@clause("thread.alive.after-join")
def test_a_thread_is_not_alive_when_join_has_returned(threading, actors):
    for make in kinds(threading):
        for args in ((), (None,), (30.0,)):
            with Gate(actors) as gate:
                thread = make(gate)
                actors.call(thread.start)

                def wait():
                    thread.join(*args)
                    return thread.isAlive()

                joiner = actors.start(wait)
                joiner.has_ended()
                gate.open()
                alive = joiner.result()
                assert not alive


@clause("thread.alive.after-join")
def test_a_thread_is_never_alive_when_join_has_returned(threading, actors, rounds):
    def try_once():
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()
        return thread.isAlive()

    def work():
        return [number for number in range(affordable(rounds, try_once)) if try_once()]

    worker = actors.start(work)
    actors.until(worker.has_ended)
    times = len(worker.result())
    assert times == 0, "%d times a thread was alive when join() had returned" % times


@clause("thread.alive.tells-timeout")
def test_a_thread_is_alive_after_a_join_that_timed_out(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            for timeout in (0.01, 0.0):
                actors.start(thread.join, timeout).returned()
                alive = thread.isAlive()
                assert alive


@clause("thread.alive.listed")
def test_enumerate_lists_the_alive_threads(threading, actors):
    def listed(thread):
        return len([one for one in threading.enumerate() if one is thread])

    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            times = listed(thread)
            assert times == 0, "a thread that is not started is listed"
            actors.call(thread.start)
            times = listed(thread)
            assert times == 1, "an alive thread is listed %d times" % times
            gate.open()
            gone = actors.until(lambda: not listed(thread))
            assert gone, "a thread is listed after its end"


# -- join -----------------------------------------------------------------------------------------


@clause("thread.join.blocks")
def test_join_blocks_until_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            joiner = actors.start(thread.join)
            assert joiner.is_blocked()
            gate.open()
            joiner.returned()


@clause("thread.join.blocks")
def test_join_blocks_right_after_the_start(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)

        def start_and_join():
            thread.start()
            thread.join()

        joiner = actors.start(start_and_join)
        assert joiner.is_blocked()
        gate.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_join_waits_for_its_own_thread(threading, actors):
    with Gate(actors) as gate:
        other = threading.Thread(target=nothing)
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        actors.call(other.start)
        joiner = actors.start(thread.join)
        settle(actors)
        assert joiner.is_blocked()
        gate.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_join_waits_for_the_end_of_an_overriding_run(threading, actors):
    with Gate(actors) as gate:

        class Own(threading.Thread):
            def run(self):
                threading.Thread.run(self)
                gate()

        thread = Own(target=nothing)
        actors.call(thread.start)
        actors.until(lambda: gate.came)
        joiner = actors.start(thread.join)
        assert joiner.is_blocked()
        gate.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_the_main_thread_may_join_a_thread(threading, actors):
    # It cannot be watched from outside here: what run() does at its end tells that join() waited.
    for args in ((), (None,)):
        with Gate(actors) as gate:
            passed = []

            def activity():
                gate()
                time.sleep(0.01)
                passed.append(None)

            thread = threading.Thread(target=activity)
            actors.call(thread.start)
            opener = actors.start(gate.open)
            thread.join(*args)
            waited = len(passed)
            opener.returned()
            assert waited, "join() returned before the end of run()"


@clause("thread.join.blocks")
def test_a_thread_may_join_another(threading, actors):
    with Gate(actors) as gate:
        passed = []
        thread = threading.Thread(target=gate)
        actors.call(thread.start)

        def activity():
            thread.join()
            passed.append(len(gate.came))

        actors.call(threading.Thread(target=activity).start)
        actors.until(lambda: gate.came)
        settle(actors)
        assert passed == []
        gate.open()
        came = actors.until(lambda: passed)
        assert came, "join() in a thread does not return"


@clause("thread.join.no-early-return")
def test_everything_is_done_when_join_returns(threading, actors, rounds):
    done = []

    def activity():
        time.sleep(0)
        done.append(None)

    def try_once():
        thread = threading.Thread(target=activity)
        before = len(done)
        thread.start()
        thread.join()
        return len(done) == before

    def work():
        return [number for number in range(affordable(rounds, try_once)) if try_once()]

    worker = actors.start(work)
    actors.until(worker.has_ended)
    early = len(worker.result())
    assert early == 0, "%d times join() returned before the end of run()" % early


@clause("thread.join.returns")
def test_a_blocked_join_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        for args in ((), (None,)):
            with Gate(actors) as gate:
                thread = make(gate)
                actors.call(thread.start)
                joiner = actors.start(thread.join, *args)
                joiner.is_blocked()
                gate.open()
                assert joiner.returned()


@clause("thread.join.returns")
def test_join_returns_while_other_threads_run(threading, actors):
    with Gate(actors) as gate:
        for _ in range(2):
            actors.call(threading.Thread(target=gate).start)
        for args in ((), (30.0,)):
            thread = threading.Thread(target=nothing)
            actors.call(thread.start)
            joiner = actors.start(thread.join, *args)
            assert joiner.returned()


@clause("thread.join.exception")
def test_join_returns_when_the_thread_fails(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in (Oops("failed"), SystemExit(3), Worse("failed")):
                with Gate(actors) as gate:

                    def activity():
                        gate()
                        raise error

                    thread = make(activity)
                    actors.call(thread.start)
                    timed = actors.start(thread.join, 30.0)
                    joiner = actors.start(thread.join)
                    joiner.is_blocked()
                    gate.open()
                    assert joiner.returned()
                    assert timed.returned()
                    joiner.start(thread.join)
                    assert joiner.returned()


@clause("thread.join.ended")
def test_join_of_an_ended_thread_returns(threading, actors):
    for make in kinds(threading):
        for args in ((), (None,), (30.0,), (0.0,)):
            ran = []
            thread = make(lambda: ran.append(None))
            thread.start()
            actors.until(lambda: ran)
            settle(actors)
            joiner = actors.start(thread.join, *args)
            assert joiner.returned()


@clause("thread.join.many-times")
def test_a_thread_can_be_joined_many_times(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            joiner = actors.start(thread.join)
            joiner.is_blocked()
            gate.open()
            joiner.returned()
            for args in ((), (0.01,), (), (None,), ()):
                joiner.start(thread.join, *args)
                assert joiner.returned()
            joiner = actors.start(thread.join)
            assert joiner.returned()


@clause("thread.join.many-times")
def test_a_thread_can_be_joined_again_after_a_timeout(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        joiner = actors.start(thread.join, 0.01)
        joiner.returned()
        joiner.start(thread.join, 0.0)
        joiner.returned()
        joiner.start(thread.join)
        assert joiner.is_blocked()
        gate.open()
        assert joiner.returned()


@clause("thread.join.many-joiners")
def test_many_threads_can_wait_for_one(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            crew = actors.start_many(4, thread.join)
            ended = actors.ended(crew)
            assert ended == []
            gate.open()
            ended = actors.ended(crew, at_least=4)
            assert len(ended) == 4, "%d of 4 calls of join() returned" % len(ended)
            for joiner in crew:
                joiner.result()


@clause("thread.join.many-joiners")
def test_a_timeout_of_one_joiner_leaves_the_others_waiting(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        joiner = actors.start(thread.join)
        long = actors.start(thread.join, 30.0)
        joiner.is_blocked()
        short = actors.start(thread.join, 0.01)
        assert short.returned()
        assert joiner.is_blocked()
        gate.open()
        assert joiner.returned()
        assert long.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_meets_the_end_returns(threading, actors, rounds):
    locks = []
    threads = []

    def prepare():
        lock = actors.substrate.allocate_lock()
        lock.acquire()
        thread = threading.Thread(target=lock.acquire)
        thread.start()
        locks.append(lock)
        threads.append(thread)

    def end(number):
        locks[number].release()
        prepare()

    def join(number):
        threads[number].join()

    actors.call(prepare)
    rounds = affordable(rounds, prepare)
    began = len(locks) - 1
    for lock in locks[:began]:
        lock.release()
    try:
        race(
            actors,
            [
                lambda number: end(began + number),
                lambda number: join(began + number),
                lambda number: join(began + number),
            ],
            rounds,
        )
    finally:
        locks[-1].release()


@clause("thread.join.timeout-none")
def test_join_with_none_blocks(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            joiner = actors.start(thread.join, None)
            assert joiner.is_blocked()
            gate.open()
            assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_join_returns_when_the_time_is_over(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            for timeout in (0.01, 0.0, 0.001):
                joiner = actors.start(thread.join, timeout)
                assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_each_joiner_has_a_time_of_its_own(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        long = actors.start(thread.join, 30.0)
        crew = actors.start_many(3, thread.join, 0.01)
        for joiner in crew:
            assert joiner.returned()
        gate.open()
        long.returned()


@clause("thread.join.timeout-not-early")
def test_join_does_not_return_before_the_time_is_over(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)

        def timed(timeout):
            began = clock()
            thread.join(timeout)
            return clock() - began

        for timeout in (0.04, 0.02):
            waited = actors.call(timed, timeout)
            assert waited >= timeout * 0.9 - 0.005, "join(%s) returned after %.4f s" % (
                timeout,
                waited,
            )


@clause("thread.join.timeout-ended")
def test_join_with_a_timeout_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            joiner = actors.start(thread.join, 30.0)
            actors.until(lambda: gate.came)
            gate.open()
            assert joiner.returned()
            joiner.start(thread.join, 30.0)
            assert joiner.returned()


@clause("thread.join.timeout-ended")
def test_all_joiners_with_a_timeout_return_when_the_thread_terminates(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        crew = actors.start_many(3, thread.join, 30.0)
        settle(actors)
        gate.open()
        for joiner in crew:
            assert joiner.returned()


@clause("thread.join.timeout-int")
def test_the_timeout_may_be_an_integer(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        joiner = actors.start(thread.join, 0)
        assert joiner.returned()
        joiner = actors.start(thread.join, 30)
        settle(actors)
        assert not joiner.has_ended(), "join(30) returned while the thread runs"
        gate.open()
        assert joiner.returned()


@clause("thread.join.timeout-negative")
def test_a_negative_timeout(threading, actors, observe):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        joiner = actors.start(thread.join, -1.0)
        if joiner.is_blocked():
            observe("it blocks")
            gate.open()
            joiner.returned()
        elif joiner.raised() is not None:
            observe("it raises %s" % type(joiner.raised()).__name__)
        else:
            observe("it returns at once")


@clause("thread.join.keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    with Gate(actors) as gate:
        thread = threading.Thread(target=gate)
        actors.call(thread.start)
        joiner = actors.start(thread.join, timeout=0.01)
        assert joiner.returned()
        joiner = actors.start(thread.join, timeout=None)
        assert joiner.is_blocked()
        gate.open()
        assert joiner.returned()
        joiner = actors.start(thread.join, timeout=30.0)
        assert joiner.returned()


@clause("thread.join.none")
def test_join_returns_none(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            actors.call(thread.start)
            for timeout in (0.01, 0.0):
                value = actors.call(thread.join, timeout)
                assert value is None
            timed = actors.start(thread.join, 30.0)
            joiner = actors.start(thread.join)
            joiner.is_blocked()
            gate.open()
            value = joiner.result()
            assert value is None
            value = timed.result()
            assert value is None
            for args in ((), (None,), (0.01,), (30.0,)):
                value = actors.call(thread.join, *args)
                assert value is None


@clause("thread.join.none")
def test_join_returns_none_when_the_thread_failed(threading, actors):
    with Sink():
        thread = threading.Thread(target=raiser(Oops("failed")))
        thread.start()
        for args in ((), (30.0,)):
            value = actors.call(thread.join, *args)
            assert value is None


@clause("thread.join.unstarted-error")
def test_join_of_a_thread_that_is_not_started_is_an_error(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        for args in ((), (None,), (0.01,), (0.0,), ()):
            raises(RuntimeError, actors.new().call, thread.join, *args)


@clause("thread.join.unstarted-error")
def test_join_of_an_unstarted_thread_is_an_error_in_another_thread(threading, actors):
    notes = []
    thread = threading.Thread(target=nothing)
    threading.Thread(target=lambda: attempt(notes, lambda: thread.join(0.01))).start()
    raises(RuntimeError, noted, actors, notes)


@clause("thread.join.unstarted-changes-nothing")
def test_a_thread_can_be_started_after_a_refused_join(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:
            thread = make(gate)
            for args in ((), (0.01,)):
                actors.start(thread.join, *args).raised()
            settle(actors)
            early = len(gate.came)
            assert early == 0, "the thread runs before start()"
            starter = actors.start(thread.start)
            assert starter.returned()
            arrived = actors.until(lambda: gate.came)
            assert arrived, "the thread does not run"
            joiner = actors.start(thread.join)
            assert joiner.is_blocked()
            gate.open()
            assert joiner.returned()


def join_itself(actors, make, *args):
    """Let a thread join itself; raises what it raises there."""
    notes = []
    thread = make(lambda: attempt(notes, lambda: thread.join(*args)))
    actors.call(thread.start)
    return noted(actors, notes)


@clause("thread.join.self-error")
def test_a_thread_that_joins_itself_gets_an_error(threading, actors):
    for make in kinds(threading):
        for args in ((), (None,)):
            raises(RuntimeError, join_itself, actors, make, *args)


@clause("thread.join.self-timeout")
def test_a_thread_that_joins_itself_for_a_time(threading, actors, observe):
    joiner = actors.start(join_itself, actors, kinds(threading)[0], 0.01)
    error = joiner.raised()
    if error is None:
        observe("it returns")
    else:
        observe("it raises %s" % type(error).__name__)


@clause("thread.join.self-changes-nothing")
def test_a_refused_join_of_itself_leaves_the_thread_alone(threading, actors):
    for make in kinds(threading):
        with Gate(actors) as gate:

            def activity():
                for _ in range(2):
                    try:
                        thread.join()
                    except:  # noqa: E722
                        pass
                gate()

            thread = make(activity)
            actors.call(thread.start)
            arrived = actors.until(lambda: gate.came)
            assert arrived, "the thread does not go on"
            joiner = actors.start(thread.join)
            assert joiner.is_blocked()
            gate.open()
            assert joiner.returned()


# -- failures -------------------------------------------------------------------------------------


@clause("thread.exception.contained")
def test_a_failing_thread_leaves_others_alone(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in (Oops("failed"), SystemExit(3)):
                with Gate(actors) as gate:
                    passed = []

                    def bystander():
                        gate()
                        passed.append("bystander")

                    actors.call(threading.Thread(target=bystander).start)
                    starter = actors.start(make(raiser(error)).start)
                    assert starter.returned()
                    settle(actors)
                    assert passed == []
                    gate.open()
                    went_on = actors.until(lambda: passed)
                    assert went_on, "another thread does not go on"
                    starter.start(make(lambda: passed.append("later")).start)
                    assert starter.returned()
                    ran = actors.until(lambda: len(passed) == 2)
                    assert ran, "a thread started later does not run"


def report_of(threading, actors, error):
    """What is written to standard error when a thread raises ``error``."""
    with Sink() as errors:
        thread = threading.Thread(target=raiser(error))
        thread.start()
        finish(actors, thread)
        settle(actors)
        return errors.text()


@clause("thread.exception.reported")
def test_where_a_failure_is_reported(threading, actors, observe):
    text = report_of(threading, actors, Oops("the end of the road"))
    if "the end of the road" in text:
        observe("Traceback" in text and "a traceback on sys.stderr" or "a line on sys.stderr")
    else:
        observe("not on sys.stderr")


@clause("thread.exception.system-exit")
def test_where_a_system_exit_is_reported(threading, actors, observe):
    text = report_of(threading, actors, SystemExit("the end of the road"))
    observe(text and "on sys.stderr" or "in silence")
