"""The main thread and alien threads: cases for ``spec/alien.toml``.

Cases run in the main thread.  An actor is an alien thread: it was not started by the module.
"""

import gc
import time

from threadspec.conformance.battery import stepping
from threadspec.conformance.battery.identifiers import end_of
from threadspec.conformance.battery.starting import let_one_end
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause, tells


@tells("enumerate() lists the thread")
def lists(threading, thread):
    """Whether ``thread`` is listed as alive."""
    return any([one is thread for one in threading.enumerate()])


@tells("getName()")
def marked_name(threading, mark):
    """Name the calling thread's object ``mark``, where it can be named; its name then."""
    thread = threading.currentThread()
    try:
        thread.setName(mark)
    except Exception:
        pass  # a dummy has limited functionality
    return thread.getName()


def refused(function):
    """Call ``function``; it may raise, or do nothing."""
    try:
        function()
    except Exception:
        pass


class QuickMeeting(stepping.Meeting):
    """A Meeting whose cost does not grow with the number of threads, but where one waits for the
    other."""

    def take_place(self):
        """Let the two meet; whether they met at the line, not at the end of what could be seen."""
        if not self._soon(lambda: self.met or self.call.has_ended()):
            self.call.is_blocked()
        met = self.met
        self.other.start(self._meanwhile)
        if not self._soon(self.other.has_ended):
            self.other.is_blocked()
        self._resume.release()
        return met

    def _soon(self, condition):
        patience = blocking.clock() + 0.01
        while not condition() and blocking.clock() < patience:
            time.sleep(0)
        return condition()


def current_in_thread(threading, actors):
    """What currentThread() gives in a thread that the module started."""
    seen = []
    current = threading.currentThread
    thread = threading.Thread(target=lambda: seen.append(current()))
    actors.call(thread.start)
    arrived = actors.until(lambda: seen)
    assert arrived, "the thread does not run its target"
    return seen[0]


# -- the main thread ------------------------------------------------------------------------------


@clause("mainthread.exists")
def test_the_main_thread_has_a_thread_object(threading):
    main = threading.currentThread()
    assert main is not None
    for method in ("start", "run", "join", "getName", "setName", "isDaemon", "setDaemon"):
        found = callable(getattr(main, method, None))
        assert found, "the main thread object has no method %s" % method


def program_that_looks_at_once(threading, substrate):
    # Another thread looks first: the object must not come into being when the main thread asks.
    def look():
        first.extend(threading.enumerate())
        done.release()

    first = []
    done = substrate.allocate_lock()
    done.acquire()
    substrate.start_new_thread(look, ())
    done.acquire()
    main = threading.currentThread()
    say("%d" % len([thread for thread in first if thread is main]))


@clause("mainthread.exists")
def test_the_object_is_there_before_the_main_thread_asks_for_it(programs):
    program = programs.start(program_that_looks_at_once)
    count = program.line()
    assert count == "1", repr(program)


@clause("mainthread.instance")
def test_the_main_thread_object_is_an_instance_of_thread(threading, actors):
    if isinstance(threading.Thread, type):
        main = threading.currentThread()
        assert isinstance(main, threading.Thread), "%s is not" % type(main).__name__


@clause("alien.instance")
def test_a_dummy_thread_object_is_an_instance_of_thread(threading, actors):
    if isinstance(threading.Thread, type):
        alien = actors.call(threading.currentThread)
        assert isinstance(alien, threading.Thread), "%s is not" % type(alien).__name__


def program_that_loads_in_another_thread(load, substrate):
    def first():
        try:
            module = load()
            found.append((module, module.currentThread()))
        finally:
            done.release()

    found = []
    done = substrate.allocate_lock()
    done.acquire()
    substrate.start_new_thread(first, ())
    done.acquire()
    module, importers = found[0]
    main = module.currentThread()
    say("the same" if main is importers else "two")
    say("daemon" if main.isDaemon() else "no daemon")


