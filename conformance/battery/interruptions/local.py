"""Uses of ``local`` interrupted by a signal handler or a finalizer."""

from threadspec.conformance.battery.support.interrupting import (
    finalizers,
    interrupt,
    needs_blocking,
    needs_interruptions,
    steps,
)
from threadspec.conformance.harness.vocabulary import clause


def use_of_locals(threading):
    """A function that uses thread-local data, and what is done meanwhile."""

    class Counter(threading.local):
        def __init__(self, start=0):
            self.count = start

    shared = Counter(7)

    def use():
        own = Counter(1)
        own.count += 1
        shared.count = 3
        shared.other = 4
        del shared.other
        return own.count, shared.count

    def act():
        shared.mark = Counter(2).count + shared.count

    return use, act


@clause("interruptions.local.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_locals_usable(threading, actors):
    needs_interruptions(threading, actors)
    use, _ = use_of_locals(threading)
    for _ in steps(
        "the use of thread-local data at a step of which a signal handler raised",
        lambda: use,
        interrupt,
    ):
        for actor in (actors.start(use), actors.start(use)):
            assert actor.returned(), (
                "after a signal handler raised at a step of the use of thread-local data, "
                "another thread cannot use it: %r" % actor
            )
        seen = use()
        assert seen == (2, 3), (
            "after a signal handler raised at a step of the use of thread-local data, "
            "attributes set to 2 and 3 are %r and %r" % seen
        )


@clause("interruptions.local.calls-back-within", apart=True)
def test_a_handler_uses_locals_at_each_step(threading, actors):
    needs_interruptions(threading, actors)
    use, act = use_of_locals(threading)
    for step in steps(
        "the use of thread-local data in a signal handler that came during such a use",
        lambda: use,
        act,
    ):
        assert step.value == (2, 3), (
            "attributes set to 2 and 3 are %r and %r "
            "after a signal handler used thread-local data meanwhile" % step.value
        )


@clause("interruptions.local.finalizer", apart=True)
def test_a_finalizer_uses_locals_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    use, act = use_of_locals(threading)
    text = "the use of thread-local data in a finalizer that ran during such a use"
    finalizers(actors, text, lambda: use, act)
