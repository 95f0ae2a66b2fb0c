"""The daemon flag: its initial value, and when it can be set."""

from threadspec.conformance.battery.support.daemon import (
    assert_ends,
    check_flag,
    flag,
    flag_of,
    flagged,
)
from threadspec.conformance.battery.support.latch import Latch, held_lock
from threadspec.conformance.battery.support.starting import made_and_started
from threadspec.conformance.battery.support.thread import Started, attempt, by_run, noted
from threadspec.conformance.harness import declared
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause, raises


def inside(actors, make, function):
    """Start the thread that ``make(target)`` makes, and call ``function`` in it with the thread.

    Returns the thread, which has ended or is about to, and what ``function`` returned.
    """
    notes = []
    thread = make(lambda: attempt(notes, lambda: function(thread)))
    actors.call(thread.start)
    return thread, noted(actors, notes)[0]


def check_set_fails(thread, *values):
    """setDaemon() is an error, with each of the values."""
    for daemonic in values:
        raises(RuntimeError, thread.setDaemon, daemonic)


def check_flag_stays(actors, thread, kept, *values):
    """isDaemon() returns ``kept`` after each call of setDaemon(), which may be an error."""
    for daemonic in values:
        actors.start(thread.setDaemon, daemonic).raised()
        check_flag(thread, kept)


def check_flags(threads, expected):
    """isDaemon() of the threads returns these flags."""
    flags = [flag_of(thread) for thread in threads]
    assert flags == expected


def classes(threading):
    """Thread itself, and two subclasses whose constructors need no arguments."""

    class Own(threading.Thread):
        def run(self):
            pass

    class Constructed(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self, name="constructed")

    return [threading.Thread, Own, Constructed]


def check_sets(threading, expected, *values):
    """isDaemon() returns ``expected`` after setDaemon() with the values, one after another."""
    for make in classes(threading):
        thread = make()
        for daemonic in values:
            thread.setDaemon(daemonic)
        for _ in range(2):
            check_flag(thread, expected)


def program_that_makes_threads(threading):
    say("%r" % [bool(make().isDaemon()) for make in classes(threading) * 2])


@clause("daemon.default-false")
def test_a_thread_made_by_the_main_thread_is_no_daemon(programs):
    # In a new program, so that what other threads have done before does not matter.
    program = programs.start(program_that_makes_threads)
    flags = program.line()
    assert flags == "%r" % ([False] * 6), repr(program)


@clause("daemon.set")
def test_set_daemon_sets_the_flag(threading):
    check_sets(threading, True, True)


@clause("daemon.set-false")
def test_set_daemon_clears_the_flag(threading):
    check_sets(threading, False, False)
    check_sets(threading, False, True, False)


@clause("daemon.set-truth")
def test_a_number_sets_and_clears_the_flag(threading):
    check_sets(threading, True, 1)
    check_sets(threading, False, 1, 0)


def program_with_a_daemon_by_number(threading, substrate):
    flagged(threading, 1)(held_lock(substrate).acquire).start()
    say("main is done")


@clause("daemon.set-truth")
def test_a_program_does_not_wait_for_a_daemon_by_number(programs):
    assert_ends(programs.start(program_with_a_daemon_by_number))


@clause("daemon.set-again")
def test_the_last_set_daemon_before_start_counts(threading):
    thread = threading.Thread()
    for daemonic in (True, True, False, False, True, False, True):
        thread.setDaemon(daemonic)
        check_flag(thread, daemonic)


@clause("daemon.set-keyword")
def test_daemonic_can_be_given_by_name(threading):
    thread = threading.Thread()
    for daemonic in (True, False):
        thread.setDaemon(daemonic=daemonic)
        check_flag(thread, daemonic)


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
    check_flags((first, second, third), [default, not default, default])
    third.setDaemon(not default)
    check_flags((first, second, third), [default, not default, not default])


@clause("daemon.any-thread")
def test_another_thread_reads_and_sets_the_flag(threading, actors):
    for daemonic in (True, False):
        thread = flag(threading.Thread(), not daemonic)
        actors.call(thread.setDaemon, daemonic)
        check_flag(thread, daemonic)
        thread = flag(threading.Thread(), daemonic)
        seen = bool(actors.call(thread.isDaemon))
        assert seen == daemonic


@clause("daemon.lasts")
def test_the_flag_stays_the_same_while_the_thread_runs_and_after(threading, actors):
    for daemonic in (True, False):
        with Latch(actors.substrate) as latch:
            thread = flagged(threading, daemonic)(latch.wait)
            before = flag_of(thread)
            actors.call(thread.start)
            check_flag(thread, before)
        actors.start(thread.join).returned()  # its end, where join can be relied on
        check_flag(thread, before)