@clause("mainthread.initial")
def test_the_main_thread_is_not_the_one_that_imports_the_module(programs):
    program = programs.start(program_that_loads_in_another_thread, unloaded=True)
    objects, main = program.line(), program.line()
    assert objects == "two", "in the main thread and in the importing one: %r" % program
    assert main == "no daemon", "in the main thread, isDaemon() of its object: %r" % program


@clause("mainthread.current")
def test_the_main_thread_gets_its_object_each_time(threading, actors):
    main = threading.currentThread()
    for _ in range(3):
        again = threading.currentThread()
        assert again is main
        actors.call(threading.currentThread)
        current_in_thread(threading, actors)
    again = threading.currentThread()
    assert again is main


@clause("mainthread.not-daemon")
def test_the_main_thread_is_no_daemon(threading, actors):
    let_one_end(threading, actors)
    main = threading.currentThread()
    flag = main.isDaemon()
    assert not flag
    flag = actors.call(main.isDaemon)
    assert not flag


@clause("mainthread.not-daemon")
def test_the_main_thread_cannot_be_made_a_daemon(threading, actors):
    let_one_end(threading, actors)
    main = threading.currentThread()
    try:
        for call in (lambda: main.setDaemon(True), lambda: actors.call(main.setDaemon, True)):
            refused(call)
            flag = main.isDaemon()
            assert not flag
    finally:
        refused(lambda: main.setDaemon(False))


@clause("mainthread.alive")
def test_the_main_thread_is_alive(threading, actors):
    main = threading.currentThread()
    alive = main.isAlive()
    assert alive
    alive = actors.call(main.isAlive)
    assert alive


@clause("mainthread.name")
def test_name_of_the_main_thread(threading, observe):
    name = threading.currentThread().getName()
    observe("named %s" % name if hasattr(name, "upper") else "no string")


# -- alien threads --------------------------------------------------------------------------------


@clause("alien.dummy")
def test_an_alien_thread_gets_a_thread_object(threading, actors):
    for _ in range(2):
        dummy = actors.call(threading.currentThread)
        assert dummy is not None
        for method in ("getName", "isDaemon"):
            found = callable(getattr(dummy, method, None))
            assert found, "a dummy thread object has no method %s" % method


