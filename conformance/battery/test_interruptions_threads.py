"""Interrupted threads, timers, module functions and locals: cases for ``spec/interruptions.toml``.

What is interrupted, and how, is in ``interrupting.py``.  All cases run apart, in a main thread.
"""

from threadspec.conformance.battery.interrupting import (
    blocked,
    check_timeout,
    doing,
    finalizers,
    interrupt,
    needs_blocking,
    nothing,
    steps,
)
from threadspec.conformance.harness.vocabulary import NotOffered, clause

# Seconds: a time-out or interval that is never over in a case.
LONG = 30.0


class Gate(object):
    """A target: a thread that calls it stays alive until the case opens it."""

    def __init__(self, actors):
        self._lock = actors.substrate.allocate_lock()
        self._lock.acquire()
        self.entered = False

    def __call__(self):
        self.entered = True
        self._lock.acquire()
        self._lock.release()

    def open(self):
        self._lock.release()


def lists(threading, thread):
    """Whether ``thread`` is listed as alive."""
    return any([one is thread for one in threading.enumerate()])


def running(threading, actors):
    """A thread that has been started, and the gate that it waits at.

    Raises NotOffered where no thread runs beside the one that starts it.
    """
    gate = Gate(actors)
    thread = threading.Thread(target=gate)
    started(actors, thread, gate.open)
    return thread, gate


def started(actors, thread, end):
    """Start ``thread``; ``end`` ends it.  Raises NotOffered where start() waits for its end."""
    starter = actors.start(thread.start)
    if not starter.returned() and not starter.has_ended():
        end()
        raise NotOffered("start() does not return while the thread runs")
    starter.result()


def check_alive(threading, actors, thread, gate, what):
    """Make sure that ``thread``, at its gate, is alive, and is joined once that is open."""
    listed = lists(threading, thread)
    assert listed, "%s, enumerate() does not list the thread, which still runs" % what
    joiner = actors.start(thread.join)
    waits = joiner.is_blocked()
    assert waits, "%s, join() in another thread does not block: %r" % (what, joiner)
    gate.open()
    returned = joiner.returned()
    assert returned, "%s, join() in another thread does not return at the thread's end" % what


# -- join -----------------------------------------------------------------------------------------


@clause("interruptions.join.raises", apart=True)
def test_an_exception_ends_a_join_and_the_thread_stays_alive(threading, actors):
    needs_blocking(threading, actors)
    for arguments in ((), (LONG,)):
        thread, gate = running(threading, actors)
        ended = []

        def release():
            ended.append(True)
            gate.open()

        doing("a join() in which a signal handler raises")
        met = blocked(actors, lambda: thread.join(*arguments), interrupt, release, True)
        if not met.in_time:
            continue
        assert met.raised, "join() returned although a signal handler raised in it"
        assert not ended, "join() goes on although a signal handler raised in it"
        what = "after a signal handler's exception ended join()"
        check_alive(threading, actors, thread, gate, what)


@clause("interruptions.join.is-alive", apart=True)
def test_a_thread_is_alive_after_an_exception_ended_a_join(threading, actors):
    needs_blocking(threading, actors)
    thread, gate = running(threading, actors)
    doing("a join() in which a signal handler raises")
    met = blocked(actors, lambda: thread.join(LONG), interrupt, gate.open, True)
    if met.in_time and met.raised:
        alive = thread.isAlive()
        gate.open()
        assert alive, (
            "after a signal handler's exception ended join(), isAlive() returned %r "
            "although the thread still runs" % alive
        )


@clause("interruptions.join.returns", apart=True)
def test_a_join_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    for arguments in ((), (LONG,)):
        thread, gate = running(threading, actors)
        doing("a join() during which a signal handler returned")
        met = blocked(actors, lambda: thread.join(*arguments), nothing, gate.open, False)
        assert not met.early, "join() returned when a signal handler had; the thread still runs"


@clause("interruptions.join.timeout", apart=True)
def test_signals_do_not_change_the_timeout_of_a_join(threading, actors):
    needs_blocking(threading, actors)
    thread, gate = running(threading, actors)
    check_timeout(actors, "join", thread.join)
    gate.open()


@clause("interruptions.join.calls-back", apart=True)
def test_a_handler_asks_about_the_thread_that_is_joined(threading, actors):
    needs_blocking(threading, actors)
    for arguments in ((), (LONG,)):
        thread, gate = running(threading, actors)
        listed = []

        def act():
            thread.join(0.0)
            listed.append(lists(threading, thread))

        doing("join(0.0) or enumerate() in a signal handler during a join()")
        met = blocked(actors, lambda: thread.join(*arguments), act, gate.open, False)
        if met.in_time:
            assert listed[0], "enumerate() in a signal handler does not list the thread, which runs"
            assert not met.early, "join() returned when a signal handler had; the thread still runs"


@clause("interruptions.join.raises-within", apart=True)
def test_an_exception_at_each_step_of_a_join_leaves_the_thread_alive(threading, actors):
    needs_blocking(threading, actors)
    made = []

    def joining():
        made[:] = running(threading, actors)
        return lambda: made[0].join(0.0)

    doing("join(0.0) at a step of which a signal handler raised")
    for _ in steps(joining, interrupt):
        what = "after a signal handler raised at a step of join(0.0)"
        check_alive(threading, actors, made[0], made[1], what)


@clause("interruptions.join.calls-back-within", apart=True)
def test_a_handler_joins_at_each_step_of_a_join(threading, actors):
    needs_blocking(threading, actors)
    thread, gate = running(threading, actors)
    doing("join(0.0) in a signal handler during join(0.0)")
    for _ in steps(lambda: lambda: thread.join(0.0), lambda: thread.join(0.0)):
        pass
    check_alive(threading, actors, thread, gate, "after join(0.0) in signal handlers")


