"""Thread Objects: one case or more for each clause of ``spec/thread.toml``.

Only the cases about join() need a thread's end told by join(); the others let the activity say how
far it has come.  start() is called by an actor where the activity blocks, so that a start() that
waits for it is a failure and no hang.
"""

import abc
import re
import sys
import time

from threadspec.conformance.battery.gates import Gate, fails_to_start
from threadspec.conformance.battery.premises import check_runs_beside
from threadspec.conformance.battery.stepping import can_stop, endings, meetings, settle
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, show, show_error, tells


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


LEFT = GeneratorExit()


class Unshown(Exception):
    """What a thread fails with that cannot be shown."""

    def __repr__(self):
        raise Oops("this has no repr")

    __str__ = __repr__


def raiser(error):
    """An activity that raises ``error``."""

    def fail():
        raise error

    return fail


def affordable(rounds, operation):
    """``rounds``, or fewer where ``operation()`` is so slow that they would take long.

    The quickest of five counts, so that a loaded machine does not make it look slow.
    """
    quickest = 0.5
    for _ in range(5):
        began = clock()
        operation()
        quickest = min(quickest, clock() - began)
    return max(10, min(rounds, int(0.5 / max(quickest, 1e-9))))


class Undisturbed(object):
    """While it lasts, a thread goes on until it waits, and hardly gives way to another before.

    Where the interpreter has no interval to be changed, it has no effect.
    """

    def __enter__(self):
        if hasattr(sys, "setswitchinterval"):
            self._put_back = sys.setswitchinterval, sys.getswitchinterval()  # novm
            sys.setswitchinterval(0.1)  # novm
        elif hasattr(sys, "setcheckinterval"):
            self._put_back = sys.setcheckinterval, sys.getcheckinterval()
            sys.setcheckinterval(100000)
        else:
            self._put_back = None
        return self

    def __exit__(self, kind, value, trace):
        if self._put_back is not None:
            restore, before = self._put_back
            restore(before)


def race(actors, functions, rounds):
    """A race of ``rounds`` rounds, or fewer where rounds take long; ends with a whole batch."""
    patience = clock() + 0.5
    done = 0
    while done < rounds and clock() < patience:
        batch = min(9, rounds - done)
        ahead = [lambda number, step=step, done=done: step(done + number) for step in functions]
        actors.race(ahead, batch)
        done += batch
    return done


def stumbling(actors, function):
    """``function``, made to give way to other threads at every step of Python that it takes.

    A step is an instruction where the interpreter lets them be traced, and a line elsewhere.
    Where a trace function does not belong to one thread alone, ``function`` is left as it is; and
    so it is after half a second, however slow the implementation is.
    """
    if not can_stop(actors.substrate):
        return function
    patience = clock() + 0.5

    def watch(frame, event, argument):
        if clock() >= patience:
            return None
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


def started_inside(threading, actors, work):
    """Let a thread of the module call ``work``; the values of its one attempt."""
    notes = []
    actors.call(threading.Thread(target=lambda: attempt(notes, work)).start)
    return noted(actors, notes)[0]


def begin(actors, thread, gate):
    """Start a thread and wait until it has come to the gate."""
    actors.call(thread.start)
    actors.until(lambda: gate.came)


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
        with Gate(actors.substrate) as first:
            with Gate(actors.substrate) as second:
                threads = [make(gate.visit) for gate in (first, second)]
                for thread in threads:
                    actors.call(thread.start)
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
            ran.append((Own, self))

    class OwnOfOwn(Own):
        pass

    class Other(Own):
        def run(self):
            ran.append((Other, self))

    for kind, meant in ((Own, Own), (OwnOfOwn, Own), (Other, Other)):
        del ran[:]
        thread = kind()
        thread.start()
        arrived = actors.until(lambda: ran)
        assert arrived, "the run() of %s is not invoked" % kind.__name__
        invoked, itself = ran[0]
        assert invoked is meant, "%s.run() is invoked in a %s" % (invoked.__name__, kind.__name__)
        assert itself is thread, "run() got another object than the thread that was started"


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
    assert ran == ["run"], "invoked were %s, expected run() alone" % " and ".join(ran)


@clause("thread.subclass.run")
def test_classes_with_slots_other_bases_and_metaclasses_run(threading, actors):
    ran = []

    class Mixin(object):
        def run(self):
            ran.append(self)

    class First(Mixin, threading.Thread):
        pass

    class Second(threading.Thread, Mixin):
        run = Mixin.run

    class Slotted(First):
        __slots__ = ("own",)

    kinds = [First, Second, Slotted]
    if isinstance(threading.Thread, type):
        own = type(threading.Thread)
        metaclass = abc.ABCMeta
        if not issubclass(metaclass, own):
            metaclass = type(own)("Meta", (abc.ABCMeta, own), {})
        kinds.append(metaclass("Abstract", (Mixin, threading.Thread), {}))
    for kind in kinds:
        thread = kind()
        actors.start(thread.start)
        actors.until(lambda: ran)
        assert ran, "the run() of a class %s(%s) is not invoked" % (
            kind.__name__,
            ", ".join([base.__name__ for base in kind.__bases__]),
        )
        del ran[:]


@clause("thread.subclass.init")
def test_a_subclass_may_have_a_constructor_of_its_own(threading, actors):
    class Own(threading.Thread):
        def __init__(self, number, done, *more, **named):
            threading.Thread.__init__(self)
            self.own_number = number
            self.own_done = done
            self.own_rest = (more, named)

        def run(self):
            self.own_done.append(self.own_number)

    class OwnOfOwn(Own):
        def __init__(self, done):
            Own.__init__(self, 9, done)

        def run(self):
            self.own_done.append(self.own_number)

    done = []
    for thread in (
        Own(3, done),
        Own(5, done, 6, 7, 8, 9, 10),
        Own(number=7, done=done, color="red"),
        OwnOfOwn(done),
    ):
        before = len(done)
        thread.start()
        arrived = actors.until(lambda: len(done) > before)
        assert arrived, "its run() does not get to its end"
    assert done == [3, 5, 7, 9], "the values that the runs got were %s, expected 3, 5, 7, 9" % (
        done,
    )


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
            got = []
            threading.Thread.__init__(self, target=lambda *args: got.append(args), args=values)
            self.got = got

    thread = Own(1, 2)
    thread.start()
    arrived = actors.until(lambda: thread.got)
    assert arrived, "the target is not invoked"
    got = thread.got
    assert got == [(1, 2)]


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


LATER_NAMES = "name daemon ident native_id is_alive".split()

