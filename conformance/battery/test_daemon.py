"""Daemon threads and the end of the program: cases for ``spec/daemon.toml``.

What keeps a program from ending is seen in programs of their own (see ``harness/programs.py``).  A
``program_...`` function is one; its main thread says "main is done" when it is about to end.
"""

import atexit
import gc
import sys
import time

from threadspec.conformance.battery.starting import made_and_started
from threadspec.conformance.harness.blocking import clock, count
from threadspec.conformance.harness.programs import listen, say, teller
from threadspec.conformance.harness.vocabulary import clause, raises, tells


class Gate(object):
    """A target: threads that call it stay alive until the case opens it."""

    def __init__(self, substrate):
        self._lock = substrate.allocate_lock()
        self._lock.acquire()

    def __call__(self):
        self._lock.acquire()
        self._lock.release()

    def open(self):
        self._lock.release()


def inside(actors, make, function):
    """Start the thread that ``make(target)`` makes, and let it call ``function`` with itself.

    Returns the thread, which has ended or is about to, and what ``function`` returned.
    """
    results = []

    def target():
        try:
            results.append((function(thread), None))
        except Exception:
            results.append((None, sys.exc_info()[1]))

    thread = make(target)
    actors.call(thread.start)
    arrived = actors.until(lambda: results)
    assert arrived, "the thread does not run its target to the end"
    value, error = results[0]
    if error is not None:
        raise error
    return thread, value


@tells("isDaemon()")
def flag_of(thread):
    """The daemon flag, as a bool."""
    return bool(thread.isDaemon())


def flag(thread, daemonic):
    """Make sure that the thread has that daemon flag, whatever it has at first; the thread."""
    try:
        differs = flag_of(thread) != daemonic
    except AttributeError:
        differs = daemonic  # a missing isDaemon is another clause's business
    if differs:
        thread.setDaemon(daemonic)
    return thread


def flagged(threading, daemonic):
    """A function that makes a thread with that daemon flag for a target."""

    return lambda target: flag(threading.Thread(target=target), daemonic)


def kinds(threading):
    """Functions that make a thread: of the class itself and of two subclasses."""

    class Own(threading.Thread):
        def run(self):
            pass

    class Constructed(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self, name="constructed")

    return [threading.Thread, Own, Constructed]


# -- the flag -------------------------------------------------------------------------------------


def program_that_makes_threads(threading):
    say("%r" % [bool(make().isDaemon()) for make in kinds(threading) * 2])


@clause("daemon.default-false")
def test_a_thread_made_by_the_main_thread_is_no_daemon(programs):
    # In a fresh program: what other threads have done before must not matter.
    program = programs.start(program_that_makes_threads)
    flags = program.line()
    assert flags == "%r" % ([False] * 6), repr(program)


@clause("daemon.set")
def test_set_daemon_sets_the_flag(threading):
    for make in kinds(threading):
        thread = make()
        thread.setDaemon(True)
        for _ in range(2):
            seen = thread.isDaemon()
            assert seen


@clause("daemon.set-false")
def test_set_daemon_clears_the_flag(threading):
    for make in kinds(threading):
        thread = make()
        thread.setDaemon(False)
        seen = thread.isDaemon()
        assert not seen
        thread = make()
        thread.setDaemon(True)
        thread.setDaemon(False)
        seen = thread.isDaemon()
        assert not seen


@clause("daemon.set-truth")
def test_a_number_sets_and_clears_the_flag(threading):
    for make in kinds(threading):
        thread = make()
        thread.setDaemon(1)
        seen = thread.isDaemon()
        assert seen
        thread.setDaemon(0)
        seen = thread.isDaemon()
        assert not seen


def program_with_a_daemon_by_number(threading, substrate):
    never = substrate.allocate_lock()
    never.acquire()
    flagged(threading, 1)(never.acquire).start()
    say("main is done")


@clause("daemon.set-truth")
def test_a_program_does_not_wait_for_a_daemon_by_number(programs):
    assert_ends(programs.start(program_with_a_daemon_by_number))


