"""``reference.dummy_threading`` and how it is made: the reference over another thread layer."""

import cProfile
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import threadspec.reference as reference
from threadspec.reference import _dummy_layer, _layer, dummy_threading
from threadspec.reference._instantiate import instantiate

# A module that is created when it is imported: type checkers do not know its names.
dummy: Any = dummy_threading


def run_in_thread(function: Callable[..., object], *args: object) -> Any:
    """Start a thread that calls ``function``, and return when it has ended.

    What the function raises, such as the failure of a check, is raised here as well.
    """
    raised: list[BaseException] = []

    def activity() -> None:
        try:
            function(*args)
        except BaseException as error:
            raised.append(error)

    thread = dummy.Thread(target=activity)
    thread.start()
    if raised:
        raise raised[0]
    return thread


def program(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process, with the repository importable as it is here."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(reference.__file__)))
    head = f"""
        import sys, types
        package = types.ModuleType("threadspec")
        package.__path__ = [{package!r}]
        sys.modules["threadspec"] = package
    """
    return subprocess.run(
        [sys.executable, *arguments, "-c", textwrap.dedent(head) + textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=60,
    )


# -- the same names, out of the same source ---------------------------------------------------


def test_it_has_the_names_of_the_reference() -> None:
    assert sorted(dummy.__all__) == sorted(reference.__all__)
    for name in reference.__all__:
        assert getattr(dummy, name) is not None


def test_its_objects_are_its_own() -> None:
    assert dummy.Thread is not reference.Thread
    assert dummy.Thread.__module__ == "threadspec.reference.dummy_threading.thread"
    assert dummy.activeCount() == 1
    assert dummy.currentThread() is not reference.currentThread()


def test_its_source_is_the_reference_itself() -> None:
    ours = sys.modules[dummy.Thread.__module__].__file__
    theirs = sys.modules[reference.Thread.__module__].__file__
    assert ours == theirs


def test_both_layers_have_the_same_names() -> None:
    # A layer may lack an RLock: the portable one is used then.
    assert {*_dummy_layer.__all__, "RLock"} == {*_layer.__all__, "RLock"}
    assert dummy.RLock.__module__.endswith("dummy_threading._portable_rlock")


def test_the_ways_to_import_it_give_one_module() -> None:
    import threadspec.reference.dummy_threading

    assert sys.modules["threadspec.reference.dummy_threading"] is dummy
    assert threadspec.reference.dummy_threading is dummy
    assert reference.dummy_threading is dummy
    assert "without threads" in (dummy.__doc__ or "")


def test_it_needs_no_thread_module() -> None:
    # First the modules that the standard library itself builds on the thread module.
    result = program(
        """
        import atexit, collections, itertools, traceback, weakref
        sys.modules["_thread"] = None
        import threadspec.reference.dummy_threading as threading
        done = []
        thread = threading.Thread(target=done.append, args=(1,))
        thread.start()
        thread.join()
        with threading.RLock(), threading.Lock(), threading.Condition(), threading.Semaphore():
            threading.Timer(0, done.append, [2]).start()
        def fail():
            raise KeyError("deliberate")
        threading.Thread(target=fail).start()
        print(done, [name for name in sys.modules if name.endswith("reference._layer")])
        """
    )
    assert result.stdout == "[1, 2] []\n"
    assert "KeyError: 'deliberate'" in result.stderr
    assert result.returncode == 0


def test_without_a_thread_module_the_reference_says_what_to_use() -> None:
    result = program(
        """
        import atexit, collections, itertools, traceback, weakref
        sys.modules["_thread"] = None
        import threadspec.reference as threading
        for name in ("Lock", "unknown"):
            try:
                getattr(threading, name)
            except (AttributeError, ImportError) as error:
                print(type(error).__name__, error)
        """
    )
    assert "ImportError there is no thread module here; use dummy_threading" in result.stdout
    assert "AttributeError" in result.stdout
    assert result.stderr == ""


# -- threads ------------------------------------------------------------------------------------


def test_start_runs_the_thread_to_its_end() -> None:
    seen: list[object] = []

    def activity(*args: object, **kwargs: object) -> None:
        seen.append((args, kwargs, thread.isAlive(), dummy.currentThread() is thread))

    thread = dummy.Thread(target=activity, args=(1, 2), kwargs={"x": 3})
    assert not thread.isAlive()
    thread.start()
    assert seen == [((1, 2), {"x": 3}, True, True)]
    assert not thread.isAlive()
    thread.join()
    thread.join(0.01)
    with pytest.raises(RuntimeError):
        thread.start()


def test_threads_may_start_threads() -> None:
    order: list[object] = []
    counts: list[int] = []

    def activity(depth: int) -> None:
        me = dummy.currentThread()
        counts.append(dummy.activeCount())
        if depth:
            run_in_thread(activity, depth - 1)
        order.append(depth)
        assert dummy.currentThread() is me
        assert dummy.enumerate()[-1] is me

    main = dummy.currentThread()
    thread = run_in_thread(activity, 3)
    assert order == [0, 1, 2, 3]
    assert counts == [2, 3, 4, 5]
    assert dummy.currentThread() is main
    assert dummy.enumerate() == [main]
    assert not thread.isDaemon()


def test_a_subclass_overrides_run() -> None:
    class Counter(dummy.Thread):  # type: ignore[misc]
        def run(self) -> None:
            self.counted = 3

    counter = Counter(name="counter")
    counter.start()
    assert counter.counted == 3
    assert counter.getName() == "counter"


@pytest.mark.parametrize("error", [ValueError("deliberate"), SystemExit(3)])
def test_an_exception_ends_the_thread_alone(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    thread = dummy.Thread(target=fail)
    thread.start()
    assert not thread.isAlive()
    assert ("deliberate" in capsys.readouterr().err) == isinstance(error, ValueError)


def test_trace_and_profile_functions_are_those_of_new_threads_alone() -> None:
    traced: list[object] = []
    before = sys.gettrace(), sys.getprofile()
    dummy.settrace(lambda *args: traced.append(args[1]))
    dummy.setprofile(lambda *args: traced.append(args[1]))
    try:
        run_in_thread(lambda: None)
    finally:
        dummy.settrace(None)
        dummy.setprofile(None)
    assert "call" in traced
    assert (sys.gettrace(), sys.getprofile()) == before


class Equal:
    """A trace or profile function that is equal to any other."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def __call__(self, frame: types.FrameType, event: str, argument: object) -> None:
        self._calls.append(frame.f_code.co_name)

    def __eq__(self, other: object) -> bool:
        return True


def plain(calls: list[str]) -> Callable[[types.FrameType, str, object], None]:
    """A trace or profile function."""
    return lambda frame, event, argument: calls.append(frame.f_code.co_name)


@pytest.mark.parametrize(
    ("install", "installed"),
    [(sys.settrace, sys.gettrace), (sys.setprofile, sys.getprofile)],
    ids=["trace", "profile"],
)
@pytest.mark.parametrize("make", [plain, Equal])
@pytest.mark.parametrize("watches", [True, False])
def test_the_starter_keeps_its_trace_and_profile_functions(
    install: Callable[[Any], None],
    installed: Callable[[], Any],
    make: Callable[[list[str]], Any],
    watches: bool,
) -> None:
    seen: list[str] = []
    seen_in_thread: list[str] = []
    mine = make(seen) if watches else None
    found: list[object] = []

    def activity() -> None:
        found.append(installed())
        install(make(seen_in_thread))
        called_by_the_thread()

    def called_by_the_thread() -> None:
        pass

    def called_afterwards() -> None:
        pass

    before = installed()
    install(mine)
    try:
        run_in_thread(activity)
        found.append(installed())
        called_afterwards()
    finally:
        install(before)
    assert [one is mine for one in found] == [True, True]
    assert "called_by_the_thread" in seen_in_thread
    assert "called_afterwards" not in seen_in_thread
    assert ("called_afterwards" in seen) == watches


def test_a_profiler_written_in_c_goes_on() -> None:
    def called_afterwards() -> None:
        pass

    profiler = cProfile.Profile()
    profiler.enable()
    try:
        run_in_thread(lambda: None)
        called_afterwards()
    finally:
        profiler.disable()
    names = [getattr(one.code, "co_name", "") for one in profiler.getstats()]
    assert "called_afterwards" in names


def test_all_threads_have_the_identifier_of_the_one_thread_of_control() -> None:
    seen: list[object] = []
    ident = _dummy_layer.start_new_thread(lambda: seen.append(_dummy_layer.get_ident()), ())
    assert seen == [ident]
    assert _dummy_layer.get_ident() == ident
    assert ident and isinstance(ident, int)


def test_the_layer_knows_its_main_thread() -> None:
    seen: list[bool] = []

    def look(depth: int) -> None:
        if depth:
            _dummy_layer.start_new_thread(look, (), {"depth": depth - 1})
        seen.append(_dummy_layer.is_main_thread())

    look(2)
    assert seen == [False, False, True]


def test_the_layers_threads_report_what_they_do_not_handle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: reported.append(args[0]))

    def fail(error: BaseException) -> None:
        raise error

    _dummy_layer.start_new_thread(fail, (KeyError(),))
    _dummy_layer.start_new_thread(fail, (SystemExit(),))
    assert reported == [KeyError]
    with pytest.raises(KeyboardInterrupt):
        _dummy_layer.start_new_thread(fail, (), {"error": KeyboardInterrupt()})
    assert _dummy_layer.is_main_thread()


def test_the_stack_size_cannot_be_changed() -> None:
    assert dummy.stack_size() == 0
    with pytest.raises(dummy.ThreadError):
        dummy.stack_size(65536)
    with pytest.raises(ValueError):
        dummy.stack_size(1)
    assert dummy.stack_size() == 0
    assert dummy.stack_size(0) == 0
    for size in (-1, 1, 65536):
        with pytest.raises(_dummy_layer.error):
            _dummy_layer.stack_size(size)
    assert _dummy_layer.stack_size() == _dummy_layer.stack_size(0) == 0


def test_a_timer_sleeps_its_interval_and_calls_its_function() -> None:
    done: list[object] = []
    timer = dummy.Timer(0.02, done.append, [1])
    began = time.monotonic()
    timer.start()
    assert done == [1]
    assert time.monotonic() - began >= 0.015
    timer.cancel()
    cancelled = dummy.Timer(3600.0, done.append, [2])
    cancelled.cancel()
    cancelled.start()
    assert done == [1]


# -- nothing blocks -----------------------------------------------------------------------------


def test_locks_work_as_usual_where_nothing_would_block() -> None:
    for make in (dummy.Lock, dummy.RLock, dummy.Semaphore, dummy.BoundedSemaphore, dummy.Condition):
        lock = make()
        for _ in range(2):
            assert lock.acquire(True)
            lock.release()
            with lock:
                pass
    lock = dummy.Lock()
    lock.acquire()
    assert not lock.acquire(False)
    lock.release()
    with pytest.raises(RuntimeError):
        lock.release()
    event = dummy.Event()
    run_in_thread(event.set)
    event.wait()
    assert event.isSet()


@pytest.mark.parametrize("make", [dummy.Lock, dummy.RLock, dummy.Condition])
def test_a_thread_may_use_a_lock_that_its_starter_holds(make: Callable[[], Any]) -> None:
    lock = make()
    entered: list[int] = []

    def use(depth: int) -> None:
        with lock:
            entered.append(depth)
            if depth:
                run_in_thread(use, depth - 1)

    for _ in range(2):
        use(3)
    assert entered == [3, 2, 1, 0] * 2
    assert lock.acquire(False)
    lock.release()


@pytest.mark.parametrize(
    "block",
    [
        lambda: [dummy.Lock()] * 2,
        lambda: [dummy.Semaphore(1)] * 2,
        lambda: [dummy.Semaphore(0)],
        lambda: [dummy.BoundedSemaphore(1)] * 2,
    ],
)
def test_what_would_block_for_ever_is_an_error(block: Callable[[], list[Any]]) -> None:
    *taken, last = block()
    for lock in taken:
        lock.acquire()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="for ever"):
            last.acquire()
        assert not last.acquire(False)
    last.release()
    assert last.acquire(False)


def test_the_layers_lock_says_whether_it_was_taken() -> None:
    lock = _dummy_layer.allocate_lock()
    assert lock.locked() is False
    assert lock.acquire() is True
    assert lock.locked() is True
    assert lock.acquire(False) is False
    assert lock.acquire(True, 0) is False
    assert lock.acquire(True, 0.001) is False
    lock.release()
    assert lock.locked() is False
    assert lock.acquire(True, 0) is True
    lock.release()
    with lock as entered:
        assert entered is True and lock.locked()
    assert not lock.locked()


def test_a_lock_taken_on_credit_is_released_as_often_as_it_was_acquired() -> None:
    lock = dummy.Lock()
    seen: list[bool] = []

    def use(depth: int) -> None:
        for _ in range(2):
            lock.acquire()
            if depth:
                run_in_thread(use, depth - 1)
            lock.release()
            seen.append(lock.acquire(False))

    with lock:
        run_in_thread(use, 2)
    assert seen == [False] * 14
    assert lock.acquire(False)


def test_credit_is_for_what_a_suspended_thread_holds() -> None:
    lock = dummy.Lock()
    seen: list[object] = []

    def attempt() -> None:
        try:
            lock.acquire()
        except RuntimeError:
            seen.append("for ever")
        else:
            seen.append("taken")

    def take_twice() -> None:
        attempt()
        attempt()

    lock.acquire()
    run_in_thread(take_twice)  # the second call waits for the thread itself
    run_in_thread(attempt)  # waits for a thread that has ended
    attempt()
    assert seen == ["taken", "for ever", "for ever", "for ever"]
    lock.release()  # the ended thread's acquire(); the main thread's is left
    attempt()
    run_in_thread(attempt)
    assert seen[4:] == ["for ever", "taken"]


def test_waits_that_nobody_can_end_are_an_error() -> None:
    event = dummy.Event()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="for ever"):
            event.wait()
    event.set()
    event.wait()
    condition = dummy.Condition()
    for _ in range(2):
        with condition:
            with pytest.raises(RuntimeError, match="for ever"):
                condition.wait()
            condition.notifyAll()
    lock = dummy.Lock()
    run_in_thread(lock.acquire)  # the thread has ended, and the lock stays locked
    with pytest.raises(RuntimeError, match="for ever"):
        lock.acquire()


def test_a_timeout_passes() -> None:
    event = dummy.Event()
    condition = dummy.Condition()
    with condition:
        for wait in (event.wait, condition.wait):
            began = time.monotonic()
            wait(0.02)
            assert time.monotonic() - began >= 0.015
    assert not event.isSet()


def test_a_timeout_is_slept_and_no_longer_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def clock() -> float:
        looks.append(time.monotonic())
        return looks[-1]

    monkeypatch.setattr(_dummy_layer, "clock", clock)
    lock = _dummy_layer.allocate_lock()
    lock.acquire()
    lock.acquire(True, 0.1)
    assert len(looks) < 50  # a busy wait would read the clock continuously
    took = []
    for _ in range(20):
        began = time.monotonic()
        lock.acquire(True, 0.001)
        took.append(time.monotonic() - began)
    assert min(took) < 0.008  # on a busy machine, any one of them may take longer


@pytest.fixture
def soon() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Lets a signal handler call a function, a moment later."""
    calls: list[threading.Timer] = []
    before = signal.getsignal(signal.SIGINT)

    def call(function: Callable[[], object]) -> None:
        signal.signal(signal.SIGINT, lambda *_: function())
        calls.append(threading.Timer(0.02, signal.raise_signal, [signal.SIGINT]))
        calls[-1].start()

    yield call
    for one in calls:
        one.cancel()
        one.join()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("timeout", [3600.0, 10**400], ids=["an hour", "more than a float holds"])
def test_a_signal_handler_may_end_a_wait(
    soon: Callable[[Callable[[], object]], None], timeout: float
) -> None:
    event = dummy.Event()
    began = time.monotonic()
    soon(event.set)
    event.wait(timeout)
    assert event.isSet()
    assert time.monotonic() - began < 0.5
    lock = _dummy_layer.allocate_lock()
    lock.acquire()
    soon(lock.release)
    assert lock.acquire(True, 3600)
    assert lock.locked()
    lock.release()


def test_a_program_with_producers_and_consumers(capsys: pytest.CaptureFixture[str]) -> None:
    condition = dummy.Condition()
    items: list[int] = []
    consumed: list[int] = []
    patience = list(range(9))  # so that a faulty layer does not make the loop below endless

    def produce() -> None:
        for number in range(3):
            condition.acquire()
            items.append(number)
            condition.notify()
            condition.release()

    def consume() -> None:
        for _ in range(3):
            condition.acquire()
            while not items:
                condition.wait()
                patience.pop()
            consumed.append(items.pop(0))
            condition.release()

    for target in (produce, consume):
        run_in_thread(target)
    assert consumed == [0, 1, 2]
    # In the opposite order the consumer would wait for ever; its thread ends instead.
    thread = dummy.Thread(target=consume)
    thread.start()
    assert not thread.isAlive()
    assert "for ever" in capsys.readouterr().err


# -- thread-local data --------------------------------------------------------------------------


class Value:
    """An object that can be weakly referenced."""


def test_values_are_those_of_the_running_thread() -> None:
    data = dummy.local()
    data.x = "main"
    seen: list[object] = []

    def use(depth: int) -> None:
        seen.append(hasattr(data, "x"))
        data.x = depth
        if depth:
            run_in_thread(use, depth - 1)
        seen.append((data.x, dict(data.__dict__)))
        del data.x

    run_in_thread(use, 2)
    assert seen == [False] * 3 + [(depth, {"x": depth}) for depth in range(3)]
    assert data.x == "main"
    mine = data.__dict__
    run_in_thread(lambda: seen.append(mine["x"]))
    assert seen[-1] == "main"


def test_each_use_of_an_attribute_is_that_of_the_running_thread() -> None:
    data = dummy.local()
    data.x = "main"

    def delete() -> None:
        with pytest.raises(AttributeError):
            del data.x

    def replace() -> None:
        data.x = "thread"

    def read() -> None:
        with pytest.raises(AttributeError):
            data.x  # noqa: B018

    for use in (delete, replace, read):
        run_in_thread(use)
        assert data.x == "main"
    run_in_thread(lambda: run_in_thread(replace))
    del data.x
    assert not hasattr(data, "x")


def test_what_a_thread_leaves_is_not_that_of_the_one_after() -> None:
    made: list[Any] = []

    def make() -> None:
        made.append(dummy.local())
        made[-1].x = "maker"

    def replace() -> None:
        assert not hasattr(made[0], "x")
        made[0].x = "thread"

    run_in_thread(make)
    for _ in range(2):
        assert not hasattr(made[0], "x")
        run_in_thread(replace)
    other = dummy.local()
    made[0].x = other.x = "main"
    run_in_thread(make)
    assert made[0].x == other.x == "main"


def test_attributes_may_have_any_name() -> None:
    data = dummy.local()
    for name in ("A", "_", "__", "__dicta__", "__dictx__", "z", "\u00e9"):
        setattr(data, name, name)
        assert getattr(data, name) == name
        delattr(data, name)
        assert not hasattr(data, name)


def test_threads_of_an_init_may_use_the_data() -> None:
    class Data(dummy.local):  # type: ignore[misc]
        def __init__(self) -> None:
            self.depth = len(inits)
            inits.append(self.depth)
            if self.depth < 3:
                run_in_thread(lambda: seen.append(self.depth))

    inits: list[int] = []
    seen: list[int] = []
    data = Data()
    assert data.depth == 0
    assert seen == [3, 2, 1]
    run_in_thread(lambda: seen.append(data.depth))
    assert seen[3:] == [4]


def test_init_runs_in_each_thread() -> None:
    calls: list[object] = []

    class Data(dummy.local):  # type: ignore[misc]
        __slots__ = ("shared",)
        default = "of the class"

        def __init__(self, *args: object, **kwargs: object) -> None:
            calls.append((args, kwargs))
            self.__dict__["x"] = args[0]
            run_in_thread(lambda: None)

        def read(self) -> object:
            return self.__dict__["x"]

    data: Any = Data(1, y=2)
    data.x = "changed"
    data.shared = 1
    seen: list[object] = []

    def use() -> None:
        seen.append((data.read(), data.x, data.default, data.shared))
        data.shared = 2

    run_in_thread(use)
    assert seen == [(1, 1, "of the class", 1)]
    assert calls == [((1,), {"y": 2})] * 2
    assert (data.x, data.shared) == ("changed", 2)


def test_an_init_that_fails_is_tried_again() -> None:
    calls: list[int] = []

    class Data(dummy.local):  # type: ignore[misc]
        def __init__(self) -> None:
            calls.append(1)
            if len(calls) == 2:
                raise KeyError("deliberate")
            self.x = 1

    data = Data()
    seen: list[object] = []

    def use() -> None:
        with pytest.raises(KeyError):
            seen.append(data.x)
        seen.append(data.x)

    run_in_thread(use)
    assert seen == [1]
    assert calls == [1] * 3


def test_arguments_need_an_init() -> None:
    class Data(dummy.local):  # type: ignore[misc]
        pass

    for kind in (dummy.local, Data):
        with pytest.raises(TypeError):
            kind(1)
        with pytest.raises(TypeError):
            kind(x=1)
        kind()


def test_dict_cannot_be_replaced() -> None:
    data = dummy.local()
    with pytest.raises(AttributeError):
        data.__dict__ = {}
    with pytest.raises(AttributeError):
        del data.__dict__
    name = "".join(["__dict", "__"])  # a string that is not interned
    with pytest.raises(AttributeError):
        data.__setattr__(name, {})
    with pytest.raises(AttributeError):
        data.__delattr__(name)


def test_values_go_with_the_thread_and_with_the_object() -> None:
    gc.collect()
    before = len(_dummy_layer._locals)
    data = dummy.local()
    references: list[weakref.ref[Value]] = []

    def store(data: Any) -> None:
        value = Value()
        data.x = value
        references.append(weakref.ref(value))

    run_in_thread(store, data)
    store(data)
    gc.collect()
    assert references[0]() is None
    assert references[1]() is not None
    run_in_thread(store, data)
    assert references[2]() is None  # at the end of the thread, not at the next use
    assert references[1]() is not None
    del data
    gc.collect()
    assert references[1]() is None
    assert len(_dummy_layer._locals) == before


# -- other layers -------------------------------------------------------------------------------


@pytest.fixture
def logging_layer() -> Iterator[tuple[types.ModuleType, list[str]]]:
    """The real layer, made to record which names it is asked for; return the record."""
    notes: list[str] = []
    layer = types.ModuleType("logging_layer")

    def noting(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            notes.append(name)
            return function(*args, **kwargs)

        return call

    for name in _layer.__all__:
        value = getattr(_layer, name)
        plain = isinstance(value, (type, float)) and name != "allocate_lock"
        setattr(layer, name, value if plain else noting(name, value))
    before = set(sys.modules)
    yield layer, notes
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_third_instance_runs_over_its_own_layer(
    logging_layer: tuple[types.ModuleType, list[str]],
) -> None:
    layer, notes = logging_layer
    third = instantiate("third_instance", layer)
    assert sys.modules["third_instance"] is third
    assert sys.modules["third_instance._layer"] is third._layer is layer
    assert sorted(third.__all__) == sorted(reference.__all__)
    assert third.Thread not in (reference.Thread, dummy.Thread)
    from third_instance import Lock  # type: ignore[import-not-found]

    del notes[:]
    Lock()
    assert notes == ["allocate_lock"]
    done: list[int] = []
    thread = third.Thread(target=done.append, args=(1,))
    thread.start()
    thread.join()
    assert done == [1]
    third.stack_size()
    assert "start_new_thread" in notes and "stack_size" in notes
    assert reference.activeCount() >= 1 and third.activeCount() == 1


def test_a_layer_without_a_name_is_an_error() -> None:
    package = instantiate("fourth_instance", types.ModuleType("empty"))
    for name in ("Lock", "Thread"):
        with pytest.raises(ImportError, match="cannot import name"):
            getattr(package, name)
    for name in [name for name in sys.modules if name.startswith("fourth_instance")]:
        del sys.modules[name]
