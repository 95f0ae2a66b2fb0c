"""The thread object of the main thread."""

import re

from threadspec.conformance.battery.support.alien import current_in_thread, refused
from threadspec.conformance.battery.support.daemon import check_flag
from threadspec.conformance.battery.support.latch import held_lock
from threadspec.conformance.battery.support.starting import let_one_end
from threadspec.conformance.battery.support.thread import check_alive
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause


@clause("mainthread.exists")
def test_the_main_thread_has_a_thread_object(threading, naming):
    main = threading.currentThread()
    assert main is not None
    naming.check(main, "start run join getName setName isDaemon setDaemon")


def program_that_looks_immediately(threading, substrate):
    # Another thread looks first: the object must not be made only when the main thread asks for it.
    def look():
        first.extend(threading.enumerate())
        done.release()

    first = []
    done = held_lock(substrate)
    substrate.start_new_thread(look, ())
    done.acquire()
    main = threading.currentThread()
    say("%d" % len([thread for thread in first if thread is main]))


@clause("mainthread.exists")
def test_the_object_is_there_before_the_main_thread_asks_for_it(programs):
    program = programs.start(program_that_looks_immediately)
    count = program.line()
    assert count == "1", repr(program)


@clause("mainthread.instance")
def test_the_main_thread_object_is_an_instance_of_thread(threading, actors):
    if isinstance(threading.Thread, type):
        main = threading.currentThread()
        assert isinstance(main, threading.Thread), (
            "currentThread() in the main thread returned a %s, which is no instance of Thread"
            % type(main).__name__
        )


def program_that_loads_in_another_thread(load, substrate):
    def first():
        try:
            module = load()
            found.append((module, module.currentThread()))
        finally:
            done.release()

    found = []
    done = held_lock(substrate)
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
    assert objects == "two", (
        "currentThread() in the main thread and in the one that imports: %r" % program
    )
    assert main == "no daemon", "isDaemon() of the main thread's object: %r" % program


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
    check_flag(main, False, actors.new())


@clause("mainthread.not-daemon")
def test_the_main_thread_cannot_be_made_a_daemon(threading, actors):
    let_one_end(threading, actors)
    main = threading.currentThread()
    try:
        for call in (lambda: main.setDaemon(True), lambda: actors.call(main.setDaemon, True)):
            refused(call)
            check_flag(main, False)
    finally:
        refused(lambda: main.setDaemon(False))


@clause("mainthread.alive")
def test_the_main_thread_is_alive(threading, actors):
    check_alive(threading.currentThread(), actors.new())


@clause("mainthread.name")
def test_name_of_the_main_thread(threading, observe):
    name = threading.currentThread().getName()
    if hasattr(name, "upper"):
        observe("named %s" % re.sub("[0-9]+", "N", name))  # a number may count other threads
    else:
        observe("no string")