# -- start ----------------------------------------------------------------------------------------


@clause("interruptions.start.raises-within", apart=True)
def test_an_exception_at_each_step_of_start_leaves_a_thread_or_none(threading, actors):
    needs_blocking(threading, actors)
    made = []

    def starting():
        gate = Gate(actors)
        made[:] = [threading.Thread(target=gate), gate]
        return made[0].start

    doing("start() at a step of which a signal handler raised")
    for _ in steps(starting, interrupt):
        thread, gate = made
        what = "after a signal handler raised at a step of start()"
        # A thread that has not begun by now may yet do so: the second start() tells.
        again = actors.start(thread.start)
        again.raised()
        assert again.has_ended(), "%s, a second start() does not return" % what
        begun = actors.until(lambda: gate.entered)
        assert begun, "%s, the activity is not run, and a second start() does not run it: %r" % (
            what,
            again,
        )
        check_alive(threading, actors, thread, gate, what)
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
    needs_blocking(threading, actors)
    act = about_threads(threading)
    doing("enumerate(), activeCount(), currentThread() or Thread() in a handler during start()")
    for _ in steps(lambda: lambda: short_life(threading), act):
        pass


@clause("interruptions.start.finalizer", apart=True)
def test_a_finalizer_asks_about_threads_at_each_step_of_start(threading, actors):
    needs_blocking(threading, actors)
    text = "enumerate(), activeCount(), currentThread() or Thread() in a finalizer during start()"
    make = lambda: lambda: short_life(threading)  # noqa: E731
    finalizers(actors, text, make, about_threads(threading))


# -- module functions -----------------------------------------------------------------------------


def ask(threading):
    """Call the functions of the module that tell about threads."""
    threading.enumerate()
    threading.activeCount()
    threading.currentThread()


@clause("interruptions.module.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_the_module_functions_usable(threading, actors):
    needs_blocking(threading, actors)
    doing("enumerate(), activeCount() or currentThread() at a step of which a handler raised")
    for _ in steps(lambda: lambda: ask(threading), interrupt):
        asker = actors.start(ask, threading)
        returned = asker.returned()
        assert returned, (
            "after a signal handler raised at a step of enumerate(), activeCount() "
            "or currentThread(), they do not return in another thread"
        )


@clause("interruptions.module.calls-back-within", apart=True)
def test_a_handler_calls_the_module_functions_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    doing("enumerate(), activeCount() or currentThread() in a signal handler during one of them")
    for _ in steps(lambda: lambda: ask(threading), lambda: ask(threading)):
        pass


@clause("interruptions.module.finalizer", apart=True)
def test_a_finalizer_calls_the_module_functions_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    text = "enumerate(), activeCount() or currentThread() in a finalizer during one of them"
    finalizers(actors, text, lambda: lambda: ask(threading), lambda: ask(threading))


# -- timers ---------------------------------------------------------------------------------------


def waiting_timer(threading, actors, called):
    """A timer that has been started and will not call its function for long."""
    timer = threading.Timer(LONG, called.append, [True])
    timer.setDaemon(True)  # where cancel() fails, the program ends all the same
    started(actors, timer, timer.cancel)
    return timer


@clause("interruptions.timer.calls-back", apart=True)
def test_a_handler_cancels_the_timer_that_is_joined(threading, actors):
    needs_blocking(threading, actors)
    called = []
    for arguments in ((), (LONG,)):
        timer = waiting_timer(threading, actors, called)
        doing("a join() of a timer during which a signal handler called cancel()")
        met = blocked(actors, lambda: timer.join(*arguments), timer.cancel, timer.cancel, True)
        assert met.early or not met.in_time, (
            "cancel() in a signal handler does not end the join() of the timer that it interrupts"
        )
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.raises-within", apart=True)
def test_an_exception_at_each_step_of_cancel_leaves_a_timer_to_be_cancelled(threading, actors):
    needs_blocking(threading, actors)
    made, called = [], []

    def cancelling():
        made[:] = [waiting_timer(threading, actors, called)]
        return made[0].cancel

    doing("cancel() at a step of which a signal handler raised")
    for _ in steps(cancelling, interrupt):
        what = "after a signal handler raised at a step of cancel(), another cancel()"
        returned = actors.start(made[0].cancel).returned()
        assert returned, "%s does not return" % what
        returned = actors.start(made[0].join).returned()
        assert returned, "%s does not end the timer" % what
    assert not called, "the function of a cancelled timer was called"


@clause("interruptions.timer.calls-back-within", apart=True)
def test_a_handler_cancels_a_timer_at_each_step_of_cancel(threading, actors):
    needs_blocking(threading, actors)
    made, called = [], []

    def cancelling():
        made[:] = [waiting_timer(threading, actors, called)]
        return made[0].cancel

    doing("cancel() in a signal handler during cancel()")
    for _ in steps(cancelling, lambda: made[0].cancel()):
        returned = actors.start(made[0].join).returned()
        assert returned, "cancel() in a signal handler during cancel() does not end the timer"
    assert not called, "the function of a cancelled timer was called"


# -- thread-local data ----------------------------------------------------------------------------


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
    needs_blocking(threading, actors)
    use, _ = use_of_locals(threading)
    doing("the use of thread-local data at a step of which a signal handler raised")
    for _ in steps(lambda: use, interrupt):
        for actor in (actors.start(use), actors.start(use)):
            returned = actor.returned()
            assert returned, (
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
    needs_blocking(threading, actors)
    use, act = use_of_locals(threading)
    doing("the use of thread-local data in a signal handler that came during such a use")
    for step in steps(lambda: use, act):
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
