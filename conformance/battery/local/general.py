"""``local`` objects: how they are made, and where their values belong."""

import gc
import time
import weakref

from threadspec.conformance.battery.support.crossing import (
    BY_THREAD,
    BY_TIMER,
    actor_in,
    helpers,
    pairs,
)
from threadspec.conformance.battery.support.local import (
    ABSENT,
    Thing,
    check_each,
    check_race,
    here,
    in_actors,
    kinds,
    look,
)
from threadspec.conformance.battery.support.premises import check_apart
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises

# Names of attributes that programs use, and that an implementation might use itself.
NAMES = (
    "x number color widgets data dict key args kwargs kw lock local locals impl owner thread "
    "threads value values items keys get set update clear copy self cls obj target storage"
).split()


def names_to_store(data):
    """Names for attributes: likely ones, and those that the object already has."""
    return sorted(set(NAMES + [name for name in dir(data) if not name.startswith("_")]))


@clause("local.instance")
def test_local_gives_an_object_for_attributes(threading):
    data = threading.local()
    data.x = 1
    got = data.x
    assert got == 1


@clause("local.instance")
def test_each_local_is_a_new_object(threading):
    first = threading.local()
    second = threading.local()
    assert first is not second


@clause("local.store")
def test_values_are_read_back(threading, actors):
    def run():
        data = threading.local()
        for _ in range(2):
            stored = {}
            for name in names_to_store(data):
                stored[name] = Thing()
                setattr(data, name, stored[name])
            for name in sorted(stored):
                got = getattr(data, name)
                assert got is stored[name], "the value of %r is not the one stored" % name

    run()
    actors.call(run)


@clause("local.store")
def test_any_value_can_be_stored(threading):
    data = threading.local()

    def function(self):
        return self

    for value in (None, 0, False, "", (), [], function, Thing, property(function), data):
        data.x = value
        got = data.x
        assert got is value


@clause("local.store")
def test_the_last_value_counts_in_every_thread(threading, actors):
    data = threading.local()
    other = actors.new()
    for number in range(3):
        data.x = number
        other.call(setattr, data, "x", -number)
        check_each(data, [other], "x", [number, -number])


def check_missing(data, name, call):
    """Reading and deleting the attribute raises AttributeError, in the thread of ``call``."""
    raises(AttributeError, call, getattr, data, name)
    raises(AttributeError, call, delattr, data, name)
    has = call(hasattr, data, name)
    assert not has


def check_never_stored(data, actors):
    """Attributes that were never stored are missing in this thread and in another one."""
    other = actors.new()
    for _ in range(2):
        check_missing(data, "x", here)
    data.y = 1
    for _ in range(2):
        check_missing(data, "x", here)
        check_missing(data, "x", other.call)


@clause("local.missing-attribute")
def test_an_attribute_never_stored_is_an_attribute_error(threading, actors):
    check_never_stored(threading.local(), actors)


@clause("local.missing-attribute")
def test_an_attribute_never_stored_is_an_attribute_error_in_a_subclass(threading, actors):
    check_never_stored(kinds(threading)[1](), actors)


def check_unset_elsewhere(data, actors):
    """An attribute that one of two threads has stored is missing in the other one."""
    data.x = 1
    other = actors.new()
    for _ in range(2):
        raises(AttributeError, other.call, getattr, data, "x")
        has = other.call(hasattr, data, "x")
        assert not has
    other.call(setattr, data, "y", 2)
    has = hasattr(data, "y")
    assert not has
    raises(AttributeError, getattr, data, "y")
    raises(AttributeError, actors.call, getattr, data, "y")
    raises(AttributeError, other.call, getattr, data, "x")


@clause("local.unset-elsewhere")
def test_another_thread_does_not_have_the_attribute(threading, actors):
    check_unset_elsewhere(threading.local(), actors)


@clause("local.unset-elsewhere")
def test_no_name_is_shared_between_threads(threading, actors):
    data = threading.local()

    def find(given):
        return [name for name in given if look(data, name) is value]

    given = names_to_store(data) + ["_x", "__x", "_value"]
    value = Thing()
    for name in given:
        try:
            setattr(data, name, value)
        except Exception:
            pass  # that each name can be stored is another clause's business
    shared = actors.call(find, given)
    assert shared == []


