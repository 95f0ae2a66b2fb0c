"""Lists of threads, and trace and profile functions that record their calls."""

import time

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import show, tells


def while_time_lasts(items):
    """The items, one after another, for a second at most: some implementations are slow."""
    patience = blocking.clock() + 1.0
    for item in items:
        yield item
        if blocking.clock() >= patience:
            break


def times(threads, thread):
    """How often ``thread`` is in the list ``threads``."""
    return len([one for one in threads if one is thread])


@tells("occurrences in enumerate()")
def listed(threading, thread):
    """How often ``thread`` is in the list of enumerate()."""
    return times(threading.enumerate(), thread)


def subclass(threading, function):
    """A class of threads that call ``function`` in a run method of their own."""

    class Own(threading.Thread):
        def run(self):
            function()

    return Own


def run_to_end(actors, thread, mark):
    """Start ``thread`` and wait until ``mark``, a list that its activity adds to, has grown."""
    before = len(mark)
    actors.call(thread.start)
    grown = actors.until(lambda: len(mark) > before)
    assert grown, "the thread's activity does not take place"


@tells("activeCount(), less its value before,")
def counted(count_all, expected):
    """The counts that ``count_all`` gives, less the first of them; they should be ``expected``.

    It is tried three times: a thread of an earlier case may be on its way out, and an alien thread
    that starts others may become known by that.  The threads of one try get time to end.
    """
    for pause in (0.0, 0.05, 0.5):
        time.sleep(pause)
        counts = count_all()
        seen = [count - counts[0] for count in counts]
        if seen == expected:
            break
    return seen


class Recorder(object):
    """Notes what a trace function (or, with ``profiles``, a profile function) is told.

    ``function`` is that function; it does nothing once :meth:`stop` was called, so that one which
    an implementation does not remove disturbs no other case.
    """

    def __init__(self, profiles=False):
        told = self._told = []
        stopped = self._stopped = []
        # A trace function is told of lines only if it asks for that; a profile function never is,
        # but is told of returns.
        self._second = profiles and "return" or "line"

        def function(frame, event, argument):
            if not stopped:
                told.append((event, frame.f_code))
                if not profiles:
                    return function
            return None

        self.function = function

    @tells("being told of a call")
    def was_called_for(self, function):
        """Whether it was told of a call of ``function``, and of what follows a call.

        Gives a thread that has got through the function a moment to get out of it.
        """
        code = function.__code__
        patience = blocking.clock() + 0.2
        while True:
            events = [event for event, of in list(self._told) if of is code]
            if "call" in events and self._second in events:
                return True
            if blocking.clock() >= patience:
                return False
            time.sleep(0.001)

    @tells("being told of a call")
    def was_told_of(self, function):
        """Whether it was told anything of ``function``."""
        code = function.__code__
        return bool([event for event, of in list(self._told) if of is code])

    def stop(self):
        self._stopped.append(True)


class Hooked(object):
    """The recorders of a case, handed to settrace() or setprofile(), which is reset in the end."""

    def __init__(self, install, profiles):
        self._install = install
        self._profiles = profiles
        self.recorders = []

    def __enter__(self):
        return self

    def recorder(self):
        """A new recorder, not installed."""
        recorder = Recorder(self._profiles)
        self.recorders.append(recorder)
        return recorder

    def install(self):
        """A new recorder, installed for the threads to come."""
        recorder = self.recorder()
        self._install(recorder.function)
        return recorder

    def take_back(self):
        """Install none for the threads to come."""
        self._install(None)

    def __exit__(self, kind, value, traceback):
        for recorder in self.recorders:
            recorder.stop()
        try:
            self.take_back()
        except Exception:
            pass  # whether it can be reset is a clause of its own


def activity(after=None):
    """A new function, with a code object of its own, that notes its calls in its list ``mark``.

    It calls ``after``, where that is given, before it ends.
    """
    source = "def function():\n    mark.append(True)\n    after()\n"
    mark = []
    names = {"mark": mark, "after": after or int}
    exec(compile(source, "<an activity>", "exec"), names)
    function = names["function"]
    function.mark = mark
    return function


def perform(actors, thread, function):
    """Start ``thread``, which calls ``function``, an activity, and let it come to its end."""
    run_to_end(actors, thread, function.mark)
    actors.start(thread.join).returned()  # its end, where join can be relied on


def check_target_and_run(threading, actors, hooked):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = recorder.was_called_for(function)
            assert seen, "it was not told of a thread's target"
        for _ in range(2):
            ran = activity()

            class Own(threading.Thread):
                def run(self, ran=ran):
                    ran()

            perform(actors, Own(), ran)
            seen = recorder.was_called_for(Own.__dict__["run"])
            assert seen, "it was not told of a run method"