@clause("daemon.set-again")
def test_the_last_set_daemon_before_start_counts(threading):
    thread = threading.Thread()
    for daemonic in (True, True, False, False, True, False, True):
        thread.setDaemon(daemonic)
        seen = flag_of(thread)
        assert seen == daemonic


@clause("daemon.set-keyword")
def test_daemonic_can_be_given_by_name(threading):
    thread = threading.Thread()
    for daemonic in (True, False):
        thread.setDaemon(daemonic=daemonic)
        seen = flag_of(thread)
        assert seen == daemonic


@clause("daemon.set-other-values")
def test_set_daemon_with_values_of_other_types(threading, observe):
    seen = []
    for value in ("no", [], 2, None):
        thread = threading.Thread()
        try:
            thread.setDaemon(value)
            seen.append(flag_of(thread) == bool(value))
        except Exception:
            seen.append(None)
    if None in seen:
        observe("some are refused")
    else:
        observe(all(seen) and "their truth counts" or "their truth does not count")


@clause("daemon.of-one-thread")
def test_each_thread_has_a_flag_of_its_own(threading):
    first, second = threading.Thread(), threading.Thread()
    default = flag_of(first)
    second.setDaemon(not default)
    third = threading.Thread()
    flags = [flag_of(one) for one in (first, second, third)]
    assert flags == [default, not default, default]
    third.setDaemon(not default)
    flags = [flag_of(one) for one in (first, second, third)]
    assert flags == [default, not default, not default]


@clause("daemon.any-thread")
def test_another_thread_reads_and_sets_the_flag(threading, actors):
    for daemonic in (True, False):
        thread = flag(threading.Thread(), not daemonic)
        actors.call(thread.setDaemon, daemonic)
        seen = flag_of(thread)
        assert seen == daemonic
        thread = flag(threading.Thread(), daemonic)
        seen = bool(actors.call(thread.isDaemon))
        assert seen == daemonic


@clause("daemon.lasts")
def test_the_flag_stays_the_same_while_the_thread_runs_and_after(threading, actors):
    for daemonic in (True, False):
        gate = Gate(actors.substrate)
        thread = flagged(threading, daemonic)(gate)
        before = flag_of(thread)
        actors.call(thread.start)
        running = flag_of(thread)
        assert running == before
        gate.open()
        actors.start(thread.join).returned()  # its end, where join can be relied on
        after = flag_of(thread)
        assert after == before


@clause("daemon.lasts")
def test_a_thread_sees_its_own_flag(threading, actors):
    for daemonic in (True, False):
        for _ in range(2):
            thread, seen = inside(actors, flagged(threading, daemonic), flag_of)
            outside = flag_of(thread)
            assert seen == outside, (
                "isDaemon() returned %s in the thread itself, and %s outside" % (seen, outside)
            )


# -- too late -------------------------------------------------------------------------------------


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_while_the_thread_runs(threading, actors):
    for before in (False, True):
        gate = Gate(actors.substrate)
        thread = flagged(threading, before)(gate)
        actors.call(thread.start)
        for daemonic in (True, False, before):
            raises(RuntimeError, thread.setDaemon, daemonic)
        gate.open()


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_in_the_thread_itself(threading, actors):
    def attempt(thread):
        for daemonic in (True, False):
            raises(RuntimeError, thread.setDaemon, daemonic)

    for before in (False, True):
        inside(actors, flagged(threading, before), attempt)


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_on_a_running_subclass(threading, actors):
    gate = Gate(actors.substrate)

    class Own(threading.Thread):
        def run(self):
            gate()

    thread = Own()
    actors.call(thread.start)
    for daemonic in (True, False):
        raises(RuntimeError, thread.setDaemon, daemonic)
    gate.open()


@clause("daemon.set-ended-error")
def test_set_daemon_is_an_error_after_the_end(threading, actors):
    for before in (False, True):
        thread, _ = inside(actors, flagged(threading, before), lambda thread: None)
        actors.start(thread.join).returned()  # its end, where join can be relied on
        for daemonic in (True, False, before):
            raises(RuntimeError, thread.setDaemon, daemonic)


