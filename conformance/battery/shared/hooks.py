"""What settrace() and setprofile() promise alike; ``hooks``: see ``support.hooks.Hooks``."""

from threadspec.conformance.battery.support.hooks import (
    activity,
    called_in,
    perform,
    profiling,
    tracing,
)
from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import run_to_end, subclass
from threadspec.conformance.harness.vocabulary import clause, show

CLASSES = {"settrace": tracing, "setprofile": profiling}


@clause("*.before-run")
def test_the_function_is_called_for_target_and_run(hooks, threading, actors):
    with hooks:
        recorder = hooks.install()
        for _ in range(2):
            function = called_in(actors, threading.Thread)
            seen = recorder.was_called_for(function)
            assert seen, "%s was not called for the target of a thread" % hooks
        for _ in range(2):
            ran = activity()
            own = subclass(threading, ran)
            perform(actors, own(), ran)
            seen = recorder.was_called_for(own.__dict__["run"])
            assert seen, "%s was not called for the run method of a subclass" % hooks


@clause("*.passed-on")
def test_a_thread_has_the_very_function_that_was_set(hooks, threading, actors):
    if hooks.of_caller is None:
        return  # this interpreter does not tell
    with hooks:
        recorder = hooks.install()
        for _ in range(2):
            given = hooks.of_new_thread(threading, actors)
            assert given is recorder.function, (
                "a new thread has the function %s, not the one that was set" % show(given)
            )


@clause("*.every-thread")
def test_the_function_is_set_in_every_thread(hooks, threading, actors):
    # In threads that exist simultaneously, and in one that another of them starts.
    with hooks:
        for install in (hooks.install, lambda: actors.call(hooks.install)):
            recorder = install()
            latch = Latch(actors.substrate)
            functions = [activity(latch.wait) for _ in range(3)]
            threads = [threading.Thread(target=function) for function in functions]
            try:
                threads[1].setDaemon(True)
            except Exception:
                pass  # the subject of another clause
            for thread, function in zip(threads, functions):
                run_to_end(actors, thread, function.mark)
            latch.open()
            for thread in threads:
                actors.start(thread.join).returned()
            child = activity()

            def start_child(child=child):
                thread = threading.Thread(target=child)
                thread.start()
                actors.until(lambda: child.mark)
                actors.start(thread.join).returned()

            parent = activity(start_child)
            perform(actors, threading.Thread(target=parent), parent)
            for function in functions + [parent, child]:
                seen = recorder.was_called_for(function)
                assert seen, "%s was not called in one of several threads" % hooks
            hooks.take_back()


@clause("*.timer")
def test_the_function_is_called_for_the_function_of_a_timer(hooks, threading, actors):
    with hooks:
        recorder = hooks.install()
        for _ in range(2):
            function = activity()
            perform(actors, threading.Timer(0.0, function), function)
            seen = recorder.was_called_for(function)
            assert seen, "%s was not called for the function of a timer" % hooks


@clause("*.at-start")
def test_the_function_set_when_a_thread_starts_counts(hooks, threading, actors):
    with hooks:
        function = activity()
        thread = threading.Thread(target=function)
        recorder = hooks.install()
        perform(actors, thread, function)
        seen = recorder.was_called_for(function)
        assert seen, "%s was not called in a thread made before and started afterwards" % hooks
        # The other way round.  What None does to threads made afterwards is another clause.
        functions = [activity(), activity()]
        before = threading.Thread(target=functions[0])
        hooks.take_back()
        after = threading.Thread(target=functions[1])
        for thread, function in zip((before, after), functions):
            perform(actors, thread, function)
        seen = [recorder.was_called_in(function) for function in functions]
        assert seen[0] == seen[1], (
            "%s was called in a thread made before it was replaced by None, and started afterwards"
            % hooks
        )


