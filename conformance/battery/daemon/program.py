"""When a program ends: after its last thread that is not daemonic."""

import atexit
import gc
import sys
import time

from threadspec.conformance.battery.support.daemon import (
    assert_ends,
    check_says,
    flag,
    flagged,
)
from threadspec.conformance.battery.support.latch import held_lock
from threadspec.conformance.harness import declared
from threadspec.conformance.harness.blocking import clock, count
from threadspec.conformance.harness.programs import listen, say, teller
from threadspec.conformance.harness.vocabulary import clause


def settle(threads):
    """Wait until this process has ``threads`` threads, but not long: that may not be visible."""
    until = clock() + 0.05
    while count() != threads and clock() < until:
        time.sleep(0.0005)


def program_without_live_threads(threading, substrate):
    done = held_lock(substrate)
    unstarted = threading.Thread(target=listen)
    joined, left_alone = [flagged(threading, False)(done.release) for _ in range(2)]
    left_alone.start()
    done.acquire()
    joined.start()
    done.acquire()
    joined.join()
    settle(1)  # left_alone has ended as well
    say("main is done")
    return unstarted, left_alone


@clause("program.ends-without-threads")
def test_a_program_ends_when_no_other_thread_is_alive(programs):
    assert_ends(programs.start(program_without_live_threads))


def program_with_blocked_daemons(threading, substrate):
    never = held_lock(substrate)
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
        flagged(threading, True)(sleep).start()  # that it inherits the flag is another clause
        begotten.release()

    begotten = held_lock(substrate)
    for target in (sleep, loop, beget):
        flagged(threading, True)(target).start()
    begotten.acquire()
    say("main is done")


@clause("program.ends-with-daemons")
def test_a_program_does_not_wait_for_sleeping_working_or_inherited_daemons(programs):
    # A thread that still works while the interpreter shuts down may change the exit status.
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

    known = held_lock(substrate)
    never = held_lock(substrate)
    substrate.start_new_thread(live, ())
    known.acquire()
    say("main is done")


@clause("program.ends-with-aliens")
def test_a_program_does_not_wait_for_alien_threads(programs):
    assert_ends(programs.start(program_with_aliens))


def assert_waits(program, names, status=0, long=False):
    """The program runs until the named threads are told to end, one after another; then it ends.

    Each thread says its name with " is done".  ``status``: the exit status; None: any; ``long``:
    check that the program does not stop waiting after a time.
    """
    check_says(program, "main is done")
    for name in names:
        assert program.keeps_running(), repr(program)
        assert not long or program.outlasts(), repr(program)
        program.tell("end")
        check_says(program, name + " is done")
    assert program.ended(), repr(program)
    assert status is None or program.status == status, repr(program)


def live_on(name):
    """Run until the case tells the program to end."""
    listen()
    say(name + " is done")


def living(threading, name, function=live_on):
    """A thread that is no daemon and calls ``function`` with its name; by default, it lives on."""
    return flag(threading.Thread(target=function, args=(name,)), False)


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
    may_live = dict([(name, held_lock(substrate)) for name in order])

    def live(name):
        may_live[name].acquire()
        live_on(name)
        following = order[order.index(name) + 1 :]
        if following:
            may_live[following[0]].release()

    for name in sorted(order):
        living(threading, name, live).start()
    may_live[order[0]].release()
    say("main is done")


@clause("program.waits-for-all")
def test_a_program_waits_for_all_threads_that_are_no_daemons(programs):
    orders = ("b a c", "c b a")
    started = [programs.start(program_with_several_threads) for _ in orders]
    for order, program in zip(orders, started):
        program.tell(order)
        assert_waits(program, order.split())


def program_with_late_threads(threading):
    following = {"first": "second", "second": "third"}

    def live(name):
        live_on(name)
        if name in following:
            living(threading, following[name], live).start()

    living(threading, "first", live).start()
    say("main is done")


@clause("program.waits-for-late")
def test_a_program_waits_for_threads_started_after_the_end_of_main(programs):
    assert_waits(programs.start(program_with_late_threads), ["first", "second", "third"])


def program_with_both_kinds(threading, substrate):
    never = held_lock(substrate)
    started = held_lock(substrate)

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
    declared.need_other_starters()
    assert_waits(programs.start(program_with_both_kinds), ["child"])


def program_with_a_daemons_child(threading, substrate):
    started = held_lock(substrate)

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


def program_that_works_on(threading, substrate):
    """Two threads work after the end of the main thread, first alone and then together."""
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
    check_says(program, "main is done")
    assert program.keeps_running(), repr(program)
    program.tell("go on")
    check_says(
        program,
        "currentThread() is right",
        "enumerate() lists [True, True]",
        "activeCount() fits",
        "local value is kept",
        "time-outs occur",
        "released",
        "joined",
    )
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
    check_says(program, "main is done")
    for name in ("first", "last"):
        for what in ("currentThread() is right", "activeCount() fits", "the others work"):
            check_says(program, "%s: %s" % (name, what))
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

    It keeps all that it needs itself, since the globals of modules may be gone by then.
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
        gc.unfreeze()  # novm - objects that the kit has frozen are not finalized
    # __main__ is the first module whose globals are deleted.
    sys.modules["__main__"].threadspec_kept = UserAtTheEnd(threading)
    say("main is done")


@clause("program.finalizer")
def test_a_finalizer_at_the_end_of_the_program_uses_primitives(programs):
    program = programs.start(program_with_a_finalizer_at_exit)
    check_says(program, "main is done")
    if program.line() is None:
        return  # the interpreter does not finalize objects when it ends
    check_says(program, "the finalizer ends")
    assert program.ended(), repr(program)