@clause("daemon.refused-changes-nothing")
def test_a_refused_set_daemon_leaves_the_flag(threading, actors):
    for before in (False, True):
        gate = Gate(actors.substrate)
        thread = flagged(threading, before)(gate)
        kept = flag_of(thread)
        actors.call(thread.start)
        for daemonic in (not before, before, not before):
            actors.start(thread.setDaemon, daemonic).raised()
            seen = flag_of(thread)
            assert seen == kept
        gate.open()
        actors.start(thread.join).returned()
        kept = flag_of(thread)
        for daemonic in (not before, before, not before):
            actors.start(thread.setDaemon, daemonic).raised()
            seen = flag_of(thread)
            assert seen == kept


# -- inheritance ----------------------------------------------------------------------------------


def born_in(threading, actors, daemonic, make):
    """What ``make()`` gives in a thread with that flag, and that thread's flag before its start."""
    flags = []

    def make_parent(target):
        parent = flagged(threading, daemonic)(target)
        flags.append(flag_of(parent))
        return parent

    child = inside(actors, make_parent, lambda parent: make())[1]
    return child, flags[0]


@clause("daemon.inherited")
def test_a_thread_inherits_the_flag_of_the_thread_that_makes_it(threading, actors):
    for daemonic in (True, False, True):
        for make in kinds(threading):
            children, of_parent = born_in(threading, actors, daemonic, lambda: [make(), make()])  # noqa: B023
            flags = [flag_of(child) for child in children]
            assert flags == [of_parent, of_parent]


@clause("daemon.inherited")
def test_a_subclass_as_parent_passes_its_flag_on(threading, actors):
    for daemonic in (True, False):
        children = []

        class Parent(threading.Thread):
            def run(self, children=children):
                children.append(threading.Thread())

        parent = flag(Parent(), daemonic)
        of_parent = flag_of(parent)
        actors.call(parent.start)
        arrived = actors.until(lambda: children)
        assert arrived, "the thread does not get through its run method"
        seen = flag_of(children[0])
        assert seen == of_parent


@clause("daemon.inherited-generations")
def test_an_inherited_flag_is_inherited_in_turn(threading, actors):
    line = []

    def make_child():
        line.append(threading.Thread(target=make_child))

    for daemonic in (True, False):
        del line[:]
        _, of_first = born_in(threading, actors, daemonic, make_child)
        for generation in range(1, 5):
            actors.call(line[-1].start)
            arrived = actors.until(lambda: len(line) > generation)  # noqa: B023
            assert arrived, "the thread does not run its target to the end"
            seen = flag_of(line[-1])
            assert seen == of_first


@clause("daemon.inherited-from-creator")
def test_the_parent_counts_and_not_the_thread_before_it(threading, actors):
    def make_parent(grandparent):
        return born_in(threading, actors, False, threading.Thread)

    _, (child, of_parent) = inside(actors, flagged(threading, True), make_parent)
    seen = flag_of(child)
    assert seen == of_parent


@clause("daemon.inherited-at-creation")
def test_a_flag_stays_when_another_thread_starts_the_child(threading, actors):
    for daemonic in (True, False):
        gate = Gate(actors.substrate)
        child, _ = born_in(threading, actors, daemonic, lambda: threading.Thread(target=gate))
        before = flag_of(child)
        actors.call(child.start)
        after = flag_of(child)
        assert after == before
        gate.open()


@clause("daemon.inherited-at-creation")
def test_a_flag_stays_when_a_daemon_starts_the_thread(threading, actors):
    for daemonic in (True, False):
        gate = Gate(actors.substrate)
        children = []
        starter = flagged(threading, daemonic)(lambda: children[0].start())  # noqa: B023
        children.append(threading.Thread(target=gate))
        child = children[0]
        before = flag_of(child)
        actors.call(starter.start)
        actors.start(starter.join).returned()
        after = flag_of(child)
        assert after == before
        gate.open()


