"""The arguments that a Timer passes to its function."""

from threadspec.conformance.battery.support.timer import SOON, Calls, check_called
from threadspec.conformance.harness.vocabulary import clause


@clause("timer.args.positional")
def test_positional_arguments(threading, actors):
    first = object()
    second = []
    for args, kwargs in (
        ([first], {}),
        ([first, second, None], {}),
        ([first, second], {"x": 1}),
        ([], {"x": 1}),
    ):
        for got, _ in check_called(threading, actors, SOON, args[:], kwargs).got:
            assert len(got) == len(args), (
                "the function got %d positional arguments, expected %d" % (len(got), len(args))
            )
            same = [one is other for one, other in zip(got, args)]
            assert same == [True] * len(args), "the function got other objects than were given"


@clause("timer.args.keyword")
def test_keyword_arguments(threading, actors):
    value = object()
    for args, kwargs in (
        ([], {"x": value}),
        ([1, 2], {"x": value, "y": None}),
        ([3], {"interval": 1, "function": 2, "args": 3, "kwargs": 4, "x": value}),
        ([3], {}),
    ):
        for _, named in check_called(threading, actors, SOON, args, dict(kwargs)).got:
            assert named == kwargs, "the function got %r, expected %r" % (named, kwargs)
            assert named.get("x") is kwargs.get("x"), (
                "the function got another object than was given"
            )


@clause("timer.args.default")
def test_no_arguments_by_default(threading, actors):
    def spoil(*args, **kwargs):
        kwargs["spoiled"] = 1
        spoiled(*args, **kwargs)

    def run(*args):
        calls = check_called(threading, actors, SOON, *args)
        return (calls.got or [((), {})])[0]

    for _ in range(2):
        run([1], {"x": 2})
        spoiled = Calls(threading, actors)
        threading.Timer(SOON, spoil).start()
        spoiled.come()
        got = (spoiled.got or [((), {"spoiled": 1})])[0]
        assert got == ((), {"spoiled": 1}), (
            "the function, which adds a keyword argument, got %r before that" % (got,)
        )
        got = run()
        assert got == ((), {}), "the function got %r, expected no arguments" % (got,)
        named = run([1])[1]
        assert named == {}, "the function got %r, expected no keyword arguments" % (named,)


@clause("timer.args.tuple")
def test_positional_arguments_in_a_tuple(threading, actors):
    for args in ((1, "two"), ()):
        for got, _ in check_called(threading, actors, SOON, args).got[:1]:
            assert got == args, "the function got %r, expected %r" % (got, args)


@clause("timer.args.taken-when")
def test_when_arguments_are_taken(threading, actors, observe):
    calls = Calls(threading, actors)
    args = [1]
    timer = threading.Timer(SOON, calls, args)
    args.append(2)
    timer.start()
    calls.come()
    if calls.got and calls.got[0][0] == (1, 2):
        observe("a later change reaches the function")
    else:
        observe("a later change does not reach the function")
