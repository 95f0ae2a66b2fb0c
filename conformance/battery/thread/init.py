"""The arguments of ``Thread``."""

import sys

from threadspec.conformance.battery.support.stepping import settle
from threadspec.conformance.battery.support.thread import Sink
from threadspec.conformance.harness.vocabulary import clause, show, show_error, tells


@tells("arguments of the target")
def calls_of(threading, actors, **kwargs):
    """The arguments that the target of a thread gets, when Thread gets these arguments."""
    calls = []

    def target(*got, **named):
        calls.append((got, named))

    thread = threading.Thread(target=target, **kwargs)
    thread.start()
    arrived = actors.until(lambda: calls)
    assert arrived, "the target was not invoked"
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
    assert taker.returned(), "the target, a built-in method, was not invoked"


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
    assert arrived, "the target, a callable object of length 0, was not invoked"


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
                assert ended, "a thread without a target did not end"
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
        assert arrived, "the target was not invoked"
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


def check_given(actors, make):
    """Thread gets what ``make(target, args, kwargs)`` gives to it, and the name "worker"."""
    calls = []

    def target(*args, **kwargs):
        calls.append((args, kwargs))

    # args in one thread and kwargs in another: both in one thread are another clause.
    thread = make(target, (1,), {})
    assert thread.getName() == "worker", "getName() returned %s, expected 'worker'" % show(
        thread.getName()
    )
    thread.start()
    actors.until(lambda: calls)
    assert calls == [((1,), {})], "the target was called with %r, expected [((1,), {})]" % (calls,)
    make(target, (), {"a": 2}).start()
    actors.until(lambda: len(calls) == 2)
    assert [kwargs for args, kwargs in calls] == [{}, {"a": 2}], (
        "the targets were called with %r, expected a=2 in the second call" % (calls,)
    )


@clause("thread.init.keywords")
def test_all_arguments_can_be_given_by_name(threading, actors):
    def make(target, args, kwargs):
        return threading.Thread(kwargs=kwargs, args=args, name="worker", target=target, group=None)

    check_given(actors, make)


@clause("thread.init.positional")
def test_arguments_can_be_given_in_order(threading, actors):
    def make(target, args, kwargs):
        return threading.Thread(None, target, "worker", args, kwargs)

    check_given(actors, make)
