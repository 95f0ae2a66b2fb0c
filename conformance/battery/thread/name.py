"""``Thread.getName()``, ``Thread.setName()`` and default names."""

import re

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.premises import check_runs_beside
from threadspec.conformance.battery.support.stepping import meetings, settle
from threadspec.conformance.battery.support.thread import (
    Running,
    affordable,
    finish,
    kinds,
    native,
    nothing,
    race,
    stumbling,
)
from threadspec.conformance.harness.vocabulary import clause, show


def check_name(thread, expected):
    """getName() returns that name."""
    name = thread.getName()
    assert name == expected


def check_names(threads, expected):
    """getName() of the threads returns these names."""
    names = [thread.getName() for thread in threads]
    assert names == expected


def named(thread, name):
    """The thread, which gets that name by setName()."""
    thread.setName(name)
    return thread


@clause("thread.name.given")
def test_the_name_is_the_one_given(threading):
    class Own(threading.Thread):
        pass

    for kind in (threading.Thread, Own):
        for given in ("worker", "a b\tc", "Thread", "MainThread", "7", "caf\xe9", "long " * 60):
            check_name(kind(name=given), given)


@clause("thread.name.given")
def test_the_name_stays_while_the_thread_runs_and_ends(threading, actors):
    def make(wait):
        return threading.Thread(target=wait, name="worker")

    with Running(actors, make) as (thread, latch):
        check_name(thread, "worker")
        latch.open()
        finish(actors, thread)
        check_name(thread, "worker")


@clause("thread.name.given")
def test_every_thread_sees_the_name(threading, actors):
    names = []
    thread = threading.Thread(target=lambda: names.append(thread.getName()), name="worker")
    names.append(actors.call(thread.getName))
    thread.start()
    actors.until(lambda: len(names) == 2)
    assert names == ["worker", "worker"], (
        "getName() outside and inside the thread returned %r, expected 'worker'" % (names,)
    )


@clause("thread.name.empty")
def test_an_empty_name_is_kept(threading):
    check_name(threading.Thread(name=""), "")


def default_names(threading):
    """The names of threads that were made in several ways, all without a name."""

    class Own(threading.Thread):
        def run(self):
            pass

    class Init(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self)

    threads = [
        threading.Thread(name=None),
        threading.Thread(target=nothing, name=None),
        threading.Thread(target=nothing),
        threading.Thread(target=nothing, args=(), kwargs={}),
        Own(),
        Init(),
        threading.Thread(target=nothing),
    ]
    return [thread.getName() for thread in threads]


@clause("thread.name.default-form")
def test_the_default_name_is_thread_and_a_number(threading):
    for name in default_names(threading):
        fits = re.match(r"Thread-[0-9]+\Z", name)
        assert fits, "the default name is %s, expected Thread-N" % show(name)


@clause("thread.name.default-small")
def test_the_number_in_a_default_name_is_small(threading):
    for name in default_names(threading):
        digits = re.sub(r"\AThread-([0-9]*).*", r"\1", name)
        assert len(digits) < 10, "the default name is %s, expected a small number" % show(name)


def check_different(names):
    """No two of the default names are the same."""
    count = {}
    for name in names:
        count[name] = count.get(name, 0) + 1
    repeated = sorted([name for name in count if count[name] > 1])
    assert repeated == [], "several threads have the default name %s" % " or ".join(repeated)


@clause("thread.name.default-unique")
def test_default_names_are_different(threading, actors):
    threads = [threading.Thread(target=nothing) for _ in range(20)]
    for thread in threads[:10]:
        thread.start()
    finish(actors, threads[0])
    settle(actors)
    threads += [actors.call(threading.Thread, target=nothing) for _ in range(5)]
    for _ in range(3):
        threads += [make(nothing) for make in kinds(threading)]
    threads += [threading.Thread(name="worker", target=nothing), threading.Thread(target=nothing)]
    check_different([thread.getName() for thread in threads])


@clause("thread.name.default-unique")
def test_default_names_of_many_threads_are_different(threading, actors):
    def name():
        return threading.Thread(target=nothing).getName()

    check_different([name() for _ in range(affordable(300, name))])