@clause("local.unset-elsewhere")
def test_nor_where_another_thread_has_made_the_object(threading, actors):
    for kind in kinds(threading):
        maker, other = actors.new(), actors.new()
        data = maker.call(kind)
        for actor in (other, maker):
            actor.call(setattr, data, "x", 1)
            has = hasattr(data, "x")
            assert not has
        data.y = 1
        for actor in (other, maker):
            has = actor.call(hasattr, data, "y")
            assert not has


@clause("local.unset-elsewhere")
def test_another_thread_does_not_have_the_attribute_of_a_subclass(threading, actors):
    check_unset_elsewhere(kinds(threading)[1](), actors)


@clause("local.elsewhere-unchanged")
def test_storing_changes_no_other_threads_value(threading, actors):
    for kind in kinds(threading):
        data = kind()
        data.x = "here"
        helpers = [actors.new() for _ in range(3)]
        for time_stored in range(2):
            expected = ["here"] + [(time_stored, number) for number in range(3)]
            for actor, value in zip(helpers, expected[1:]):
                actor.call(setattr, data, "x", value)
            check_each(data, helpers, "x", expected)


@clause("local.elsewhere-unchanged")
def test_the_end_of_a_thread_changes_no_other_threads_value(threading, actors):
    data = threading.local()
    data.x = "here"
    stays = actors.new()
    stays.call(setattr, data, "x", "there")
    run = in_actors(actors)
    for number in range(3):
        run(setattr, data, "x", number)
        if number:
            gc.collect()
        check_each(data, [stays], "x", ["here", "there"])


@clause("local.instances-independent")
def test_instances_do_not_share_values(threading, actors):
    for kind in kinds(threading):
        first = kind()
        second = kind()
        other = actors.new()
        first.x = "first here"
        got = look(second, "x")
        assert got == ABSENT
        other.call(setattr, second, "x", "second there")
        got = other.call(look, first, "x")
        assert got == ABSENT
        second.x = "second here"
        other.call(setattr, first, "x", "first there")
        check_each(first, [other], "x", ["first here", "first there"])
        check_each(second, [other], "x", ["second here", "second there"])


@clause("local.instances-independent")
def test_a_new_instance_inherits_nothing_from_one_that_is_gone(threading):
    # It may have the same address as the one before, in the same thread.
    for _ in range(20):
        data = threading.local()
        got = look(data, "x")
        assert got == ABSENT
        data.x = 1
        del data


@clause("local.many-threads")
def test_a_use_that_another_meets_at_any_line(threading, actors):
    def stored(data, tag):
        return look(data, "x") == tag

    def store(data, tag):
        data.x = tag
        return stored(data, tag)

    def store_in_dict(data, tag):
        data.__dict__["x"] = tag
        return stored(data, tag) and data.__dict__["x"] == tag

    def deleted(data, tag):
        return look(data, "x") == ABSENT

    def delete(data, tag):
        data.x = tag
        del data.x
        return deleted(data, tag)

    box = []

    for use, lasts in ((store, stored), (store_in_dict, stored), (delete, deleted)):
        alone = actors.start(use, threading.local(), "alone")
        if not alone.returned() or not alone.value:
            continue  # it never works: another clause's business

        def prepare(use=use):
            data = threading.local()
            box[:] = [data]
            return (lambda: use(data, "one")), (lambda: use(data, "other"))

        for meeting in meetings(actors, prepare):
            right = [meeting.call.result(), meeting.other.result()]
            right.append(meeting.call.call(lasts, box[0], "one"))
            right.append(meeting.other.call(lasts, box[0], "other"))
            assert right == [True] * 4, (
                "a use of the attribute in another thread mixed up the values of the two"
            )


