"""Functions of the module interrupted by a signal handler or a finalizer."""

from threadspec.conformance.battery.support.interrupting import (
    finalizers,
    interrupt,
    needs_blocking,
    needs_interruptions,
    steps,
)
from threadspec.conformance.harness.vocabulary import clause


def ask(threading):
    """Call the functions of the module that tell about threads."""
    threading.enumerate()
    threading.activeCount()
    threading.currentThread()


@clause("interruptions.module.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_the_module_functions_usable(threading, actors):
    needs_interruptions(threading, actors)
    for _ in steps(
        "enumerate(), activeCount() or currentThread() at a step of which a handler raised",
        lambda: lambda: ask(threading),
        interrupt,
    ):
        asker = actors.start(ask, threading)
        assert asker.returned(), (
            "after a signal handler raised at a step of enumerate(), activeCount() "
            "or currentThread(), they do not return in another thread"
        )


@clause("interruptions.module.calls-back-within", apart=True)
def test_a_handler_calls_the_module_functions_at_each_step(threading, actors):
    needs_interruptions(threading, actors)
    for _ in steps(
        "enumerate(), activeCount() or currentThread() in a signal handler during one of them",
        lambda: lambda: ask(threading),
        lambda: ask(threading),
    ):
        pass


@clause("interruptions.module.finalizer", apart=True)
def test_a_finalizer_calls_the_module_functions_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    text = "enumerate(), activeCount() or currentThread() in a finalizer during one of them"
    finalizers(actors, text, lambda: lambda: ask(threading), lambda: ask(threading))