def check_passed(threading, actors, hooked, asking):
    if asking is None:
        return  # this interpreter does not tell
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            seen = []
            run_to_end(actors, threading.Thread(target=lambda: seen.append(asking())), seen)
            given = seen[0]
            assert given is recorder.function, (
                "a new thread has the function %s, not the one that was set" % show(given)
            )


def check_every_thread(threading, actors, hooked):
    """Threads that exist at the same time, and one that another of them starts."""
    with hooked:
        for install in (hooked.install, lambda: actors.call(hooked.install)):
            recorder = install()
            latch = Latch(actors.substrate)
            functions = [activity(latch.wait) for _ in range(3)]
            threads = [threading.Thread(target=function) for function in functions]
            try:
                threads[1].setDaemon(True)
            except Exception:
                pass  # another clause's business
            for thread, function in zip(threads, functions):
                run_to_end(actors, thread, function.mark)
            latch.open()
            for thread in threads:
                actors.start(thread.join).returned()
            child = activity()

            def beget(child=child):
                thread = threading.Thread(target=child)
                thread.start()
                actors.until(lambda: child.mark)
                actors.start(thread.join).returned()

            parent = activity(beget)
            perform(actors, threading.Thread(target=parent), parent)
            for function in functions + [parent, child]:
                seen = recorder.was_called_for(function)
                assert seen, "it was not told of one of several threads"
            hooked.take_back()


def check_timer(threading, actors, hooked):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            function = activity()
            perform(actors, threading.Timer(0.0, function), function)
            seen = recorder.was_called_for(function)
            assert seen, "it was not told of a timer's function"


def check_at_start(threading, actors, hooked):
    with hooked:
        function = activity()
        thread = threading.Thread(target=function)
        recorder = hooked.install()
        perform(actors, thread, function)
        seen = recorder.was_called_for(function)
        assert seen, "it was not told of a thread made before it was set and started after"
        # The other way round; what None does to threads made after it is another clause.
        functions = [activity(), activity()]
        before = threading.Thread(target=functions[0])
        hooked.take_back()
        after = threading.Thread(target=functions[1])
        for thread, function in zip((before, after), functions):
            perform(actors, thread, function)
        seen = [recorder.was_told_of(function) for function in functions]
        assert seen[0] == seen[1], "it was told of a thread made before it was taken back"


def check_replaced(threading, actors, hooked):
    with hooked:
        recorders = []
        for _ in range(3):
            recorders.append(hooked.install())
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = [recorder.was_told_of(function) for recorder in recorders]
            expected = [False] * (len(recorders) - 1) + [True]
            assert seen == expected, "told were %r, not the last one alone" % seen


def check_none(threading, actors, hooked, install, asking):
    with hooked:
        recorder = hooked.install()
        for _ in range(2):
            install(None)
            function = activity()
            perform(actors, threading.Thread(target=function), function)
            seen = recorder.was_told_of(function)
            assert not seen
            if asking is not None:
                seen = []
                run_to_end(actors, threading.Thread(target=lambda: seen.append(asking())), seen)
                given = seen[0]
                assert given is None, "a new thread has the function %s, expected none" % show(
                    given
                )
            recorder = hooked.install()


def check_caller(actors, hooked, asking):
    with hooked:
        before = asking and asking()
        recorder = hooked.install()
        after = asking and asking()
        assert after is before, "setting a function for new threads has set it in the calling one"
        function = activity()
        function()
        seen = recorder.was_told_of(function)
        assert not seen, "it was told of a call in the thread that set it"
        caller = actors.new()
        caller.call(hooked.install)
        function = activity()
        caller.call(function)
        seen = [recorder.was_told_of(function) for recorder in hooked.recorders]
        assert True not in seen, "it was told of a call in the alien thread that set it"


def check_alien(threading, actors, hooked):
    with hooked:
        alien = actors.new()
        alien.call(int)
        recorder = hooked.install()
        for actor in (alien, actors.new()):
            function = activity(threading.currentThread)
            actor.call(function)
            actor.call(function)
            seen = recorder.was_told_of(function)
            assert not seen, "it was told of an alien thread"


def check_running(threading, actors, hooked, observe):
    with hooked:
        latch = Latch(actors.substrate)
        late = activity()

        def go_on():
            latch.wait()
            late()

        function = activity(go_on)
        thread = threading.Thread(target=function)
        run_to_end(actors, thread, function.mark)
        recorder = hooked.install()
        latch.open()
        actors.until(lambda: late.mark)
        actors.start(thread.join).returned()
        observe(recorder.was_told_of(late) and "told of them" or "not told of them")


def check_keyword(threading, actors, hooked, install):
    with hooked:
        recorder = hooked.recorder()
        install(func=recorder.function)
        function = activity()
        perform(actors, threading.Thread(target=function), function)
        seen = recorder.was_called_for(function)
        assert seen


def tracing(threading):
    return Hooked(threading.settrace, profiles=False)