METHODS = """
    target args kwargs group queue result value error exception
    event lock condition timeout interval function finished started stopped running alive status
    state number count id parent owner context log data items tasks stop cancel wait notify set
    clear isSet put get send close finish terminate kill pause resume work process handle
    execute setup
""".split()

# Names that the inside of a class may well have, and those that two underscores give in a class
# called Thread.
PRIVATE_NAMES = """
    _target _args _kwargs _name _daemon _daemonic _ident _started _stopped _alive _ended _lock
    _block _condition _event _state _run _start _stop _join _wait _terminate _adopt _perform
    _bootstrap _delete _finish _begin _end _thread _handle _initialized _waiters _joiners
    _result _parent _group _local _id _number _timeout _check _main _activity _func _function
    _Thread__target _Thread__args _Thread__kwargs _Thread__name _Thread__daemon
    _Thread__daemonic _Thread__ident _Thread__started _Thread__stopped _Thread__alive
    _Thread__ended _Thread__lock _Thread__block _Thread__state _Thread__initialized _Thread__run
    _Thread__stop _Thread__wait _Thread__check _Thread__delete _Thread__bootstrap
    _Thread__perform
""".split()


def of_its_own(threading, names, methods, activity):
    """A class of threads with attributes, or methods, of the given names.

    Its objects have the values that they were given in ``own``; a call of a method is noted in
    ``called``.
    """

    def noting(name):
        return lambda self, *args, **kwargs: self.called.append(name)

    def init(self):
        threading.Thread.__init__(self, name="worker")
        self.called = []
        self.own = {}
        if not methods:
            for name in names:
                self.own[name] = [name]
                setattr(self, name, self.own[name])

    body = {"__init__": init, "run": lambda self: activity()}
    if methods:
        body.update([(name, noting(name)) for name in names])
    return type("Thread", (threading.Thread,), body)


def trouble_with(threading, actors, names, methods):
    """What goes wrong with a thread whose class uses ``names``; None where nothing does."""
    done = []
    with Gate(actors.substrate) as gate:

        def activity():
            gate.visit()
            done.append(None)

        def join():
            thread.join()
            return list(done)

        try:
            thread = of_its_own(threading, names, methods, activity)()
        except Exception:
            return "the constructor raises %s" % show_error(sys.exc_info()[1])
        starter = actors.start(thread.start)
        actors.until(lambda: gate.came or starter.has_ended() and starter.error is not None)
        if not gate.came:
            error = starter.raised()
            return error and "start() raises %s" % show_error(error) or "run() is not invoked"
        joiner = actors.start(join)
        joiner.is_blocked()  # or returns, or raises, before the activity is over
        gate.open()
        if not starter.returned():
            return "start() does not return"
        if not joiner.returned():
            return "join() does not return"
        if not joiner.value:
            return "join() returns while run() goes on"
        if thread.called:
            return "%s() is called" % thread.called[0]
        for name in names:
            if not methods and getattr(thread, name) is not thread.own[name]:
                return "the attribute is changed"
        if hasattr(thread, "getName") and thread.getName() != "worker":
            return "getName() returns %s" % show(thread.getName())
        if hasattr(thread, "isDaemon"):
            daemonic = threading.Thread().isDaemon()
            if bool(thread.isDaemon()) != bool(daemonic):
                return "isDaemon() returns %s" % show(thread.isDaemon())
    return None


def names_in_trouble(threading, actors, names, methods):
    """The names that a subclass cannot use, and for each what goes wrong.

    What goes wrong with every thread of a subclass is another clause's business.
    """
    found = []
    with Sink():
        usual = trouble_with(threading, actors, [], methods)
        if trouble_with(threading, actors, names, methods) != usual:
            for name in names:
                trouble = trouble_with(threading, actors, [name], methods)
                if trouble != usual:
                    found.append((name, trouble))
        settle(actors)
    return found


@clause("thread.subclass.names")
def test_a_subclass_may_have_methods_that_are_not_documented(threading, actors):
    found = names_in_trouble(threading, actors, METHODS, True)
    troubles = ["in a subclass with a method %s(), %s" % one for one in found]
    assert not troubles, "; ".join(troubles)


@clause("thread.subclass.other-names")
def test_other_names_that_a_subclass_may_use(threading, actors, observe):
    inside = [name for name in PRIVATE_NAMES if not name.startswith("_Thread__")]
    mangled = [name for name in PRIVATE_NAMES if name.startswith("_Thread__")]
    found = []
    with Sink():
        usual = trouble_with(threading, actors, [], False)
        for kind, names, methods in (
            ("attributes", METHODS, False),
            ("attributes of later manuals", LATER_NAMES, False),
            ("methods named like attributes of later manuals", LATER_NAMES, True),
            ("attributes with an underscore", inside, False),
            ("methods with an underscore", inside, True),
            ("attributes with two underscores", mangled, False),
            ("methods with two underscores", mangled, True),
        ):
            if trouble_with(threading, actors, names, methods) != usual:
                found.append(kind)
        settle(actors)
    if found:
        observe("not all can be used of: %s" % ", ".join(found))
    else:
        observe("all that were tried can be used")


# -- the constructor ------------------------------------------------------------------------------


@tells("arguments of the target")
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
def test_a_thread_can_be_made_without_arguments(threading, actors):
    for _ in range(3):
        thread = threading.Thread()
        assert thread is not None
        thread = actors.call(threading.Thread)
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
            self.mark = "method"
            ran.append("class")

        def method(self):
            ran.append(self.mark)

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
        assert ran == [expected], "the targets invoked were %s, expected %s" % (ran, expected)
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
    class Own(threading.Thread):
        def run(self):
            try:
                threading.Thread.run(self)
            except BaseException:
                came.append("run() raised %s" % show_error(sys.exc_info()[1]))
                raise
            came.append("run() returned")

    with Sink() as errors:
        for arguments in ({"name": "worker"}, {"target": None}, {"args": (1,), "kwargs": {"a": 2}}):
            came = []
            for kind in (threading.Thread, Own):
                thread = kind(**arguments)
                starter = actors.start(thread.start)
                assert starter.returned()
                joiner = actors.start(thread.join)
                ended = joiner.returned() or not thread.isAlive()
                assert ended, "the thread does not end"
            actors.until(lambda: came)
            assert came == ["run() returned"], "run() did not return in the thread"
        settle(actors)
        text = errors.text()
        assert "Traceback" not in text, "a thread failed: %s" % text