@clause("daemon.inherited-overridden")
def test_set_daemon_overrides_what_was_inherited(threading, actors):
    for daemonic in (True, False):

        def make_and_set():
            child = threading.Thread()
            child.setDaemon(not daemonic)  # noqa: B023
            return child

        child, of_parent = born_in(threading, actors, daemonic, make_and_set)
        seen = flag_of(child)
        assert seen == (not of_parent)


@clause("daemon.inherited-from-alien")
def test_a_thread_made_by_an_alien_thread_is_daemonic(threading, actors):
    made_and_started(actors, threading.Thread)  # what is left of it must not matter
    for _ in range(2):
        maker = actors.new()
        for make in kinds(threading):
            seen = maker.call(make).isDaemon()
            assert seen


@clause("daemon.inherited-from-alien")
def test_a_thread_made_by_a_known_alien_thread_is_daemonic(threading, actors):
    made_and_started(actors, threading.Thread)  # what is left of it must not matter
    for make in kinds(threading):
        maker = actors.new()
        maker.start(threading.currentThread).returned()  # now it has a dummy thread object
        seen = maker.call(make).isDaemon()
        assert seen


@clause("daemon.timer")
def test_a_timer_has_the_flag_of_a_thread_made_in_its_place(threading, actors):
    def make_timer():
        return threading.Timer(0.0, int)

    seen = flag_of(make_timer())
    of_thread = flag_of(threading.Thread())
    assert seen == of_thread
    for daemonic in (True, False):
        timer, _ = born_in(threading, actors, daemonic, make_timer)
        thread, _ = born_in(threading, actors, daemonic, threading.Thread)
        seen = flag_of(timer)
        of_thread = flag_of(thread)
        assert seen == of_thread


@clause("daemon.timer")
def test_a_timers_flag_can_be_set(threading):
    for daemonic in (True, False):
        timer = threading.Timer(0.0, int)
        flag(timer, not daemonic).setDaemon(daemonic)
        seen = flag_of(timer)
        assert seen == daemonic


# -- the program ends -----------------------------------------------------------------------------


def assert_ends(program, status=0):
    """The main thread gets to its end and the program ends with it, as any program does.

    ``status`` None: with any exit status.
    """
    line = program.line()
    assert line == "main is done", repr(program)
    assert program.ended(), repr(program)
    assert status is None or program.status == status, repr(program)


def settle(threads):
    """In a program: wait until it has so many threads; not for long, where that is not seen."""
    until = clock() + 0.05
    while count() != threads and clock() < until:
        time.sleep(0.0005)


def program_without_live_threads(threading, substrate):
    done = substrate.allocate_lock()
    done.acquire()
    unstarted = threading.Thread(target=listen)
    joined, left_alone = [flagged(threading, False)(done.release) for _ in range(2)]
    left_alone.start()
    done.acquire()
    joined.start()
    done.acquire()
    joined.join()
    settle(1)  # the other one has ended as well
    say("main is done")
    return unstarted, left_alone


@clause("program.ends-without-threads")
def test_a_program_ends_when_no_other_thread_is_alive(programs):
    assert_ends(programs.start(program_without_live_threads))


def program_with_blocked_daemons(threading, substrate):
    never = substrate.allocate_lock()
    never.acquire()
    for _ in range(2):
        flagged(threading, True)(never.acquire).start()
    say("main is done")


@clause("program.ends-with-daemons")
def test_a_program_does_not_wait_for_blocked_daemons(programs):
    assert_ends(programs.start(program_with_blocked_daemons))


def program_with_busy_daemons(threading, substrate):
    def sleep():
        time.sleep(1000)

    def loop():
        while True:
            time.sleep(0.001)

    def beget():
        flagged(threading, True)(sleep).start()  # that it inherits is a clause of its own
        begotten.release()

    begotten = substrate.allocate_lock()
    begotten.acquire()
    for target in (sleep, loop, beget):
        flagged(threading, True)(target).start()
    begotten.acquire()
    say("main is done")


