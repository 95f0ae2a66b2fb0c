"""``Thread.run()``."""

import sys

from threadspec.conformance.battery.support.thread import failures, raiser
from threadspec.conformance.harness.vocabulary import clause, raises


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
        "run() called the target without arguments %d times in the calling thread, expected once"
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
            "an overriding run(), which calls the standard one, led to %r" % (seen,)
        )


@clause("thread.run.exception")
def test_run_lets_the_exception_of_the_target_through(threading):
    for error in failures():
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