@clause("*.replaced")
def test_the_function_set_last_replaces_the_others(hooks, threading, actors):
    with hooks:
        recorders = []
        for _ in range(3):
            recorders.append(hooks.install())
            function = called_in(actors, threading.Thread)
            seen = [recorder.was_called_in(function) for recorder in recorders]
            expected = [False] * (len(recorders) - 1) + [True]
            assert seen == expected, "%d functions were set; called or not were %r, expected %r" % (
                len(recorders),
                seen,
                expected,
            )


@clause("*.none")
def test_none_removes_the_function_from_threads_to_come(hooks, threading, actors):
    with hooks:
        recorder = hooks.install()
        for ran in (False, True):
            if ran:
                called_in(actors, threading.Thread)
            hooks.take_back()
            function = called_in(actors, threading.Thread)
            seen = recorder.was_called_in(function)
            assert not seen, "%s was called after it was replaced by None" % hooks
            if hooks.of_caller is not None:
                given = hooks.of_new_thread(threading, actors)
                assert given is None, "a new thread has the function %s, expected none" % show(
                    given
                )
            recorder = hooks.install()


@clause("*.not-the-caller")
def test_the_calling_thread_is_left_alone(hooks, actors):
    with hooks:
        before = hooks.of_caller and hooks.of_caller()
        recorder = hooks.install()
        after = hooks.of_caller and hooks.of_caller()
        assert after is before, "%s was set in the calling thread" % hooks
        function = activity()
        function()
        seen = recorder.was_called_in(function)
        assert not seen, "%s was called in the thread that set it" % hooks
        caller = actors.new()
        caller.call(hooks.install)
        function = activity()
        caller.call(function)
        seen = [recorder.was_called_in(function) for recorder in hooks.recorders]
        assert True not in seen, "%s was called in the alien thread that set it" % hooks


@clause("*.not-the-caller")
def test_the_calling_thread_is_left_alone_when_a_thread_has_run(hooks, threading, actors):
    # What a green thread sets for itself must not apply to the others in the same kernel thread.
    with hooks:
        caller = actors.new()
        recorder = caller.call(hooks.install)
        called_in(actors, threading.Thread)
        function = activity()
        caller.call(function)
        seen = recorder.was_called_in(function)
        assert not seen, (
            "%s was called in the thread that set it after a thread of the module had run" % hooks
        )


@clause("*.not-aliens")
def test_alien_threads_are_left_alone(hooks, threading, actors):
    with hooks:
        alien = actors.new()
        alien.call(int)
        recorder = hooks.install()
        for actor in (alien, actors.new()):
            function = activity(threading.currentThread)
            actor.call(function)
            actor.call(function)
            seen = recorder.was_called_in(function)
            assert not seen, "%s was called in an alien thread" % hooks


@clause("*.not-aliens")
def test_alien_threads_are_left_alone_when_a_thread_has_run(hooks, threading, actors):
    with hooks:
        alien = actors.new()
        alien.call(int)
        recorder = hooks.install()
        called_in(actors, threading.Thread)
        for actor in (alien, actors.new()):
            function = activity()
            actor.call(function)
            seen = recorder.was_called_in(function)
            assert not seen, (
                "%s was called in an alien thread after a thread of the module had run" % hooks
            )


@clause("*.running")
def test_threads_that_run_when_the_function_is_set(hooks, threading, actors, observe):
    with hooks:
        latch = Latch(actors.substrate)
        late = activity()

        def go_on():
            latch.wait()
            late()

        function = activity(go_on)
        thread = threading.Thread(target=function)
        run_to_end(actors, thread, function.mark)
        recorder = hooks.install()
        latch.open()
        actors.until(lambda: late.mark)
        actors.start(thread.join).returned()
        observe(recorder.was_called_in(late) and "told of them" or "not told of them")


@clause("*.keyword")
def test_the_function_can_be_given_by_name(hooks, threading, actors):
    with hooks:
        recorder = hooks.recorder()
        hooks.set(func=recorder.function)
        function = called_in(actors, threading.Thread)
        seen = recorder.was_called_for(function)
        assert seen, "%s as func=... was not called" % hooks