@clause("daemon.lasts")
def test_a_thread_sees_its_own_flag(threading, actors):
    for daemonic in (True, False):
        for _ in range(2):
            thread, seen = inside(actors, flagged(threading, daemonic), flag_of)
            outside = flag_of(thread)
            assert seen == outside, (
                "isDaemon() returned %s in the thread itself, and %s outside" % (seen, outside)
            )


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_while_the_thread_runs(threading, actors):
    for before in (False, True):
        with Started(actors, flagged(threading, before)) as (thread, _):
            check_set_fails(thread, True, False, before)


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_in_the_thread_itself(threading, actors):
    def try_both(thread):
        check_set_fails(thread, True, False)

    for before in (False, True):
        inside(actors, flagged(threading, before), try_both)


@clause("daemon.set-running-error")
def test_set_daemon_is_an_error_on_a_running_subclass(threading, actors):
    with Started(actors, by_run(threading)) as (thread, _):
        check_set_fails(thread, True, False)


@clause("daemon.set-ended-error")
def test_set_daemon_is_an_error_after_the_end(threading, actors):
    for before in (False, True):
        thread, _ = inside(actors, flagged(threading, before), lambda thread: None)
        actors.start(thread.join).returned()  # its end, where join can be relied on
        check_set_fails(thread, True, False, before)


@clause("daemon.refused-changes-nothing")
def test_a_refused_set_daemon_leaves_the_flag(threading, actors):
    for before in (False, True):
        with Latch(actors.substrate) as latch:
            thread = flagged(threading, before)(latch.wait)
            kept = flag_of(thread)
            actors.call(thread.start)
            check_flag_stays(actors, thread, kept, not before, before, not before)
        actors.start(thread.join).returned()
        check_flag_stays(actors, thread, flag_of(thread), not before, before, not before)


def born_in(threading, actors, daemonic, make):
    """What ``make()`` returns in a thread with that flag, and that thread's flag before start()."""
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
        for make in classes(threading):
            children, of_parent = born_in(threading, actors, daemonic, lambda: [make(), make()])  # noqa: B023
            check_flags(children, [of_parent, of_parent])


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
        assert arrived, "a thread did not come to the end of its run()"
        check_flag(children[0], of_parent)


@clause("daemon.inherited-generations")
def test_an_inherited_flag_is_inherited_in_turn(threading, actors):
    family = []

    def make_child():
        child = threading.Thread(target=make_child)
        family.append(child)
        if len(family) < 5:
            child.start()

    for daemonic in (True, False):
        del family[:]
        _, of_first = born_in(threading, actors, daemonic, make_child)
        arrived = actors.until(lambda: len(family) == 5)
        assert arrived, "a thread did not come to the end of its target"
        for child in family:
            check_flag(child, of_first)


@clause("daemon.inherited-from-creator")
def test_the_parent_counts_and_not_the_thread_before_it(threading, actors):
    def make_parent(grandparent):
        return born_in(threading, actors, False, threading.Thread)

    _, (child, of_parent) = inside(actors, flagged(threading, True), make_parent)
    check_flag(child, of_parent)


def check_flag_outlasts(thread, start):
    """``start()`` starts the thread, and its daemon flag stays the same."""
    before = flag_of(thread)
    start()
    check_flag(thread, before)


@clause("daemon.inherited-at-creation")
def test_a_flag_stays_when_another_thread_starts_the_child(threading, actors):
    declared.need_other_starters()
    for daemonic in (True, False):
        with Latch(actors.substrate) as latch:
            child, _ = born_in(
                threading, actors, daemonic, lambda: threading.Thread(target=latch.wait)
            )
            check_flag_outlasts(child, lambda: actors.call(child.start))


@clause("daemon.inherited-at-creation")
def test_a_flag_stays_when_a_daemon_starts_the_thread(threading, actors):
    declared.need_other_starters()
    for daemonic in (True, False):
        with Latch(actors.substrate) as latch:
            child = threading.Thread(target=latch.wait)
            starter = flagged(threading, daemonic)(lambda: child.start())  # noqa: B023

            def start():
                actors.call(starter.start)
                actors.start(starter.join).returned()

            check_flag_outlasts(child, start)


@clause("daemon.inherited-overridden")
def test_set_daemon_overrides_what_was_inherited(threading, actors):
    for daemonic in (True, False):

        def make_and_set():
            child = threading.Thread()
            child.setDaemon(not daemonic)  # noqa: B023
            return child

        child, of_parent = born_in(threading, actors, daemonic, make_and_set)
        check_flag(child, not of_parent)


@clause("daemon.inherited-from-alien")
def test_a_thread_made_by_an_alien_thread_is_daemonic(threading, actors):
    made_and_started(actors, threading.Thread)  # what is left of it does not matter
    for _ in range(2):
        maker = actors.new()
        for make in classes(threading):
            seen = maker.call(make).isDaemon()
            assert seen


@clause("daemon.inherited-from-alien")
def test_a_thread_made_by_a_known_alien_thread_is_daemonic(threading, actors):
    made_and_started(actors, threading.Thread)  # what is left of it does not matter
    for make in classes(threading):
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
        check_flag(timer, daemonic)
