"""Programs over the reference: forks, and the end of the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from tests.reference.support import (
    program,
)

IN_A_CHILD = """
import _thread, atexit, os, sys
import threadspec.reference as threading

def child(function, *args):
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        try:
            function(*args)
            sys.stdout.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
        os._exit(0)
    os.waitpid(number, 0)

def name(thread):
    return thread.getName() + (" alive" if thread.isAlive() else "")

wait = threading.Event()
"""


def program_that_forks(source: str) -> list[str]:
    """Run a program in which ``child()`` forks; the lines that it prints."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    return program(IN_A_CHILD + source)


def test_a_forked_child_has_one_thread() -> None:
    lines = program_that_forks(
        """
from threadspec.reference import _registry
met, over = _thread.allocate_lock(), _thread.allocate_lock()
for lock in (met, over):
    lock.acquire()
_thread.start_new_thread(lambda: (threading.currentThread(), met.release(), over.acquire()), ())
met.acquire()
other = threading.Thread(target=wait.wait, name="other")
other.start()

def look():
    other.join()
    print(len(_registry._dummies), "alien threads")
    print(name(other), [name(one) for one in threading.enumerate()], threading.activeCount())
    main = threading.currentThread()
    print(name(main), main.isDaemon())
    another = threading.Thread(target=print, args=("another runs",))
    another.start()
    another.join()

child(look)
print(name(other), threading.activeCount())
wait.set()
"""
    )
    assert lines == [
        "0 alien threads",
        "other ['MainThread alive'] 1",
        "MainThread alive False",
        "another runs",
        "other alive 3",
    ]


def test_a_fork_while_locks_are_held_leaves_none_held_in_the_child() -> None:
    lines = program_that_forks(
        """
import _thread
from threadspec.reference import stack, thread
threading.Thread
held = [thread._numbering, stack._lock]
taken, enough = _thread.allocate_lock(), _thread.allocate_lock()
taken.acquire(), enough.acquire()

def hold():
    for lock in held:
        lock.__enter__()
    taken.release()
    enough.acquire()

_thread.start_new_thread(hold, ())
taken.acquire()

def look():
    print(threading.Thread().getName(), threading.stack_size())

child(look)
print([thread._numbering, stack._lock] == held)
"""
    )
    assert lines == ["Thread-1 0", "True"]


def test_a_signal_handler_that_makes_a_thread_while_one_is_named_does_not_block() -> None:
    lines = program(
        """
        import signal
        import threadspec.reference as threading
        threading.Thread
        from threadspec.reference import stack, thread

        names = []
        signal.signal(signal.SIGUSR1, lambda *_: names.append(threading.Thread().getName()))
        for lock in (thread._numbering, stack._lock):
            with lock:
                signal.raise_signal(signal.SIGUSR1)
                print(threading.stack_size(), names[-1])
        """
    )
    assert lines == ["0 Thread-1", "0 Thread-2"]


def test_the_thread_that_forks_is_the_main_thread_of_the_child() -> None:
    lines = program_that_forks(
        """
main = threading.currentThread()
forking = threading.Thread(target=lambda: child(look), name="forking")

def look():
    main.join()
    print(name(main), threading.currentThread() is forking)
    print([name(one) for one in threading.enumerate()])
    joining = threading.Thread(target=lambda: (forking.join(), print("joined", name(forking))))
    joining.start()
    atexit._run_exitfuncs()  # the program's end, which is that of the main thread
    print(name(joining))

forking.start()
forking.join()
print(name(forking), name(main))
"""
    )
    assert lines == [
        "MainThread True",
        "['forking alive']",
        "joined forking",
        "Thread-1",
        "forking MainThread alive",
    ]


def test_a_thread_that_equals_every_other_is_not_taken_for_a_dummy_when_it_forks() -> None:
    lines = program_that_forks(
        """
class Equal(threading.Thread):
    __eq__ = lambda self, other: True
    __hash__ = object.__hash__

def look():
    print(threading.currentThread() is forking)

met = _thread.allocate_lock()
met.acquire()
_thread.start_new_thread(lambda: (threading.currentThread(), wait.set(), met.acquire()), ())
wait.wait()
forking = Equal(target=lambda: child(look))
forking.start()
forking.join()
"""
    )
    assert lines == ["True"]