@clause("alien.dummy")
def test_an_alien_thread_has_a_name(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    for name in (dummy.getName(), alien.call(dummy.getName)):
        assert hasattr(name, "upper"), "getName() returned %r, which is no string" % (name,)


@clause("alien.same")
def test_an_alien_thread_gets_the_same_object_each_time(threading, actors):
    first, second = actors.new(), actors.new()
    of_first = first.call(threading.currentThread)
    of_second = second.call(threading.currentThread)
    for _ in range(3):
        again = first.call(threading.currentThread)
        assert again is of_first
        again = second.call(threading.currentThread)
        assert again is of_second


@clause("alien.kept")
def test_a_dummy_that_nobody_holds_is_kept(threading, actors):
    alien = actors.new()
    before = alien.call(marked_name, threading, "kept")
    gc.collect()
    after = alien.call(lambda: threading.currentThread().getName())
    assert after == before


@clause("alien.kept")
def test_a_dummy_that_nobody_holds_stays_listed(threading, actors):
    alien = actors.new()
    name = alien.call(marked_name, threading, "kept and listed")
    gc.collect()
    names = [thread.getName() for thread in threading.enumerate()]
    alien.call(marked_name, threading, "dummy")
    assert name in names


@clause("alien.one-each")
def test_alien_threads_at_the_same_time_get_different_objects(threading, actors):
    helpers = [actors.new() for _ in range(6)]
    seen = [threading.currentThread(), current_in_thread(threading, actors)]
    for alien in helpers:
        dummy = alien.call(threading.currentThread)
        assert not [one for one in seen if one is dummy], (
            "currentThread() gave one object in two threads"
        )
        seen.append(dummy)


@clause("alien.one-each")
def test_alien_threads_whose_first_calls_meet(threading, actors):
    # Aliens that have ended may have left objects with their identifiers: these take such ones.
    for _ in range(16):
        actors.new()
    until = blocking.clock() + stepping.BUDGET
    step = 0
    on = True
    while on and blocking.clock() < until:
        step += 1
        pair = actors.new(), actors.new()  # neither has asked before, so they are many in the end
        ask = threading.currentThread
        meeting = QuickMeeting(actors.substrate, pair, ask, ask, step)
        on = meeting.take_place()
        first, second = [alien.result() for alien in pair]
        assert first is not second, "currentThread() gave one object in two threads"


@clause("alien.one-each")
def test_alien_threads_that_ask_at_the_same_moment(threading, actors, rounds):
    for seen in actors.race([lambda number: threading.currentThread()] * 3, rounds // 16):
        for index in range(3):
            same = len([dummy for dummy in seen if dummy is seen[index]])
            assert same == 1, "%d alien threads got the same object" % same


@clause("alien.alive")
def test_a_dummy_is_alive(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    for _ in range(2):
        alive = dummy.isAlive()
        assert alive
        alive = alien.call(dummy.isAlive)
        assert alive


@clause("alien.daemonic")
def test_a_dummy_is_daemonic(threading, actors):
    let_one_end(threading, actors)
    for _ in range(2):
        alien = actors.new()
        dummy = alien.call(threading.currentThread)
        flag = dummy.isDaemon()
        assert flag
        flag = alien.call(dummy.isDaemon)
        assert flag


@clause("alien.daemonic")
def test_a_dummy_stays_daemonic(threading, actors):
    let_one_end(threading, actors)
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    for caller in (alien, actors.new()):
        refused(lambda: caller.call(dummy.setDaemon, False))
        flag = dummy.isDaemon()
        assert flag


@clause("alien.not-joinable")
def test_a_dummy_cannot_be_joined(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    for _ in range(2):
        for timeout in ((), (None,), (0.01,), (0.0,), (30.0,)):
            joiner = actors.start(dummy.join, *timeout)
            error = joiner.raised()
            assert error is not None, repr(joiner)


@clause("alien.not-joinable")
def test_a_dummy_cannot_be_joined_by_a_thread_of_the_module(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    if dummy is threading.currentThread():
        return  # it has no dummy thread object, which is another clause's business
    for timeout in ((), (0.01,)):
        ended = []

        def join():
            try:
                dummy.join(*timeout)
            except:  # noqa: E722 - any will do
                ended.append("raised")
            else:
                ended.append("returned")

        actors.call(threading.Thread(target=join).start)
        actors.until(lambda: ended)
        assert ended == ["raised"], (
            "join() of a dummy thread object %s, expected an error" % "".join(ended)
        )


@clause("alien.not-joinable")
def test_an_alien_thread_cannot_join_itself(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    for timeout in ((), (0.01,)):
        error = alien.start(dummy.join, *timeout).raised()
        assert error is not None, repr(alien)


@clause("alien.not-joinable")
def test_a_refused_join_changes_nothing(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    actors.start(dummy.join, 0.01).raised()
    alien.start(dummy.join, 0.01).raised()
    again = alien.call(threading.currentThread)
    assert again is dummy


@clause("alien.unknown-before")
def test_an_alien_thread_that_has_not_asked(threading, actors, observe):
    before = threading.enumerate()
    alien = actors.new()
    alien.call(int)
    more = [
        thread for thread in threading.enumerate() if not [one for one in before if one is thread]
    ]
    observe(more and "listed" or "not listed")


@clause("alien.never-deleted")
def test_a_dummy_is_listed_after_the_end_of_its_thread(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    end_of(actors, alien)
    for _ in range(2):
        kept = lists(threading, dummy)
        assert kept
        threading.currentThread()


@clause("alien.alive-after-end")
def test_a_dummy_is_alive_after_the_end_of_its_thread(threading, actors):
    alien = actors.new()
    dummy = alien.call(threading.currentThread)
    end_of(actors, alien)
    for _ in range(2):
        alive = dummy.isAlive()
        assert alive
        threading.enumerate()