@clause("thread.init.args")
def test_the_target_gets_the_arguments(threading, actors):
    thing = object()
    for args in (
        (1,),
        (1, "two", 3.0),
        ((1, 2),),
        (None,),
        ((),),
        (thing, thing),
        ({"a": 1},),
        tuple(range(20)),
    ):
        got = calls_of(threading, actors, args=args)[0]
        assert got == args
    assert calls_of(threading, actors, args=(thing,))[0][0] is thing, (
        "the target got another object than was given"
    )


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
        {"self": 1, "target": 2, "args": 3, "function": 4, "thread": 5},
        dict([("key%d" % number, number) for number in range(20)]),
    ):
        named = calls_of(threading, actors, kwargs=kwargs)[1]
        assert named == kwargs
    assert calls_of(threading, actors, kwargs={"a": thing})[1]["a"] is thing, (
        "the target got another object than was given"
    )


@clause("thread.init.kwargs-default")
def test_the_target_gets_no_keyword_arguments_by_default(threading, actors):
    for kwargs in ({}, {"kwargs": {}}, {"args": (1, 2)}):
        named = calls_of(threading, actors, **kwargs)[1]
        assert named == {}


@clause("thread.init.kwargs-default")
def test_the_default_is_not_shared(threading, actors):
    got = []

    def greedy(*args, **named):
        got.append(dict(named))
        named["left"] = "behind"

    for kwargs in ({"kwargs": {"a": 1}}, {}, {}):
        before = len(got)
        threading.Thread(target=greedy, **kwargs).start()
        arrived = actors.until(lambda: len(got) > before)
        assert arrived, "the target is not invoked"
    assert got == [{"a": 1}, {}, {}], "the targets got %r, expected a new dictionary each" % (got,)
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
    assert got == [(1, None, 3)], "the target got %r, expected [(1, None, 3)]" % (got,)