AN_ALIEN_FORKS = """
main = threading.currentThread()

def look():
    me = threading.currentThread()
    print(me is main, name(me), me.isDaemon(), name(main), threading.enumerate() == [me])

def alien():
    child(look)
    wait.set()

_thread.start_new_thread(alien, ())
wait.wait()
print(threading.activeCount())
"""


def test_an_alien_thread_that_forks_is_the_main_thread_of_the_child() -> None:
    lines = program_that_forks(AN_ALIEN_FORKS)
    assert lines == ["True MainThread alive False MainThread alive True", "1"]


A_DAEMON_FORKS = """
met = _thread.allocate_lock()
met.acquire()

def look(before):
    me = threading.currentThread()
    print(me is before, name(me) == "MainThread alive")
    print(me.isDaemon(), threading.Thread().isDaemon())
    print(threading.enumerate() == [me], threading.activeCount())
    if before is not me:
        print(before.isAlive())
    worker = threading.Thread(target=lambda: print("joined", me.join()))
    worker.start()
    atexit._run_exitfuncs()  # the program's end, which is that of the main thread
    print(name(worker))

def fork():
    child(look, threading.currentThread())
    met.release()

"""


def test_an_alien_thread_that_has_an_object_and_forks_is_the_main_thread_of_the_child() -> None:
    lines = program_that_forks(
        A_DAEMON_FORKS + "_thread.start_new_thread(fork, ())\nmet.acquire()\n"
    )
    assert lines == ["False True", "False False", "True 1", "False", "joined None", "Thread-3"]


def test_a_daemon_that_forks_is_the_main_thread_of_the_child_and_no_daemon() -> None:
    lines = program_that_forks(
        A_DAEMON_FORKS
        + """
daemon = threading.Thread(target=fork)
daemon.setDaemon(True)
daemon.start()
met.acquire()
print(daemon.isDaemon())
"""
    )
    assert lines == ["True False", "False False", "True 1", "joined None", "Thread-3", "True"]


def test_it_is_that_also_where_the_system_does_not_tell_the_main_thread() -> None:
    untold = """
sys.platform = "another"
vars(_thread).pop("_get_main_thread_ident", None)
"""
    lines = program_that_forks(untold + AN_ALIEN_FORKS)
    assert lines == ["False MainThread alive False MainThread True", "1"]


@pytest.mark.parametrize("forking", ["main", "started", "alien"])
def test_what_was_made_before_a_fork_can_be_used_in_the_child(forking: str) -> None:
    lines = program_that_forks(
        f"forking = {forking!r}"
        + """
semaphore, large = threading.Semaphore(1), threading.BoundedSemaphore(1000)
condition, event, lock = threading.Condition(), threading.Event(), threading.RLock()
unstarted = threading.Thread(target=lambda: print("started in the child"))
unstarted.setDaemon(False)

def wait_on():
    with condition:
        condition.wait()

def keep_busy():
    while not over:
        semaphore.acquire()
        semaphore.release()
        threading.Thread()

over, forked = [], _thread.allocate_lock()
busy = [threading.Thread(target=keep_busy) for _ in range(2)]
busy += [threading.Thread(target=wait_on), threading.Thread(target=event.wait)]
for thread in busy:
    thread.start()

def look():
    me = threading.currentThread()
    print(threading.activeCount(), threading.enumerate() == [me], me.isDaemon())
    unstarted.start()
    unstarted.join()
    for _ in range(1000):
        assert large.acquire(False)
    assert not large.acquire(False)
    with condition:
        condition.notifyAll()
        condition.wait(0)
    with lock, lock:
        another = threading.Thread(target=lambda: print(lock.acquire(False)))
        another.start()
        another.join()
    other = threading.Thread(target=lambda: (event.wait(), large.release()))
    other.start()
    event.set()
    other.join()
    print(large.acquire(False), [one.isAlive() for one in busy])

def fork():
    child(look)
    forked.release()

forked.acquire()
if forking == "main":
    fork()
elif forking == "started":
    threading.Thread(target=fork).start()
else:
    _thread.start_new_thread(fork, ())
forked.acquire()
over.append(1)
event.set()
for thread in busy:
    while thread.isAlive():  # one may be about to wait only now
        with condition:
            condition.notifyAll()
        thread.join(0.01)
print(unstarted.isAlive(), event.isSet())
"""
    )
    assert lines == [
        "1 True False",
        "started in the child",
        "False",
        "True [False, False, False, False]",
        "False True",
    ]