def check_names_where_makings_meet(threading, actors):
    """Two threads make threads; each step of one meets the other."""
    names = []

    def make():
        names.append(threading.Thread(target=nothing).getName())

    for meeting in meetings(actors, lambda: (make, make)):
        meeting.call.result()
        meeting.other.result()
    check_different(names)


@clause("thread.name.default-unique-race")
def test_default_names_are_different_where_the_making_of_threads_meets(threading, actors):
    check_names_where_makings_meet(threading, actors)


@clause("thread.name.default-unique-race")
def test_default_names_made_simultaneously_are_different(threading, actors, rounds):
    check_names_where_makings_meet(threading, actors)  # does not depend on chance
    names = []

    def make(number):
        names.append(threading.Thread(target=nothing).getName())

    race(actors, [stumbling(actors, make)] * 3, 2)
    race(actors, [make] * 3, affordable(rounds // 8, lambda: make(0)))
    check_different(names)


@clause("thread.name.set")
def test_the_name_can_be_set_before_the_start(threading):
    for kwargs in ({}, {"name": "old"}):
        thread = threading.Thread(target=nothing, **kwargs)
        for new in ("one", "two", "old", "one", "long " * 60, "", "caf\xe9"):
            thread.setName(new)
            check_name(thread, new)


@clause("thread.name.set")
def test_the_name_can_be_set_while_the_thread_runs_and_when_it_has_ended(threading, actors):
    for make in kinds(threading):
        with Running(actors, lambda wait: named(make(wait), "before")) as (thread, latch):
            check_name(thread, "before")
            for new in ("during", "again"):
                thread.setName(new)
                check_name(thread, new)
            latch.open()
            finish(actors, thread)
            check_name(thread, "again")
            thread.setName("after")
            check_name(thread, "after")


@clause("thread.name.set")
def test_the_name_can_be_set_by_any_thread(threading, actors):
    names = []

    def activity():
        thread.setName("inner")
        names.append(thread.getName())

    thread = threading.Thread(target=activity)
    actors.call(thread.setName, "outer")
    check_name(thread, "outer")
    thread.start()
    actors.until(lambda: names)
    assert names == ["inner"], "after setName('inner'), getName() in the thread returned %r" % (
        names,
    )
    check_name(thread, "inner")


@clause("thread.name.set")
def test_the_main_thread_can_be_named(threading):
    main = threading.currentThread()
    before = main.getName()
    try:
        for new in ("notifier", "chief"):
            main.setName(new)
            check_name(main, new)
    finally:
        main.setName(before)


@clause("thread.name.set")
def test_setting_a_name_leaves_other_threads_alone(threading):
    first = threading.Thread(name="first", target=nothing)
    second = threading.Thread(name="second", target=nothing)
    first.setName("new")
    check_name(second, "second")
    second.setName("newer")
    names = [first.getName(), second.getName()]
    assert names == ["new", "newer"]
    given = threading.Thread(target=nothing).getName()
    assert given not in names


@clause("thread.name.keyword")
def test_the_name_can_be_set_by_keyword(threading):
    thread = threading.Thread(target=nothing)
    thread.setName(name="new")
    check_name(thread, "new")


@clause("thread.name.shared")
def test_threads_may_have_the_same_name(threading, actors):
    with Latch(actors.substrate) as latch:
        threads = [threading.Thread(target=latch.wait, name="worker") for _ in range(3)]
        check_names(threads, ["worker"] * 3)
        for count in range(1, 4):
            actors.call(threads[count - 1].start)
            arrived = actors.until(lambda: len(latch.arrivals) == count)
            assert arrived, "%d of %d threads with the same name run" % (len(latch.arrivals), count)
        threads.append(threading.Thread(target=latch.wait, name="worker"))
        check_names(threads, ["worker"] * 4)


@clause("thread.name.shared")
def test_a_thread_may_be_given_the_name_of_another(threading):
    first, second = [threading.Thread(target=nothing, name="worker") for _ in range(2)]
    third = threading.Thread(target=nothing, name="other")
    third.setName("worker")
    check_names((first, second, third), ["worker"] * 3)
    first.setName("runner")
    check_names((first, second, third), ["runner", "worker", "worker"])


@clause("thread.name.shared")
def test_a_thread_may_be_given_the_name_of_one_that_runs(threading, actors):
    with Latch(actors.substrate) as latch:
        first = threading.Thread(target=latch.wait, name="worker")
        second = threading.Thread(target=latch.wait, name="other")
        for thread in (first, second):
            actors.call(thread.start)
        latch.await_arrival(2)
        for thread in (second, threading.Thread(target=nothing)):
            thread.setName("worker")
            names = [thread.getName(), first.getName()]
            assert names == ["worker"] * 2


def in_two_of_one_name(threading, actors, look):
    """What ``look`` returns in two threads of the same name that run at the same time."""
    found = []
    with Latch(actors.substrate) as latch:

        def activity():
            found.append(look())
            latch.wait()

        for count in (1, 2):
            thread = threading.Thread(target=activity, name="worker")
            actors.call(thread.start)
            latch.await_arrival(count)
    return found


@clause("thread.name.shared")
def test_a_lock_is_not_owned_by_every_thread_of_the_name(threading, actors):
    lock = threading.RLock()
    got = in_two_of_one_name(threading, actors, lambda: lock.acquire(False))
    both = len(got) == 2 and got[0] and got[1]
    assert not both, "two threads of the same name own an RLock simultaneously"


@clause("thread.name.shared")
def test_thread_local_data_is_not_that_of_every_thread_of_the_name(threading, actors):
    data = threading.local()

    def look():
        has = hasattr(data, "x")
        data.x = 1
        return has

    has = in_two_of_one_name(threading, actors, look)
    assert True not in has, "a thread has the local attribute that one of the same name has set"


@clause("thread.name.shared")
def test_threads_may_get_a_default_name(threading, actors):
    first = threading.Thread(target=nothing)
    given = first.getName()
    second = threading.Thread(target=nothing, name=given)
    names = [first.getName(), second.getName()]
    assert names == [given, given]


def life(threading, actors, later, **kwargs):
    """What a thread does and its methods return; its name becomes ``later`` while it runs."""
    seen = []
    with Latch(actors.substrate) as latch:
        passed = []

        def activity():
            latch.wait()
            passed.append(None)

        def look():
            for method in ("isAlive", "isDaemon"):
                try:
                    seen.append(bool(getattr(thread, method)()))
                except:  # noqa: E722 - what it returns, if anything, is another clause's business
                    seen.append(None)

        thread = threading.Thread(target=activity, **kwargs)
        look()
        seen.append(actors.start(thread.start).returned())
        seen.append(bool(actors.until(lambda: latch.arrivals)))
        look()
        if later is not None:
            thread.setName(later)
        look()
        latch.open()
        seen.append(bool(actors.until(lambda: passed)))
        seen.append(actors.start(thread.join).returned())
        look()
    return seen


def check_no_effect(threading, actors, names=(), later=()):
    """A thread with one of ``names``, or one that gets it ``later``, is like one without a name."""
    check_runs_beside(actors, threading.Thread)
    expected = life(threading, actors, None)

    def check(name, lived):
        assert lived == expected, "a thread named %r behaved differently from one without: %r" % (
            name[:20],
            lived,
        )

    for name in names:
        check(name, life(threading, actors, None, name=name))
    for name in later:
        check(name, life(threading, actors, name))


@clause("thread.name.no-semantics")
def test_a_name_outside_ascii_has_no_effect(threading, actors):
    names = [native(text) for text in (b"\xc5\x82\xc3\xb3d\xc5\xba", b"\xf0\x9f\x90\x8d")]
    check_no_effect(threading, actors, names + ["a\0b", "two\nlines", "x" * 5000])


@clause("thread.name.no-semantics")
def test_a_name_has_no_effect(threading, actors):
    names = ("MainThread", "Dummy-1", "Thread-1", "stop", "None", "0", "")
    check_no_effect(threading, actors, names, ("MainThread", "stop", "Thread-1"))