@clause("program.ends-with-daemons")
def test_a_program_does_not_wait_for_sleeping_working_or_inherited_daemons(programs):
    # A thread that works on while the interpreter is taken down may spoil the exit status.
    assert_ends(programs.start(program_with_busy_daemons), status=None)


def program_with_a_daemonic_timer(threading):
    flag(threading.Timer(1000, listen), True).start()
    say("main is done")


@clause("program.timer")
def test_a_program_does_not_wait_for_a_daemonic_timer(programs):
    assert_ends(programs.start(program_with_a_daemonic_timer))


def program_with_aliens(threading, substrate):
    def live():
        threading.currentThread()
        known.release()
        never.acquire()

    known = substrate.allocate_lock()
    known.acquire()
    never = substrate.allocate_lock()
    never.acquire()
    substrate.start_new_thread(live, ())
    known.acquire()
    say("main is done")


@clause("program.ends-with-aliens")
def test_a_program_does_not_wait_for_alien_threads(programs):
    assert_ends(programs.start(program_with_aliens))


# -- the program waits ----------------------------------------------------------------------------


def assert_waits(program, names, status=0, long=False):
    """The program lives until each of the named threads has been told to end, one after another.

    Each says its name with " is done".  Then the program ends; ``status`` None: with any status;
    ``long``: it must not give up after a time, either.
    """
    line = program.line()
    assert line == "main is done", repr(program)
    for name in names:
        assert program.keeps_running(), repr(program)
        assert not long or program.outlasts(), repr(program)
        program.tell("end")
        line = program.line()
        assert line == name + " is done", repr(program)
    assert program.ended(), repr(program)
    assert status is None or program.status == status, repr(program)


def live_on(name):
    """Be alive until the case tells to end."""
    listen()
    say(name + " is done")


def living(threading, name):
    """A thread that is no daemon and lives on."""
    return flag(threading.Thread(target=live_on, args=(name,)), False)


def program_with_a_thread(threading):
    living(threading, "thread").start()
    say("main is done")


@clause("program.waits")
def test_a_program_waits_for_a_thread_that_is_no_daemon(programs):
    assert_waits(programs.start(program_with_a_thread), ["thread"], long=True)


def program_with_a_subclass(threading):
    class Own(threading.Thread):
        def run(self):
            live_on("thread")

    flag(Own(), False).start()
    say("main is done")


@clause("program.waits")
def test_a_program_waits_for_a_thread_of_a_subclass(programs):
    assert_waits(programs.start(program_with_a_subclass), ["thread"])


def program_with_a_timer(threading):
    flag(threading.Timer(0.02, live_on, ["timer"]), False).start()
    say("main is done")


@clause("program.timer")
def test_a_program_waits_for_a_timer(programs):
    assert_waits(programs.start(program_with_a_timer), ["timer"])


def program_with_several_threads(threading, substrate):
    order = listen().split()
    turns = dict([(name, substrate.allocate_lock()) for name in order])
    for turn in turns.values():
        turn.acquire()

    def live(name):
        turns[name].acquire()
        live_on(name)
        following = order[order.index(name) + 1 :]
        if following:
            turns[following[0]].release()

    for name in sorted(order):
        flag(threading.Thread(target=live, args=(name,)), False).start()
    turns[order[0]].release()
    say("main is done")


@clause("program.waits-for-all")
def test_a_program_waits_for_all_threads_that_are_no_daemons(programs):
    orders = ("b a c", "c b a")
    started = [programs.start(program_with_several_threads) for _ in orders]
    for order, program in zip(orders, started):
        program.tell(order)
        assert_waits(program, order.split())


def program_with_late_threads(threading):
    names = ["first", "second", "third"]

    def live(number):
        live_on(names[number])
        if number + 1 < len(names):
            flag(threading.Thread(target=live, args=(number + 1,)), False).start()

    flag(threading.Thread(target=live, args=(0,)), False).start()
    say("main is done")