@clause("local.many-threads")
def test_simultaneous_threads_do_not_mix_their_values(threading, actors, rounds):
    check_apart(actors, threading.local)
    data = threading.local()

    def work(me):
        def step(number):
            for count in range(5):
                mine = Thing()
                name = "y%d" % (count % 3)
                data.x = mine
                setattr(data, name, me)
                if data.x is not mine or getattr(data, name) != me:
                    return False
            return True

        return step

    check_race(actors, [work(me) for me in range(4)], rounds // 4)


@clause("local.many-threads")
def test_simultaneous_first_uses_do_not_mix(threading, actors, rounds):
    check_apart(actors, threading.local)
    rounds //= 4
    objects = [threading.local() for _ in range(rounds)]

    def work(me):
        def step(number):
            data = objects[number]
            before = look(data, "x")
            data.x = me
            return before == ABSENT and data.x == me

        return step

    check_race(actors, [work(me) for me in range(3)], rounds)


@clause("local.delete")
def test_a_deleted_attribute_is_gone_and_can_be_stored_again(threading, actors):
    def run(kind):
        data = kind()
        data.y = "kept"
        for number in range(3):
            data.x = number
            del data.x
            got = look(data, "x")
            assert got == ABSENT
            raises(AttributeError, delattr, data, "x")
        data.x = 5
        seen = [look(data, "x"), look(data, "y")]
        assert seen == [5, "kept"]

    for kind in kinds(threading):
        run(kind)
        actors.call(run, kind)


@clause("local.subclass")
def test_local_can_be_subclassed(threading, actors):
    class Mine(threading.local):
        pass

    class Deeper(Mine):
        pass

    class Beside(object):
        def size(self):
            return "size of %s" % self.x

    class Both(Beside, threading.local):
        pass

    class Behind(threading.local, Beside):
        pass

    for kind in (Mine, Deeper, Both, Behind):
        data = kind()
        ours = isinstance(data, kind) and isinstance(data, threading.local)
        assert ours, "isinstance() of the object and its class, or local, returned False"
        data.x = "here"
        other = actors.new()
        got = other.call(look, data, "x")
        assert got == ABSENT
        other.call(setattr, data, "x", "there")
        check_each(data, [other], "x", ["here", "there"])
        if isinstance(data, Beside):
            seen = [data.size(), other.call(lambda: data.size())]
            assert seen == ["size of here", "size of there"]


@clause("local.arguments-without-init")
def test_local_refuses_arguments(threading, actors):
    for _ in range(2):
        raises(TypeError, threading.local, 1)
        raises(TypeError, threading.local, None)
        raises(TypeError, threading.local, 1, 2)
        raises(TypeError, threading.local, x=1)
        raises(TypeError, threading.local, 1, x=1)
    raises(TypeError, actors.call, threading.local, 1)


@clause("local.arguments-without-init")
def test_a_subclass_without_init_refuses_arguments(threading):
    class Mine(threading.local):
        x = 1

    class Deeper(Mine):
        __slots__ = ("y",)

    for kind in (Mine, Deeper):
        raises(TypeError, kind, 1)
        raises(TypeError, kind, x=1)
        kind()


def in_own_threads(threading):
    """A function that calls another one in a thread of the implementation, and joins it."""

    def run(function, *args):
        thread = threading.Thread(target=function, args=args)
        thread.start()
        thread.join()

    return run


def repeat_until_reused(run, use, idents):
    """Run ``use`` in new threads until some have the identifiers of earlier ones, or in 40 threads.

    ``idents``: the list of identifiers that ``use`` adds to.
    """
    while len(idents) < 40 and len(idents) - len(set(idents)) < 4:
        run(use)


def released(references, patience, touch=lambda: None):
    """Whether all of the weak ``references`` die within ``patience`` seconds.

    ``touch``: called again and again meanwhile.
    """
    patience = clock() + patience
    pause = 0.0
    while True:
        gc.collect()
        left = [one for one in references if one() is not None]
        if not left:
            return True
        if clock() >= patience:
            return False
        left = None
        touch()
        time.sleep(pause)
        pause = min(pause + 0.0005, 0.02)


def holds_with(ways, check):
    """Whether ``check(run, patience)`` is true for one of the ways to run a function in a thread.

    ``ways``: a list of (run, seconds of patience).  An implementation may not learn of the end of a
    thread that it has not started, so where actors fail, threads of its own are tried; a fault of
    its Thread class is another clause's business.
    """
    for run, patience in ways:
        try:
            if check(run, patience):
                return True
        except Exception:
            if run is ways[0][0]:
                raise
    return False


def runners(threading, actors):
    """Two ways to run a function in a thread that ends then, each with seconds of patience."""
    window, positive = actors.durations["window"], actors.durations["positive"]
    return [(in_actors(actors), 10 * window), (in_own_threads(threading), positive / 2)]


@clause("local.ends-with-thread")
def test_values_are_released_when_their_thread_has_ended(threading, actors):
    class Mine(threading.local):
        def __init__(self):
            self.y = Thing()

    def use(data, references):
        value = Thing()
        data.x = value
        references.append(weakref.ref(value))
        data.__dict__["z"] = value = Thing()
        references.append(weakref.ref(value))
        if isinstance(data, Mine):
            value = getattr(data, "y", value)
            references.append(weakref.ref(value))

    for kind in kinds(threading) + [Mine]:

        def check(run, patience):
            data = kind()
            data.x = Thing()
            references = []
            for _ in range(3):
                run(use, data, references)
            return len(references) >= 6 and released(references, patience, lambda: look(data, "x"))

        gone = holds_with(runners(threading, actors), check)
        assert gone, "values that threads stored were not released after the threads had ended"


@clause("local.ident-reuse")
def test_a_new_thread_sees_nothing_of_one_that_has_ended(threading, actors):
    get_ident = actors.substrate.get_ident

    def check(run, patience):
        data = threading.local()
        idents = []
        seen = []

        def use():
            idents.append(get_ident())
            seen.append(look(data, "x"))
            seen.append(look(data, "y"))
            data.x = len(idents)
            data.__dict__["y"] = len(idents)

        repeat_until_reused(run, use, idents)
        return seen == [ABSENT] * len(seen)

    clean = holds_with(runners(threading, actors), check)
    assert clean, "an attribute in a new thread had the value of a thread that had ended"


@clause("local.ident-reuse")
def test_init_runs_in_a_new_thread_with_a_known_identifier(threading, actors):
    get_ident = actors.substrate.get_ident

    def check(run, patience):
        idents = []

        class Mine(threading.local):
            def __init__(self):
                self.x = "initial"

        data = Mine()
        seen = []
        if actors.call(look, data, "x") != "initial":
            return True  # __init__ runs in no other thread: another clause's business

        def use():
            idents.append(get_ident())
            seen.append(look(data, "x"))
            data.x = "changed"

        repeat_until_reused(run, use, idents)
        return seen == ["initial"] * len(seen)

    clean = holds_with(runners(threading, actors), check)
    assert clean, "__init__() did not run in a new thread that had the identifier of an ended one"


@clause("local.released-with-local")
def test_values_are_released_with_the_object(threading, actors):
    class Mine(threading.local):
        def __init__(self):
            self.y = 1

    def use(box, references):
        value = Thing()
        box[0].x = value
        references.append(weakref.ref(value))

    helpers = [actors.new() for _ in range(2)]
    for kind in (threading.local, Mine):
        box = [kind()]
        references = []
        use(box, references)
        for actor in helpers:
            actor.call(use, box, references)
        alive = [reference() is not None for reference in references]
        assert alive == [True] * 3, (
            "a value was released before its local object, and before the end of its thread"
        )
        del box[:]
        gone = released(references, actors.durations["positive"] / 2)
        assert gone, "values of threads that still run were not released with their local object"


@clause("local.unset-elsewhere")
def test_a_value_of_one_kind_of_thread_is_not_set_in_another(threading, actors):
    data = threading.local()
    for number, (one, other) in enumerate(pairs(threading, actors)):
        name = "name%d" % number
        one.call(setattr, data, name, "its own")
        seen = other.call(getattr, data, name, "not set")
        assert seen == "not set", "an attribute set in a %s is %r in a %s" % (one, seen, other)


@clause("local.unset-elsewhere")
def test_a_value_of_the_starter_is_not_set_in_the_thread_it_starts(threading, actors):
    for starter in helpers(threading, actors):
        data = threading.local()
        starter.call(setattr, data, "value", "the starter's")
        for kind in (BY_THREAD, BY_TIMER):
            child = actor_in(kind, threading, actors, starter)
            if child is None:
                continue
            seen = child.call(getattr, data, "value", "not set")
            assert seen == "not set", "an attribute set in the %s that started it is %r in a %s" % (
                starter,
                seen,
                child,
            )


@clause("local.elsewhere-unchanged")
def test_values_of_each_kind_of_thread_stay_its_own(threading, actors):
    data = threading.local()
    members = helpers(threading, actors)
    for number, actor in enumerate(members):
        actor.call(setattr, data, "value", number)
    for number, actor in enumerate(members):
        seen = actor.call(getattr, data, "value", None)
        assert seen == number, "an attribute set to %d in a %s is %r there" % (number, actor, seen)