@clause("thread.init.keywords")
def test_all_arguments_can_be_given_by_name(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((args, kwargs))

    # One that passes on args and another that passes on kwargs: both at once is another clause.
    thread = threading.Thread(kwargs={}, args=(1,), name="worker", target=target, group=None)
    assert thread.getName() == "worker", "getName() returned %s, expected 'worker'" % show(
        thread.getName()
    )
    thread.start()
    actors.until(lambda: calls)
    assert calls == [((1,), {})], "the target was called with %r, expected [((1,), {})]" % (calls,)
    threading.Thread(kwargs={"a": 2}, args=(), name="worker", target=target, group=None).start()
    actors.until(lambda: len(calls) == 2)
    assert [kwargs for args, kwargs in calls] == [{}, {"a": 2}], (
        "the targets were called with %r" % (calls,)
    )


@clause("thread.init.positional")
def test_arguments_can_be_given_in_order(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((args, kwargs))

    thread = threading.Thread(None, target, "worker", (1,), {})
    assert thread.getName() == "worker", "getName() returned %s, expected 'worker'" % show(
        thread.getName()
    )
    thread.start()
    actors.until(lambda: calls)
    assert calls == [((1,), {})], "the target was called with %r, expected [((1,), {})]" % (calls,)
    threading.Thread(None, target, "worker", (), {"a": 2}).start()
    actors.until(lambda: len(calls) == 2)
    assert [kwargs for args, kwargs in calls] == [{}, {"a": 2}], (
        "the targets were called with %r" % (calls,)
    )


# -- names ----------------------------------------------------------------------------------------


@clause("thread.name.given")
def test_the_name_is_the_one_given(threading):
    class Own(threading.Thread):
        pass

    for kind in (threading.Thread, Own):
        for given in ("worker", "a b\tc", "Thread", "MainThread", "7", "caf\xe9", "long " * 60):
            name = kind(name=given).getName()
            assert name == given


@clause("thread.name.given")
def test_the_name_stays_while_the_thread_runs_and_ends(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit, name="worker")
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
    assert names == ["worker", "worker"], (
        "getName() outside and inside the thread gave %r, expected 'worker'" % (names,)
    )


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
        threading.Thread(name=None),
        threading.Thread(target=nothing, name=None),
        threading.Thread(target=nothing),
        threading.Thread(target=nothing, args=(), kwargs={}),
        Own(),
        Init(),
        threading.Thread(target=nothing),
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


@tells("names that several threads have")
def repeated(names):
    """Those of the names that are there more than once."""
    count = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    return sorted([name for name in count if count[name] > 1])


@clause("thread.name.default-unique")
def test_default_names_are_different(threading, actors):
    threads = [threading.Thread(target=nothing) for _ in range(20)]
    for thread in threads[:10]:
        thread.start()
    finish(actors, threads[0])
    settle(actors)
    threads += [actors.call(threading.Thread, target=nothing) for _ in range(5)]
    for _ in range(3):
        threads += [make(nothing) for make in kinds(threading)]
    threads += [threading.Thread(name="worker", target=nothing), threading.Thread(target=nothing)]
    names = [thread.getName() for thread in threads]
    assert repeated(names) == [], "several threads are named %s" % ", ".join(repeated(names))


@clause("thread.name.default-unique")
def test_default_names_of_many_threads_are_different(threading, actors):
    def name():
        return threading.Thread(target=nothing).getName()

    names = [name() for _ in range(affordable(300, name))]
    assert repeated(names) == [], "several threads are named %s" % ", ".join(repeated(names))


def check_names_where_makings_meet(threading, actors):
    names = []

    def make():
        names.append(threading.Thread(target=nothing).getName())

    for meeting in meetings(actors, lambda: (make, make)):
        meeting.call.result()
        meeting.other.result()
    assert repeated(names) == [], "several threads are named %s" % ", ".join(repeated(names))


@clause("thread.name.default-unique-race")
def test_default_names_are_different_where_the_making_of_threads_meets(threading, actors):
    check_names_where_makings_meet(threading, actors)


@clause("thread.name.default-unique-race")
def test_default_names_are_different_when_made_at_once(threading, actors, rounds):
    check_names_where_makings_meet(threading, actors)  # which needs no luck
    names = []

    def make(number):
        names.append(threading.Thread(target=nothing).getName())

    race(actors, [stumbling(actors, make)] * 3, 2)
    race(actors, [make] * 3, affordable(rounds // 8, lambda: make(0)))
    assert repeated(names) == [], "several threads are named %s" % ", ".join(repeated(names))


@clause("thread.name.set")
def test_the_name_can_be_set_before_the_start(threading):
    for kwargs in ({}, {"name": "old"}):
        thread = threading.Thread(target=nothing, **kwargs)
        for new in ("one", "two", "old", "one", "long " * 60, "", "caf\xe9"):
            thread.setName(new)
            name = thread.getName()
            assert name == new


@clause("thread.name.set")
def test_the_name_can_be_set_while_the_thread_runs_and_when_it_has_ended(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
    assert names == ["inner"], (
        "getName() in the thread gave %r, expected the name that the thread has set" % (names,)
    )
    name = thread.getName()
    assert name == "inner"


@clause("thread.name.set")
def test_the_main_thread_can_be_named(threading):
    main = threading.currentThread()
    before = main.getName()
    try:
        for new in ("notifier", "chief"):
            main.setName(new)
            name = main.getName()
            assert name == new
    finally:
        main.setName(before)


@clause("thread.name.set")
def test_setting_a_name_leaves_other_threads_alone(threading):
    first = threading.Thread(name="first", target=nothing)
    second = threading.Thread(name="second", target=nothing)
    first.setName("new")
    name = second.getName()
    assert name == "second"
    second.setName("newer")
    names = [first.getName(), second.getName()]
    assert names == ["new", "newer"]
    given = threading.Thread(target=nothing).getName()
    assert given not in names


@clause("thread.name.keyword")
def test_the_name_can_be_set_by_keyword(threading):
    thread = threading.Thread(target=nothing)
    thread.setName(name="new")
    name = thread.getName()
    assert name == "new"


@clause("thread.name.shared")
def test_threads_may_have_the_same_name(threading, actors):
    with Gate(actors.substrate) as gate:
        threads = [threading.Thread(target=gate.visit, name="worker") for _ in range(3)]
        names = [thread.getName() for thread in threads]
        assert names == ["worker"] * 3
        for count in range(1, 4):
            actors.call(threads[count - 1].start)
            arrived = actors.until(lambda: len(gate.came) == count)
            assert arrived, "%d of %d threads with the same name run" % (len(gate.came), count)
        threads.append(threading.Thread(target=gate.visit, name="worker"))
        names = [thread.getName() for thread in threads]
        assert names == ["worker"] * 4


@clause("thread.name.shared")
def test_a_thread_may_be_given_the_name_of_another(threading):
    first, second = [threading.Thread(target=nothing, name="worker") for _ in range(2)]
    third = threading.Thread(target=nothing, name="other")
    third.setName("worker")
    names = [thread.getName() for thread in (first, second, third)]
    assert names == ["worker"] * 3
    first.setName("runner")
    names = [thread.getName() for thread in (first, second, third)]
    assert names == ["runner", "worker", "worker"], "threads of one name are renamed together"


@clause("thread.name.shared")
def test_a_thread_may_be_given_the_name_of_one_that_runs(threading, actors):
    with Gate(actors.substrate) as gate:
        first = threading.Thread(target=gate.visit, name="worker")
        second = threading.Thread(target=gate.visit, name="other")
        for thread in (first, second):
            actors.call(thread.start)
        gate.await_arrival(2)
        for thread in (second, threading.Thread(target=nothing)):
            thread.setName("worker")
            names = [thread.getName(), first.getName()]
            assert names == ["worker"] * 2


def in_two_of_one_name(threading, actors, look):
    """What ``look`` returns in two threads of the same name that are there at the same time."""
    found = []
    with Gate(actors.substrate) as gate:

        def activity():
            found.append(look())
            gate.visit()

        for count in (1, 2):
            thread = threading.Thread(target=activity, name="worker")
            actors.call(thread.start)
            gate.await_arrival(count)
    return found


@clause("thread.name.shared")
def test_a_lock_is_not_owned_by_every_thread_of_the_name(threading, actors):
    lock = threading.RLock()
    got = in_two_of_one_name(threading, actors, lambda: lock.acquire(False))
    both = len(got) == 2 and got[0] and got[1]
    assert not both, "two threads of one name own an RLock at once"


@clause("thread.name.shared")
def test_thread_local_data_is_not_that_of_every_thread_of_the_name(threading, actors):
    data = threading.local()

    def look():
        has = hasattr(data, "x")
        data.x = 1
        return has

    has = in_two_of_one_name(threading, actors, look)
    assert True not in has, "a thread has the attribute that another one of its name has set"


@clause("thread.name.shared")
def test_threads_may_get_a_default_name(threading, actors):
    first = threading.Thread(target=nothing)
    given = first.getName()
    second = threading.Thread(target=nothing, name=given)
    names = [first.getName(), second.getName()]
    assert names == [given, given]


def life(threading, actors, later, **kwargs):
    """What is seen of a thread with a name, which is changed to ``later`` while it runs."""
    seen = []
    with Gate(actors.substrate) as gate:
        passed = []

        def activity():
            gate.visit()
            passed.append(None)

        def look():
            for method in ("isAlive", "isDaemon"):
                try:
                    seen.append(bool(getattr(thread, method)()))
                except:  # noqa: E722 - what it says, if anything, is another clause's business
                    seen.append(None)

        thread = threading.Thread(target=activity, **kwargs)
        look()
        seen.append(actors.start(thread.start).returned())
        seen.append(bool(actors.until(lambda: gate.came)))
        look()
        if later is not None:
            thread.setName(later)
        look()
        gate.open()
        seen.append(bool(actors.until(lambda: passed)))
        seen.append(actors.start(thread.join).returned())
        look()
    return seen


def native(text):
    """UTF-8 as this version's own type of string."""
    return text if str is bytes else text.decode("utf-8")


@clause("thread.name.no-semantics")
def test_a_name_outside_ascii_has_no_effect(threading, actors):
    check_runs_beside(actors, threading.Thread)
    expected = life(threading, actors, None)
    names = [native(text) for text in (b"\xc5\x82\xc3\xb3d\xc5\xba", b"\xf0\x9f\x90\x8d")]
    for name in names + ["a\0b", "two\nlines", "x" * 5000]:
        lived = life(threading, actors, None, name=name)
        assert lived == expected, "a thread called %r lives another life: %r" % (name[:20], lived)


@clause("thread.name.no-semantics")
def test_a_name_has_no_effect(threading, actors):
    check_runs_beside(actors, threading.Thread)
    expected = life(threading, actors, None)
    for name in ("MainThread", "Dummy-1", "Thread-1", "stop", "None", "0", ""):
        lived = life(threading, actors, None, name=name)
        assert lived == expected, "a thread called %r lives another life: %r" % (name, lived)
    for later in ("MainThread", "stop", "Thread-1"):
        lived = life(threading, actors, later)
        assert lived == expected, "a thread that becomes %r lives on otherwise: %r" % (later, lived)


# -- start ----------------------------------------------------------------------------------------


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
        with Gate(actors.substrate) as gate:
            ran = []
            inner = make(lambda: ran.append(None))

            def outer():
                inner.start()
                gate.visit()

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
        with Gate(actors.substrate) as gate:
            idents = []

            def outer():
                make(lambda: idents.append(get_ident())).start()
                gate.visit()

            actors.start(threading.Thread(target=outer).start)
            arrived = actors.until(lambda: gate.came and idents)
            assert arrived, "the activity does not run"
            own = gate.came == idents
            assert not own, "the activity runs in the thread that called start()"


@clause("thread.start.returns-while-running")
def test_start_does_not_wait_for_the_end_of_run(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            for thread in (make(gate.visit), make(gate.visit), actors.call(make, gate.visit)):
                starter = actors.start(thread.start)
                assert starter.returned()


@clause("thread.start.returns-while-running")
def test_start_in_a_thread_does_not_wait_for_the_end_of_run(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            passed = []

            def outer():
                make(gate.visit).start()
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
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
        with Gate(actors.substrate) as gate:
            passed = []

            def activity():
                gate.visit()
                passed.append(None)

            thread = make(activity)
            name = thread.getName()
            actors.call(thread.start)
            actors.until(lambda: gate.came)
            joiner = actors.start(thread.join)
            waited = joiner.is_blocked()
            for _ in range(2):
                actors.start(thread.start).raised()
            settle(actors)
            times = len(gate.came)
            assert times == 1, "run() was invoked %d times" % times
            assert passed == [], "join() returned before the thread had ended"
            freed = waited and not joiner.is_blocked()
            assert not freed, "a join() that waited has returned"
            named = thread.getName()
            assert named == name
            gate.open()
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
    with Gate(actors.substrate) as gate:
        starter = actors.new()
        for _ in range(40):
            starter.call(threading.Thread(target=gate.visit).start)
        arrived = actors.until(lambda: len(gate.came) == 40)
        assert arrived, "%d of 40 threads run" % len(gate.came)
        different = len(set(gate.came))
        assert different == 40, "40 threads run in %d threads of control" % different
        gate.open()
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


# -- run ------------------------------------------------------------------------------------------


@clause("thread.run.target")
def test_run_invokes_the_target_in_the_calling_thread(threading, actors):
    calls = []

    def target(*args, **kwargs):
        calls.append((actors.substrate.get_ident(), args, kwargs))

    class Own(threading.Thread):
        pass

    caller = actors.new()
    caller.call(threading.Thread(target=target).run)
    assert calls == [(caller.ident, (), {})], (
        "run() called the target %d times in the calling thread with no arguments, expected once"
        % calls.count((caller.ident, (), {}))
    )
    here = actors.substrate.get_ident()
    for given in (
        {},
        {"args": (1, 2)},
        {"kwargs": {"a": 1}},
        {"args": (1,), "kwargs": {"a": 2}},
    ):
        for kind in (threading.Thread, Own):
            del calls[:]
            kind(target=target, **given).run()
            assert calls == [(here, given.get("args", ()), given.get("kwargs", {}))], (
                "run() called the target with %r, expected %r"
                % ([call[1:] for call in calls], given)
            )


@clause("thread.run.no-target")
def test_run_without_a_target_does_nothing(threading, actors):
    for thread in (threading.Thread(name="worker"), threading.Thread(target=None, args=(1,))):
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

    def target(*args, **kwargs):
        seen.append(kwargs or args)

    for given in ({"args": (1,)}, {"kwargs": {"more": 2}}):
        del seen[:]
        Own(target=target, **given).start()
        actors.until(lambda: len(seen) >= 3)
        assert seen == ["before", list(given.values())[0], "after"], (
            "the extended run() and the target it calls gave %r" % (seen,)
        )


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
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
def test_a_thread_made_in_any_thread_is_alive(threading, actors):
    # One that an alien thread makes differs from one that the main thread makes: it is daemonic.
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            by_alien = actors.call(make, gate.visit)
            by_own = started_inside(threading, actors, lambda: make(gate.visit))
            for thread in (by_alien, by_own):
                actors.call(thread.start)
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
    gates = []

    def try_once():
        if len(gates) % 8 == 0:
            time.sleep(0.0002)  # those that are over may end now
        gate = Gate(actors.substrate)
        gates.append(gate)
        thread = threading.Thread(target=gate.visit)
        thread.start()
        alive = thread.isAlive()
        gate.open()
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
        for gate in gates:
            gate.open()
    assert dead == 0, "%d times a thread was not alive when start() returned" % dead


@clause("thread.alive.running")
def test_a_thread_is_alive_until_its_own_run_has_ended(threading, actors):
    with Gate(actors.substrate) as gate:
        notes = []

        class Own(threading.Thread):
            def run(self):
                threading.Thread.run(self)
                attempt(notes, lambda: self.isAlive())
                gate.visit()

        thread = Own(target=nothing)
        actors.call(thread.start)
        actors.until(lambda: gate.came)
        attempt(notes, lambda: thread.isAlive())
        alive = [one for one in noted(actors, notes, 2) if one]
        assert len(alive) == 2, "not alive between the end of its target and that of its run()"


@clause("thread.alive.after")
def test_a_thread_is_not_alive_after_its_end(threading, actors):
    # One that an alien thread makes differs from one that the main thread makes: it is daemonic.
    for make in kinds(threading) + [lambda activity: actors.call(kinds(threading)[0], activity)]:
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
    with Gate(actors.substrate) as gate:
        other = threading.Thread(target=gate.visit)
        thread = threading.Thread(target=nothing)
        begin(actors, other, gate)
        actors.call(thread.start)
        dead = actors.until(lambda: not thread.isAlive())
        assert dead, "a thread stays alive after the end of its run()"
        alive = other.isAlive()
        assert alive, "a thread is not alive after the end of another one"


@clause("thread.alive.after")
def test_a_thread_stays_not_alive_when_others_are_started(threading, actors):
    starter = actors.new()
    threads = [threading.Thread(target=nothing) for _ in range(3)]
    for thread in threads:
        starter.call(thread.start)
        settle(actors, starter)
    before = [thread for thread in threads if thread.isAlive()]
    with Gate(actors.substrate) as gate:
        # The system most likely gives them the identifiers of those that have ended.
        for count in range(1, 4):
            starter.call(threading.Thread(target=gate.visit).start)
            actors.until(lambda: len(gate.came) == count)
        after = [thread for thread in threads if thread.isAlive()]
        assert before or not after, "an ended thread is alive again when another has been started"


@clause("thread.alive.after-exception")
def test_a_thread_is_not_alive_after_a_failure(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in (Oops("failed"), SystemExit(3), Worse("failed"), KeyboardInterrupt()):
                thread = make(raiser(error))
                thread.start()
                dead = actors.until(lambda: not thread.isAlive())
                assert dead, "a thread stays alive after raising %s" % type(error).__name__


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
        assert dead, "a thread stays alive after a failure that cannot be reported"


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
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        for _ in range(2):
            before = thread.isAlive()
            actors.start(thread.start).raised()
            after = thread.isAlive()
            assert after or not before, "a running thread is not alive after a refused start()"


@clause("thread.alive.after-join")
def test_a_thread_is_not_alive_when_join_has_returned(threading, actors):
    for make in kinds(threading):
        for args in ((), (30.0,)):
            with Gate(actors.substrate) as gate:
                thread = make(gate.visit)
                begin(actors, thread, gate)

                is_alive = thread.isAlive

                def wait():
                    thread.join(*args)
                    return is_alive()

                joiner = actors.start(wait)
                joiner.is_blocked()
                gate.open()
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

    def work():
        with Undisturbed():
            for _ in range(affordable(rounds // 2, try_once)):
                try_once()

    worker = actors.start(work)
    actors.until(worker.has_ended)
    if worker.has_ended():
        worker.result()
    times = len(alive)
    assert times == 0, "%d times a thread was alive when join() had returned" % times


@clause("thread.alive.after-join")
def test_a_thread_is_not_alive_when_a_join_that_meets_its_end_has_returned(threading, actors):
    hold = actors.substrate.allocate_lock()
    hold.acquire()
    for thread, ending in endings(threading, actors, hold.acquire):
        is_alive = thread.isAlive

        def wait():
            thread.join()
            return is_alive()

        early = actors.start(wait)
        early.is_blocked()
        hold.release()
        settle(actors)
        late = actors.start(wait)
        late.is_blocked()
        ending.go_on()
        for joiner in (early, late):
            alive = joiner.returned() and joiner.value
            assert not alive, "alive when a join() that met its end has returned"


@clause("thread.alive.tells-timeout")
def test_a_thread_is_alive_after_a_join_that_timed_out(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            for timeout in (0.001, 0.0):
                actors.start(thread.join, timeout).returned()
                alive = thread.isAlive()
                assert alive


@clause("thread.alive.listed")
def test_enumerate_lists_the_alive_threads(threading, actors):
    def listed(thread):
        return len([one for one in threading.enumerate() if one is thread])

    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            joiner = actors.start(thread.join)
            assert joiner.is_blocked()
            gate.open()
            joiner.returned()


@clause("thread.join.blocks")
def test_join_blocks_whoever_made_the_thread(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            by_alien = actors.call(make, gate.visit)
            by_own = started_inside(threading, actors, lambda: make(gate.visit))
            for thread in (by_alien, by_own):
                actors.call(thread.start)
                joiner = actors.start(thread.join)
                assert joiner.is_blocked()


@clause("thread.join.blocks")
def test_join_blocks_right_after_the_start(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)

        def start_and_join():
            thread.start()
            thread.join()

        joiner = actors.start(start_and_join)
        assert joiner.is_blocked()
        gate.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_join_waits_for_its_own_thread(threading, actors):
    with Gate(actors.substrate) as gate:
        other = threading.Thread(target=nothing)
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        actors.call(other.start)
        joiner = actors.start(thread.join)
        settle(actors)
        assert joiner.is_blocked()
        gate.open()
        joiner.returned()


@clause("thread.join.blocks")
def test_join_waits_for_the_end_of_an_overriding_run(threading, actors):
    with Gate(actors.substrate) as target:
        with Gate(actors.substrate) as gate:

            class Own(threading.Thread):
                def run(self):
                    threading.Thread.run(self)
                    gate.visit()

            thread = Own(target=target.visit)
            actors.call(thread.start)
            early = actors.start(thread.join)
            early.is_blocked()
            target.open()
            actors.until(lambda: gate.came)
            late = actors.start(thread.join)
            for joiner in (early, late):
                assert joiner.is_blocked()
            gate.open()
            for joiner in (early, late):
                joiner.returned()


@clause("thread.join.blocks")
def test_the_main_thread_may_join_a_thread(threading, actors):
    main = blocking.own_tid()
    window = actors.durations["window"]
    back = []

    def open_when_blocked():
        patience = clock() + window
        while not back and not blocking.proved([main], window) and clock() < patience:
            time.sleep(0.0002)
        gate.open()

    with Gate(actors.substrate) as gate:
        passed = []

        def activity():
            gate.visit()
            passed.append(None)

        thread = threading.Thread(target=activity)
        actors.call(thread.start)
        opener = actors.start(open_when_blocked)
        thread.join()
        waited = len(passed)
        back.append(None)
        opener.returned()
        assert waited, "join() returned before the end of run()"


@clause("thread.join.blocks")
def test_a_thread_may_join_another(threading, actors):
    with Gate(actors.substrate) as gate:
        passed = []
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)

        def activity():
            thread.join()
            passed.append(len(gate.came))

        actors.call(threading.Thread(target=activity).start)
        actors.until(lambda: gate.came)
        settle(actors)
        assert passed == [], "join() returned before the thread had ended"
        gate.open()
        came = actors.until(lambda: passed)
        assert came, "join() in a thread does not return"


@clause("thread.join.no-early-return")
def test_everything_is_done_when_join_returns(threading, actors, rounds):
    done = []

    early = []

    def try_once():
        number = len(early)
        begun, gate = [actors.substrate.allocate_lock() for _ in range(2)]
        begun.acquire()
        gate.acquire()

        def activity():
            begun.release()
            gate.acquire()
            done.append(number)

        thread = threading.Thread(target=activity)
        thread.start()
        begun.acquire()
        gate.release()
        thread.join()
        early.append(number not in done[-1:])

    def work():
        with Undisturbed():
            for _ in range(affordable(rounds, try_once)):
                try_once()

    worker = actors.start(work)
    actors.until(worker.has_ended)
    if worker.has_ended():
        worker.result()
    times = early.count(True)
    assert times == 0, "%d times join() returned before the end of run()" % times


@clause("thread.join.returns")
def test_a_blocked_join_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            joiner = actors.start(thread.join)
            joiner.is_blocked()
            gate.open()
            assert joiner.returned()


@clause("thread.join.returns")
def test_join_returns_while_other_threads_run(threading, actors):
    with Gate(actors.substrate) as gate:
        for kind in range(2):
            with Gate(actors.substrate) as own:
                thread = threading.Thread(target=own.visit)
                for other in [thread, threading.Thread(target=gate.visit)][:: 1 - 2 * kind]:
                    actors.call(other.start)
                joiner = actors.start(thread.join)
                joiner.is_blocked()
                own.open()
                assert joiner.returned()


@clause("thread.join.exception")
def test_join_returns_when_the_thread_fails(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in (Oops("failed"), SystemExit(3), Worse("failed"), Unshown("failed"), LEFT):
                with Gate(actors.substrate) as gate:

                    def activity():
                        gate.visit()
                        raise error

                    thread = make(activity)
                    actors.call(thread.start)
                    joiner = actors.start(thread.join)
                    joiner.is_blocked()
                    gate.open()
                    assert joiner.returned()
                    for args in ((), (30.0,)):
                        joiner.start(thread.join, *args)
                        assert joiner.returned()


@clause("thread.join.ended")
def test_join_of_an_ended_thread_returns(threading, actors):
    for make in kinds(threading):
        for args in ((), (30.0,), (0.0,)):
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
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            first = actors.start(thread.join)
            first.is_blocked()
            gate.open()
            first.returned()
            joiner = actors.new()
            for args in ((), (30.0,), (), (), ()):
                joiner.start(thread.join, *args)
                assert joiner.returned()
            joiner = actors.start(thread.join)
            assert joiner.returned()


@clause("thread.join.many-times")
def test_a_thread_can_be_joined_again_after_a_timeout(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        for timeout in (0.001, 0.0):
            actors.start(thread.join, timeout).returned()
        joiner = actors.start(thread.join)
        assert joiner.is_blocked()
        gate.open()
        assert joiner.returned()


@clause("thread.join.many-joiners")
def test_many_threads_can_wait_for_one(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            begin(actors, thread, gate)
            helpers = actors.start_many(4, thread.join)
            ended = actors.ended(helpers)
            assert ended == []
            gate.open()
            ended = actors.ended(helpers, at_least=4)
            assert len(ended) == 4, "%d of 4 calls of join() returned" % len(ended)
            for joiner in helpers:
                joiner.result()


@clause("thread.join.many-joiners")
def test_a_timeout_of_one_joiner_leaves_the_others_waiting(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        begin(actors, thread, gate)
        joiner = actors.start(thread.join)
        long = actors.start(thread.join, 30.0)
        joiner.is_blocked()
        short = actors.start(thread.join, 0.001)
        short.returned()
        assert joiner.is_blocked()
        assert long.is_blocked()
        gate.open()
        assert joiner.returned()
        long.returned()


def joins_that_the_end_meets(threading, actors, args, waiting=None):
    """Stop join(*args) at each of its lines while its thread ends; yield each Meeting.

    ``waiting``: an actor that joins the thread before.
    """
    gates = []
    hold = actors.substrate.allocate_lock()
    starter = actors.new()

    def prepare():
        gate = Gate(actors.substrate)
        gates.append(gate)
        thread = threading.Thread(target=gate.visit)
        starter.call(thread.start)
        if waiting is not None:
            waiting.start(thread.join).is_blocked()
        hold.acquire()

        def end():
            gate.open()
            hold.acquire()  # when this is blocked, the thread has ended or waits for the join()
            hold.release()

        return lambda: thread.join(*args), end

    try:
        for meeting in meetings(actors, prepare):
            hold.release()
            yield meeting
            meeting.other.returned()
    finally:
        for gate in gates:
            gate.open()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_the_end_meets_at_any_line_returns(threading, actors):
    for meeting in joins_that_the_end_meets(threading, actors, ()):
        assert meeting.call.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_timeout_that_the_end_meets_takes_no_wakeup_from_others(threading, actors):
    waiting = actors.new()
    for meeting in joins_that_the_end_meets(threading, actors, (0.0002,), waiting):
        assert meeting.call.returned()
        assert waiting.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_meets_the_end_at_any_line_returns(threading, actors):
    for thread, ending in endings(threading, actors):
        joiner = actors.start(thread.join)
        joiner.is_blocked()
        ending.go_on()
        assert joiner.returned()


@clause("thread.join.no-lost-wakeup")
def test_a_join_that_meets_the_end_returns(threading, actors, rounds):
    locks = []
    threads = []

    def prepare():
        lock = actors.substrate.allocate_lock()
        lock.acquire()
        thread = threading.Thread(target=lambda: lock.acquire())
        thread.start()
        locks.append(lock)
        threads.append(thread)

    def end(number):
        locks[began + number].release()
        prepare()

    def join(number):
        threads[began + number].join()

    actors.call(prepare)
    rounds = affordable(rounds // 8, prepare)
    began = len(locks) - 1
    for lock in locks[:began]:
        lock.release()
    try:
        race(actors, [end, join, join], rounds)
    finally:
        locks[-1].release()


@clause("thread.join.timeout-none")
def test_join_with_none_blocks(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            begin(actors, thread, gate)
            joiner = actors.start(thread.join, None)
            assert joiner.is_blocked()
            gate.open()
            assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_join_returns_when_the_time_is_over(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            for timeout in (0.003, 0.0, 0.0003):
                joiner = actors.start(thread.join, timeout)
                assert joiner.returned()


@clause("thread.join.timeout-expires")
def test_join_in_a_thread_returns_when_the_time_is_over(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        begin(actors, thread, gate)
        for timeout in (0.003, 0.0):
            started_inside(threading, actors, lambda: thread.join(timeout))


@clause("thread.join.timeout-expires")
def test_join_in_the_main_thread_returns_when_the_time_is_over(threading, actors):
    long = actors.durations["positive"]
    back = []
    late = []

    def open_when_too_late():
        patience = clock() + long
        stall = actors.stall()  # the time may be kept by another thread than the one that joins
        while not back:
            if stall.is_certain() or clock() >= patience:
                late.append(None)
                gate.open()
                break
            time.sleep(0.0002)

    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        begin(actors, thread, gate)
        opener = actors.start(open_when_too_late)
        for timeout in (0.003, 0.0):
            thread.join(timeout)
        back.append(None)
        opener.returned()
        assert not late, "join() with a time-out does not return before the end of the thread"


@clause("thread.join.timeout-expires")
def test_each_joiner_has_a_time_of_its_own(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        long = actors.start(thread.join, 30.0)
        long.is_blocked()
        helpers = actors.start_many(3, thread.join, 0.003)
        for joiner in helpers:
            assert joiner.returned()
        gate.open()
        long.returned()


@clause("thread.join.timeout-not-early")
def test_join_does_not_return_before_the_time_is_over(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        begin(actors, thread, gate)

        def timed(timeout):
            began = clock()
            thread.join(timeout)
            return clock() - began

        for timeout in (0.024, 0.01):
            waited = actors.call(timed, timeout)
            assert waited >= timeout * 0.9 - 0.005, "join(%s) returned after %.4f s" % (
                timeout,
                waited,
            )


@clause("thread.join.timeout-ended")
def test_join_with_a_timeout_returns_when_the_thread_terminates(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
            actors.call(thread.start)
            joiner = actors.start(thread.join, 30.0)
            actors.until(lambda: gate.came)
            gate.open()
            assert joiner.returned()
            joiner.start(thread.join, 30.0)
            assert joiner.returned()


@clause("thread.join.timeout-ended")
def test_all_joiners_with_a_timeout_return_when_the_thread_terminates(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        helpers = actors.start_many(3, thread.join, 30.0)
        settle(actors)
        gate.open()
        for joiner in helpers:
            assert joiner.returned()


@clause("thread.join.timeout-int")
def test_the_timeout_may_be_an_integer(threading, actors):
    with Gate(actors.substrate) as gate:
        first, second = [threading.Thread(target=gate.visit) for _ in range(2)]
        actors.call(first.start)
        actors.call(second.start)
        actors.until(lambda: len(gate.came) == 2)
        joiner = actors.start(first.join, 0)
        assert joiner.returned()
        joiner = actors.start(second.join, 30)
        assert joiner.is_blocked()
        gate.open()
        joiner.raised()


@clause("thread.join.timeout-negative")
def test_a_negative_timeout_of_join_is_over_immediately(threading, actors):
    with Gate(actors.substrate) as gate:
        thread = threading.Thread(target=gate.visit)
        actors.call(thread.start)
        for timeout in (-1.0, -0.001, -1):
            joiner = actors.start(thread.join, timeout)
            over = joiner.returned()
            if not over:
                gate.open()
                joiner.returned()
            assert over, "join(%r) does not return while the thread is alive" % timeout


@clause("thread.join.keyword")
def test_the_timeout_can_be_given_by_name(threading, actors):
    with Gate(actors.substrate) as gate:
        first, second = [threading.Thread(target=gate.visit) for _ in range(2)]
        actors.call(first.start)
        actors.call(second.start)
        actors.until(lambda: len(gate.came) == 2)
        joiner = actors.start(first.join, timeout=0.001)
        assert joiner.returned()
        joiner = actors.start(second.join, timeout=30.0)
        assert joiner.is_blocked()
        gate.open()
        joiner.raised()


@clause("thread.join.none")
def test_join_returns_none(threading, actors):
    # Where a join() does not come back, or raises, that is another clause's business.
    for make in kinds(threading):
        for args in ((), (30.0,)):
            with Gate(actors.substrate) as gate:
                thread = make(gate.visit)
                begin(actors, thread, gate)
                joiner = actors.start(thread.join, 0.001)
                if joiner.returned():
                    assert joiner.value is None
                joiner = actors.start(thread.join, *args)
                joiner.is_blocked()
                gate.open()
                if joiner.returned():
                    assert joiner.value is None
                joiner = actors.start(thread.join, *args)
                if joiner.returned():
                    assert joiner.value is None


@clause("thread.join.none")
def test_join_returns_none_when_the_thread_failed(threading, actors):
    with Sink():
        thread = threading.Thread(target=raiser(Oops("failed")))
        thread.start()
        for args in ((), (30.0,)):
            joiner = actors.start(thread.join, *args)
            if joiner.returned():
                assert joiner.value is None


@clause("thread.join.unstarted-error")
def test_join_of_a_thread_that_is_not_started_is_an_error(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        for args in ((), (0.001,), (0.0,), (30.0,), ()):
            raises(RuntimeError, actors.new().call, thread.join, *args)
        raises(RuntimeError, thread.join, 0.001)


@clause("thread.join.unstarted-error")
def test_join_of_an_unstarted_thread_is_an_error_in_another_thread(threading, actors):
    notes = []
    thread = threading.Thread(target=nothing)
    threading.Thread(target=lambda: attempt(notes, lambda: thread.join(0.01))).start()
    raises(RuntimeError, noted, actors, notes)


@clause("thread.start.failed")
def test_join_of_a_thread_that_could_not_be_started_is_an_error(threading, actors):
    for make in kinds(threading):
        thread = make(nothing)
        if fails_to_start(threading, thread, actors.substrate):
            raises(RuntimeError, actors.call, thread.join, 30.0)


@clause("thread.join.unstarted-changes-nothing")
def test_a_thread_can_be_started_after_a_refused_join(threading, actors):
    for make in kinds(threading):
        with Gate(actors.substrate) as gate:
            thread = make(gate.visit)
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
        for _ in range(2):
            raises(RuntimeError, join_itself, actors, make)


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
        with Gate(actors.substrate) as gate:

            def activity():
                for _ in range(2):
                    try:
                        thread.join()
                    except:  # noqa: E722
                        pass
                gate.visit()

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
            for error in (Oops("failed"), SystemExit(3), Worse("failed")):
                with Gate(actors.substrate) as gate:
                    passed = []

                    def bystander():
                        gate.visit()
                        passed.append("bystander")

                    actors.call(threading.Thread(target=bystander).start)
                    starter = actors.start(make(raiser(error)).start)
                    assert starter.returned()
                    settle(actors)
                    assert passed == [], (
                        "join() returned in another thread although the thread it joins goes on"
                    )
                    gate.open()
                    went_on = actors.until(lambda: passed)
                    assert went_on, "another thread does not go on"
                    starter.start(make(lambda: passed.append("later")).start)
                    assert starter.returned()
                    ran = actors.until(lambda: len(passed) == 2)
                    assert ran, "a thread started later does not run"


class NarrowSink(Sink):
    """Standard error that can write ASCII alone."""

    def write(self, text):
        text.encode("ascii")
        Sink.write(self, text)


@clause("thread.exception.contained")
def test_a_failing_thread_ends_though_its_name_cannot_be_written(threading, actors):
    with NarrowSink():
        for make in kinds(threading):
            thread = make(raiser(Oops("failed")))
            thread.setName(native(b"\xc5\x82\xc3\xb3d\xc5\xba"))
            starter = actors.start(thread.start)
            assert starter.returned(), repr(starter)
            joiner = actors.start(thread.join)
            assert joiner.returned(), "the thread has failed; %r" % joiner


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