@clause("program.waits-for-late")
def test_a_program_waits_for_threads_started_after_the_end_of_main(programs):
    assert_waits(programs.start(program_with_late_threads), ["first", "second", "third"])


def program_with_both_kinds(threading, substrate):
    never = substrate.allocate_lock()
    never.acquire()
    started = substrate.allocate_lock()
    started.acquire()

    def start_it():
        child.start()
        started.release()
        never.acquire()

    starter, other = [flagged(threading, True)(target) for target in (start_it, never.acquire)]
    child = living(threading, "child")
    starter.start()
    started.acquire()
    other.start()
    say("main is done")


@clause("program.waits-beside-daemons")
def test_a_program_waits_for_its_other_threads_and_then_leaves_the_daemons(programs):
    assert_waits(programs.start(program_with_both_kinds), ["child"])


def program_with_a_daemons_child(threading, substrate):
    started = substrate.allocate_lock()
    started.acquire()

    def beget():
        living(threading, "child").start()
        started.release()

    flagged(threading, True)(beget).start()
    started.acquire()
    say("main is done")


@clause("program.waits-beside-daemons")
def test_a_program_waits_for_a_thread_that_a_daemon_has_made(programs):
    assert_waits(programs.start(program_with_a_daemons_child), ["child"])


def program_whose_threads_fail(threading):
    def fail():
        raise ValueError("of the thread")

    flagged(threading, False)(fail).start()
    living(threading, "thread").start()
    flagged(threading, False)(fail).start()
    flagged(threading, False)(sys.exit).start()
    settle(2)
    say("main is done")


@clause("program.waits-beside-failures")
def test_threads_that_fail_change_nothing_for_the_others(programs):
    assert_waits(programs.start(program_whose_threads_fail), ["thread"])


def program_whose_main_raises(threading):
    living(threading, "thread").start()
    say("main is done")
    raise ValueError("of the main thread")


def program_whose_main_exits(threading):
    living(threading, "thread").start()
    say("main is done")
    sys.exit(3)


@clause("program.waits-after-failure")
def test_a_program_waits_also_when_its_main_thread_fails(programs):
    assert_waits(programs.start(program_whose_main_raises), ["thread"], status=None)


@clause("program.waits-after-failure")
def test_a_program_waits_also_when_its_main_thread_exits(programs):
    assert_waits(programs.start(program_whose_main_exits), ["thread"], status=None)


# -- after the end of the main thread -------------------------------------------------------------


def program_that_works_on(threading, substrate):
    """Two threads that work after the end of the main thread, first alone and then together."""
    lock, rlock = threading.Lock(), threading.RLock()
    cond, event, semaphore = threading.Condition(), threading.Event(), threading.Semaphore(0)
    data = threading.local()
    ready = []

    def live():
        listen()
        current = threading.currentThread()
        say("currentThread() is %s" % ("right" if current is one else "wrong"))
        listed = [any([thread is each for thread in threading.enumerate()]) for each in (one, two)]
        say("enumerate() lists %r" % listed)
        same = threading.activeCount() == len(threading.enumerate())
        say("activeCount() %s" % (same and "fits" or "does not fit"))
        for each in (lock, rlock):
            each.acquire()
            each.release()
        data.value = "kept"
        say("local value is %s" % data.value)
        threading.Event().wait(0.001)
        cond.acquire()
        cond.wait(0.001)
        cond.release()
        say("time-outs occur")
        event.set()
        cond.acquire()
        while not ready:
            cond.wait()
        cond.release()
        semaphore.release()
        two.join()
        say("joined")

    def help_it():
        event.wait()
        cond.acquire()
        ready.append(None)
        cond.notifyAll()
        cond.release()
        semaphore.acquire()
        say("released")

    one, two = [flagged(threading, False)(target) for target in (live, help_it)]
    one.start()
    two.start()
    say("main is done")


