"""``Thread.start()`` interrupted by a signal handler or a finalizer."""

from threadspec.conformance.battery.support.interrupting import (
    finalizers,
    interrupt,
    needs_blocking,
    needs_interruptions,
    nothing,
    steps,
)
from threadspec.conformance.battery.support.interruptions import check_alive, lists
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness.vocabulary import clause


@clause("interruptions.start.raises-within", apart=True)
def test_an_exception_at_each_step_of_start_leaves_a_thread_or_none(threading, actors):
    needs_interruptions(threading, actors)
    made = []

    def starting():
        latch = Latch(actors.substrate)
        made[:] = [threading.Thread(target=latch.wait), latch]
        return made[0].start

    for _ in steps("start() at a step of which a signal handler raised", starting, interrupt):
        thread, latch = made
        what = "after a signal handler raised at a step of start()"
        # A thread that has not begun by now may yet do so: the second start() tells.
        again = actors.start(thread.start)
        again.raised()
        assert again.has_ended(), "%s, a second start() does not return" % what
        begun = actors.until(lambda: latch.arrivals)
        assert begun, "%s, the activity is not run, and a second start() does not run it: %r" % (
            what,
            again,
        )
        check_alive(threading, actors, thread, latch, what)
        gone = actors.until(lambda: not lists(threading, thread))
        assert gone, "%s, enumerate() still lists the thread after its end" % what


def about_threads(threading):
    """What a handler or a finalizer asks the module while it makes and starts a thread."""
    main = threading.currentThread()

    def act():
        listed = threading.enumerate()
        threading.activeCount()
        threading.currentThread()
        threading.Thread()
        assert main in listed, "enumerate() does not list the main thread"

    return act


def short_life(threading):
    """Make, start and join a thread that ends soon."""
    thread = threading.Thread(target=nothing)
    thread.start()
    thread.join()


@clause("interruptions.start.calls-back-within", apart=True)
def test_a_handler_asks_about_threads_at_each_step_of_start(threading, actors):
    needs_interruptions(threading, actors)
    act = about_threads(threading)
    for _ in steps(
        "enumerate(), activeCount(), currentThread() or Thread() in a handler during start()",
        lambda: lambda: short_life(threading),
        act,
    ):
        pass


@clause("interruptions.start.finalizer", apart=True)
def test_a_finalizer_asks_about_threads_at_each_step_of_start(threading, actors):
    needs_blocking(threading, actors)
    text = "enumerate(), activeCount(), currentThread() or Thread() in a finalizer during start()"
    make = lambda: lambda: short_life(threading)  # noqa: E731
    finalizers(actors, text, make, about_threads(threading))