def test_the_program_waits_for_threads_that_are_equal_to_all_others() -> None:
    lines = program(
        """
        import time
        import threadspec.reference as threading

        class Odd(threading.Thread):
            __hash__ = None

            def __eq__(self, other):
                return True

            def run(self):
                time.sleep(0.1)
                print("waited for")

        Odd().start()
        """
    )
    assert lines == ["waited for"]


AT_THE_END = """
import atexit, sys, time
{first}
import threadspec.reference as threading
assert ("threading" in sys.modules) == {loaded}

def work():
    time.sleep(0.2)
    print("worked")

def early():
    print("a handler")

{then}
"""


@pytest.mark.parametrize(
    ("first", "loaded", "then"),
    [
        ("import threading", True, "threading.Thread(target=work).start(); atexit.register(early)"),
        ("import threading", True, "atexit.register(early); threading.Thread(target=work).start()"),
        ("import threading", True, "atexit.register(early); threading.Timer(0, work).start()"),
        ("", False, "atexit.register(early); threading.Thread(target=work).start()"),
        (
            "",
            False,
            "threading.Thread(target=bool).start(); atexit.register(early)\n"
            "threading.Thread(target=work).start(); threading.Thread(target=bool).start()",
        ),
        (
            "",
            False,
            "threading.Thread(target=bool).start(); import logging\n"
            "threading.Thread(target=work).start(); atexit.register(early)",
        ),
    ],
)
def test_threads_are_waited_for_before_exit_handlers(first: str, loaded: bool, then: str) -> None:
    lines = program(AT_THE_END.format(first=first, loaded=loaded, then=then))
    assert lines == ["worked", "a handler"]


def test_daemons_are_not_waited_for_before_exit_handlers() -> None:
    then = """
daemon = threading.Thread(target=time.sleep, args=(60,))
daemon.setDaemon(True)
daemon.start()
threading.Thread(target=bool).start()
atexit.register(early)
"""
    lines = program(AT_THE_END.format(first="import threading", loaded=True, then=then))
    assert lines == ["a handler"]


def test_starts_do_not_pile_up_exit_handlers() -> None:
    lines = program(
        """
        import atexit
        import threadspec.reference as threading
        for _ in range(300):
            atexit.register(bool)
        threading.Thread(target=bool).start()
        before = atexit._ncallbacks()
        for _ in range(100):
            threading.Thread(target=bool).start()
        print(atexit._ncallbacks() - before)
        """
    )
    assert lines == ["0"]


def test_starts_do_not_pile_up_calls_at_the_end_of_the_standard_library() -> None:
    lines = program(
        """
        import threading as standard
        import threadspec.reference as threading
        threading.Thread(target=bool).start()
        before = standard._shutdown
        threading.Thread(target=bool).start()
        print(standard._shutdown is before)
        """
    )
    assert lines == ["True"]


def test_the_standard_library_ends_as_ever() -> None:
    lines = program(
        """
        import atexit, threading as standard, time
        import threadspec.reference as threading
        worker = threading.Thread(target=time.sleep, args=(0.1,))
        worker.start()
        late = lambda: (time.sleep(0.2), print("standard", worker.isAlive()))
        standard.Thread(target=late).start()
        atexit.register(print, "handler")
        """
    )
    assert lines == ["standard False", "handler"]


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs signals")
def test_one_interruption_ends_the_waiting_at_the_end() -> None:
    source = """
        import _thread, os, signal, sys, threading as standard, time
        import threadspec.reference as threading
        lock = _thread.allocate_lock()
        lock.acquire()
        threading.Thread(target=lock.acquire).start()
        def interrupt():
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)
        _thread.start_new_thread(interrupt, ())
        print("over", flush=True)
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=30
    )
    assert run.stdout == "over\n"
    assert "KeyboardInterrupt" in run.stderr