@clause("program.works-on")
def test_threads_work_on_after_the_end_of_the_main_thread(programs):
    program = programs.start(program_that_works_on)
    line = program.line()
    assert line == "main is done", repr(program)
    assert program.keeps_running(), repr(program)
    program.tell("go on")
    for expected in (
        "currentThread() is right",
        "enumerate() lists [True, True]",
        "activeCount() fits",
        "local value is kept",
        "time-outs occur",
        "released",
        "joined",
    ):
        line = program.line()
        assert line == expected, "expected %r next: %r" % (expected, program)
    assert program.ended(), repr(program)


def program_with_exit_handlers(load):
    """Uses the module in two exit handlers, one registered before the import, one after it."""

    def handle(name):
        current = threading.currentThread()
        say("%s: currentThread() is %s" % (name, "right" if current is main else "wrong"))
        same = threading.activeCount() == len(threading.enumerate())
        say("%s: activeCount() %s" % (name, same and "fits" or "does not fit"))
        for lock in (threading.Lock(), threading.RLock(), threading.Semaphore()):
            lock.acquire()
            lock.release()
        event = threading.Event()
        event.wait(0.001)
        event.set()
        event.wait()
        cond = threading.Condition()
        cond.acquire()
        cond.wait(0.001)
        cond.notifyAll()
        cond.release()
        say("%s: the others work" % name)

    atexit.register(handle, "last")
    threading = load()
    main = threading.currentThread()
    atexit.register(handle, "first")
    say("main is done")


@clause("program.exit-handler")
def test_exit_handlers_use_the_module(programs):
    program = programs.start(program_with_exit_handlers, unloaded=True)
    line = program.line()
    assert line == "main is done", repr(program)
    for name in ("first", "last"):
        for what in ("currentThread() is right", "activeCount() fits", "the others work"):
            expected = "%s: %s" % (name, what)
            line = program.line()
            assert line == expected, "expected %r next: %r" % (expected, program)
    assert program.ended(), repr(program)


def program_that_starts_a_thread_at_exit(threading):
    """Starts a thread in an exit handler."""

    def handle():
        thread = flag(threading.Thread(target=say, args=("the thread runs",)), False)
        try:
            thread.start()
        except Exception:
            say("start() raises %s" % sys.exc_info()[0].__name__)
            return
        thread.join()
        say("join() returned")

    atexit.register(handle)
    say("main is done")


@clause("program.exit-handler-start")
def test_a_thread_that_an_exit_handler_starts(programs, observe):
    program = programs.start(program_that_starts_a_thread_at_exit)
    program.line()
    said = program.line()
    if said == "the thread runs":
        said = "the thread runs and can be joined" if program.line() else "join() does not return"
    observe(said or "start() does not return")


class UserAtTheEnd(object):
    """Uses objects of the implementation when it is finalized, at the very end of the program.

    By then what modules hold may be gone: it holds all that it needs itself.
    """

    def __init__(self, threading):
        self.objects = (
            threading.Lock(),
            threading.RLock(),
            threading.Condition(),
            threading.Semaphore(),
            threading.BoundedSemaphore(),
        )
        self.event = threading.Event()
        self.tell = teller("the finalizer begins"), teller("the finalizer ends")

    def __del__(self):
        begin, end = self.tell
        begin()
        for one in self.objects:
            one.acquire()
            one.release()
        self.event.set()
        self.event.wait()
        self.event.clear()
        self.event.wait(0.001)
        end()


def program_with_a_finalizer_at_exit(threading):
    """Keeps an object that uses primitives when it is finalized."""
    if hasattr(gc, "unfreeze"):
        gc.unfreeze()  # novm - what the kit has set aside is not finalized
    # The first module to lose what it holds.
    sys.modules["__main__"].threadspec_kept = UserAtTheEnd(threading)
    say("main is done")


@clause("program.finalizer")
def test_a_finalizer_at_the_end_of_the_program_uses_primitives(programs):
    program = programs.start(program_with_a_finalizer_at_exit)
    line = program.line()
    assert line == "main is done", repr(program)
    if program.line() is None:
        return  # the interpreter does not finalize what is left
    line = program.line()
    assert line == "the finalizer ends", repr(program)
    assert program.ended(), repr(program)
