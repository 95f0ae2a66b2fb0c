"""Subclasses of ``local``."""

import gc

from threadspec.conformance.battery.support.crossing import helpers
from threadspec.conformance.battery.support.local import (
    ABSENT,
    ENOUGH,
    Thing,
    check_each,
    check_names,
    here,
    in_actors,
    look,
    names,
)
from threadspec.conformance.battery.support.premises import check_apart
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.blocking import clock
from threadspec.conformance.harness.vocabulary import clause, raises, show


@clause("local.subclass.class-attributes")
def test_class_attributes_are_defaults_in_every_thread(threading, actors):
    class Mine(threading.local):
        x = "default"

    data = Mine()
    one, two = actors.new(), actors.new()
    for _ in range(2):
        check_each(data, [one, two], "x", ["default"] * 3)
        data.x = "here"
        one.call(setattr, data, "x", "one")
        check_each(data, [one, two], "x", ["here", "one", "default"])
        del data.x
        one.call(delattr, data, "x")
        check_each(data, [one, two], "x", ["default"] * 3)
        of_class = Mine.x
        assert of_class == "default"


@clause("local.subclass.class-attributes")
def test_a_changed_class_attribute_is_the_default_in_every_thread(threading, actors):
    class Mine(threading.local):
        x = "first"

    data = Mine()
    other = actors.new()
    other.call(look, data, "x")
    Mine.x = "second"
    check_each(data, [other], "x", ["second", "second"])
    other.call(setattr, data, "x", "own")
    Mine.x = "third"
    check_each(data, [other], "x", ["third", "own"])


@clause("local.subclass.class-attributes")
def test_class_attributes_are_there_beside_what_a_thread_stores(threading, actors):
    class Mine(threading.local):
        x = "default"
        y = 5

    data = Mine()
    other = actors.new()
    for call in (here, other.call):
        call(setattr, data, "z", 1)
        seen = [call(look, data, "x"), call(look, data, "y")]
        assert seen == ["default", 5]
        call(setattr, data, "x", "own")
        seen = [call(look, data, "x"), call(look, data, "y")]
        assert seen == ["own", 5]


@clause("local.subclass.class-attributes")
def test_a_class_attribute_cannot_be_deleted_through_the_object(threading, actors):
    class Mine(threading.local):
        x = "default"

    data = Mine()
    for actor in (actors.new(), actors.new()):
        actor.start(delattr, data, "x").raised()
    seen = [data.x, Mine.x, Mine().x]
    assert seen == ["default"] * 3


@clause("local.subclass.methods")
def test_methods_see_the_calling_threads_values(threading, actors):
    class Mine(threading.local):
        def squared(self):
            return self.number**2

        def add(self, number):
            self.number = self.number + number

    data = Mine()
    other = actors.new()
    data.number = 3
    other.call(setattr, data, "number", 2)
    squares = [data.squared(), other.call(lambda: data.squared())]
    assert squares == [9, 4]
    other.call(lambda: data.add(8))
    squares = [data.squared(), other.call(lambda: data.squared())]
    assert squares == [9, 100]


@clause("local.subclass.methods")
def test_a_bound_method_passed_on_sees_its_callers_values(threading, actors):
    class Mine(threading.local):
        def read(self):
            return look(self, "x")

        def write(self, value):
            self.x = value

    data = Mine()
    data.x = "here"
    read = data.read
    write = data.write
    other = actors.new()
    got = other.call(read)
    assert got == ABSENT
    other.call(write, "there")
    seen = [read(), other.call(read)]
    assert seen == ["here", "there"]


@clause("local.subclass.methods")
def test_class_and_static_methods_work(threading, actors):
    class Mine(threading.local):
        @classmethod
        def kind(cls):
            return cls

        @staticmethod
        def double(number):
            return 2 * number

    data = Mine()
    for call in (here, actors.call):
        got = call(lambda: data.kind())
        assert got is Mine
        got = call(lambda: data.double(3))
        assert got == 6


@clause("local.subclass.properties")
def test_properties_work_on_the_calling_threads_values(threading, actors):
    class Mine(threading.local):
        def _get(self):
            return look(self, "stored")

        def _set(self, value):
            self.stored = value

        def _delete(self):
            del self.stored

        x = property(_get, _set, _delete)
        fixed = property(_get)

    data = Mine()
    other = actors.new()
    data.x = "here"
    other.call(setattr, data, "x", "there")
    for name in ("x", "stored"):
        check_each(data, [other], name, ["here", "there"])
    check_names(data, [other], [["stored"], ["stored"]])
    other.call(delattr, data, "x")
    got = other.call(look, data, "x")
    assert got == ABSENT
    raises(AttributeError, setattr, data, "fixed", 1)
    raises(AttributeError, other.call, setattr, data, "fixed", 1)
    data.x = "again"
    got = data.fixed
    assert got == "again"


@clause("local.subclass.init-each-thread")
def test_init_runs_before_the_first_use_in_a_thread(threading, actors):
    class Mine(threading.local):
        def __init__(self):
            self.x = "initial"
            self.y = "initial too"

        def read(self):
            return self.x

    def store(data):
        data.x = "stored"
        return data.x

    def delete(data):
        del data.x
        return look(data, "x")

    uses = [
        (lambda data: data.x, "initial"),
        (lambda data: getattr(data, "x", ABSENT), "initial"),
        (store, "stored"),
        (delete, ABSENT),
        (lambda data: data.read(), "initial"),
        (lambda data: data.__dict__["x"], "initial"),
        (lambda data: hasattr(data, "y"), True),
    ]
    data = Mine()
    seen = [data.x, data.y]
    assert seen == ["initial", "initial too"]
    data.x = "changed"
    data.y = "changed too"
    for use, expected in uses:
        other = actors.new()
        got = other.call(use, data)
        assert got == expected
        got = other.call(look, data, "y")
        assert got == "initial too"
    got = data.y
    assert got == "changed too"


@clause("local.subclass.init-each-thread")
def test_init_runs_in_each_thread_for_each_object(threading, actors):
    class Mine(threading.local):
        def __init__(self):
            self.items = []

    first = Mine()
    second = Mine()
    helpers = [actors.new() for _ in range(3)]
    lists = [first.items, second.items]
    for actor in helpers:
        lists.append(actor.call(lambda: first.items))
        lists.append(actor.call(lambda: second.items))
    different = len(set([id(one) for one in lists]))
    assert different == 8, "4 threads with 2 objects have %d lists, expected 8" % different
    for number, actor in enumerate(helpers):
        again = actor.call(lambda: first.items)
        assert again is lists[2 + 2 * number]


@clause("local.subclass.init-once")
def test_init_runs_once_in_each_thread(threading, actors):
    get_ident = actors.substrate.get_ident
    calls = []

    class Mine(threading.local):
        def __init__(self):
            calls.append(get_ident())

        def method(self):
            return self

    def use(data):
        look(data, "x")
        data.x = 1
        data.method()
        data.__dict__
        del data.x

    here = get_ident()
    data = Mine()
    assert calls == [here], "__init__() ran %d times in one thread, expected once" % len(calls)
    for _ in range(2):
        use(data)
    assert calls == [here], "__init__() ran %d times in one thread, expected once" % len(calls)
    one = actors.new()
    two = actors.new()
    other = actors.new()
    other.call(lambda held: None, data)
    for _ in range(3):
        for actor in (one, two):
            actor.call(use, data)
        use(data)
    other.call(lambda held: None, data)
    expected = [here, one.ident, two.ident]
    assert calls == expected, "__init__() ran %d times in three threads, expected 3" % len(calls)


@clause("local.subclass.init-once")
def test_init_runs_once_also_when_it_stores_nothing_that_lasts(threading, actors):
    calls = []

    class Mine(threading.local):
        def __init__(self):
            calls.append(1)
            self.x = 1
            del self.x

    data = Mine()
    other = actors.new()
    for _ in range(3):
        look(data, "x")
        other.call(look, data, "x")
    count = len(calls)
    assert count == 2, "__init__() ran %d times in 2 threads, expected 2" % count


@clause("local.subclass.init-once")
def test_init_runs_once_where_another_first_use_meets_it_at_any_line(threading, actors):
    get_ident = actors.substrate.get_ident
    calls = []

    class Mine(threading.local):
        def __init__(self):
            calls.append(get_ident())
            self.x = 1

    def prepare():
        data = Mine()
        del calls[:]
        return (lambda: look(data, "x")), (lambda: look(data, "x"))

    for meeting in meetings(actors, prepare):
        expected = sorted([meeting.call.ident, meeting.other.ident])
        meeting.call.result()
        meeting.other.result()
        assert sorted(calls) == expected, "__init__() ran %d times in 2 threads, expected 2" % len(
            calls
        )


@clause("local.subclass.init-once")
def test_init_runs_once_in_each_of_many_simultaneous_threads(threading, actors, rounds):
    check_apart(actors, threading.local)
    calls = []

    class Mine(threading.local):
        def __init__(self):
            calls.append(id(self))
            self.x = 1

    rounds //= 4
    objects = [Mine() for _ in range(rounds)]
    until = clock() + ENOUGH
    used = []

    def use(number):
        if clock() > until:
            return
        look(objects[number], "x")
        look(objects[number], "x")
        used.append(number)

    actors.race([use] * 3, rounds)
    times = {}
    for one in calls + used:
        times[one] = times.get(one, 0) + 1
    for number in [number for number in range(rounds) if times.get(number) == 3]:
        count = times[id(objects[number])]
        assert count == 4, "__init__() ran %d times in 4 threads, expected 4" % count


@clause("local.subclass.init-arguments")
def test_init_gets_the_same_arguments_in_each_thread(threading, actors):
    class Mine(threading.local):
        def __init__(self, first, *rest, **named):
            self.got = (first, rest, named)

    def check(got):
        first, rest, named = got
        assert first is thing, "__init__() got another object than was given"
        assert rest == (2, [3]) and rest[1] is items, (
            "__init__() got %r in *args, expected (2, [3])" % (rest,)
        )
        assert sorted(named) == ["color", "size"], "__init__() got the keywords %s" % sorted(named)
        assert named["color"] is color and named["size"] == 5, (
            "__init__() got other values of keywords"
        )

    thing = Thing()
    color = Thing()
    items = [3]
    data = Mine(thing, 2, items, color=color, size=5)
    check(data.got)
    for _ in range(2):
        check(actors.call(lambda: data.got))


@clause("local.subclass.init-arguments")
def test_each_form_of_arguments_arrives(threading, actors):
    class Mine(threading.local):
        def __init__(self, x=1, y=2):
            self.got = (x, y)

    forms = [
        (Mine(), (1, 2)),
        (Mine(3), (3, 2)),
        (Mine(3, 4), (3, 4)),
        (Mine(y=4), (1, 4)),
        (Mine(3, y=None), (3, None)),
        (Mine(x=3, y=4), (3, 4)),
    ]
    for data, expected in forms:
        seen = [data.got, actors.call(lambda: data.got)]
        assert seen == [expected, expected]


@clause("local.subclass.init-arguments")
def test_what_init_does_to_its_keywords_is_forgotten(threading, actors):
    class Mine(threading.local):
        def __init__(self, **named):
            self.color = named["color"]
            named.clear()

    data = Mine(color="red")
    seen = [data.color]
    data.color = "green"
    for _ in range(2):
        seen.append(actors.call(look, data, "color"))
    assert seen == ["red", "red", "red"]


@clause("local.subclass.init-uses-object")
def test_init_can_use_the_object(threading, actors):
    class Mine(threading.local):
        def __init__(self):
            self.x = 1
            self.y = self.x + 1
            self.temporary = 1
            del self.temporary
            self.fill()
            self.seen = (names(self), self.x, self.y, self.z, look(self, "temporary"))

        def fill(self):
            self.z = self.y + 1

    data = Mine()
    data.x = 100
    for call in (here, actors.call, actors.call):
        got = call(lambda: data.seen)
        expected = (["x", "y", "z"], 1, 2, 3, ABSENT)
        assert got == expected, (
            "__init__() stored 1 as x and x + 1 as y, and called a method that stored y + 1 as z; "
            "then the attributes and their values were %s, expected %s"
            % (show(got), show(expected))
        )


@clause("local.subclass.init-uses-object")
def test_init_can_fill_dict(threading, actors):
    class Mine(threading.local):
        number = 2

        def __init__(self):
            self.__dict__.update({"color": "red"})

    data = Mine()
    seen = [look(data, "color"), look(data, "number")]
    assert seen == ["red", 2]
    got = actors.call(look, data, "color")
    assert got == "red"


@clause("local.subclass.init-inherited")
def test_an_inherited_init_counts(threading, actors):
    class Mine(threading.local):
        def __init__(self, x=1):
            self.x = x

    class Deeper(Mine):
        pass

    class Calling(Mine):
        def __init__(self):
            Mine.__init__(self, 1)
            self.y = 2

    class Beside(object):
        def __init__(self, x=1):
            self.x = x

    class Both(Beside, threading.local):
        pass

    for kind in (Deeper, Calling, Both):
        data = kind()
        check_each(data, [actors], "x", [1, 1])
    for data in (Deeper(3), Both(3), Deeper(x=3)):
        got = look(data, "x")
        assert got == 3


@clause("local.subclass.base-init")
def test_init_can_call_that_of_local(threading, actors):
    class Mine(threading.local):
        def __init__(self, x):
            self.before = x
            super(Mine, self).__init__()
            self.x = x

    class Plain(threading.local):
        def __init__(self, x):
            self.before = x
            threading.local.__init__(self)
            self.x = x

    for data in (Mine(1), Plain(1)):
        seen = [data.x, look(data, "before")]
        assert seen == [1, 1]
        error = actors.start(setattr, data, "x", 2).raised()
        assert error is None, "__init__() raised an exception in another thread"


@clause("local.subclass.init-error")
def test_an_init_that_fails_in_a_further_thread(threading, actors, observe):
    calls = []
    here = actors.substrate.get_ident()

    class Mine(threading.local):
        def __init__(self):
            calls.append(1)
            if actors.substrate.get_ident() != here and len(calls) < 4:
                raise KeyError("refused")
            self.x = 1

    data = Mine()
    other = actors.new()
    outcomes = []
    for _ in range(2):
        error = other.start(lambda: data.x).raised()
        outcomes.append(ABSENT if error is None else type(error).__name__)
    if outcomes == ["KeyError", "KeyError"] and len(calls) == 3:
        observe("the use raises it, and the next use calls __init__ again")
    elif outcomes[0] == "KeyError":
        observe("the use raises it, and the next use does not call __init__ again")
    else:
        observe("the use does not raise it")


@clause("local.subclass.slots-shared")
def test_slots_are_shared_between_threads(threading, actors):
    class One(threading.local):
        __slots__ = "number"

    class Two(threading.local):
        __slots__ = ("number", "other")

    class Deeper(One):
        __slots__ = ("another",)

    slots = [(One, "number"), (Two, "number"), (Two, "other"), (Deeper, "number")]
    for kind, name in slots + [(Deeper, "another")]:
        data = kind()
        one = actors.new()
        setattr(data, name, 42)
        got = one.call(look, data, name)
        assert got == 42
        one.call(setattr, data, name, 11)
        check_each(data, [actors], name, [11, 11])
        delattr(data, name)
        check_each(data, [one], name, [ABSENT, ABSENT])
        one.call(setattr, data, name, 12)
        got = look(data, name)
        assert got == 12
        one.call(delattr, data, name)
        got = look(data, name)
        assert got == ABSENT


@clause("local.subclass.slots-shared")
def test_slots_belong_to_one_object(threading, actors):
    class Mine(threading.local):
        __slots__ = ("number",)

    first = Mine()
    second = Mine()
    first.number = 1
    actors.call(setattr, second, "number", 2)
    seen = [look(first, "number"), look(second, "number")]
    assert seen == [1, 2]


@clause("local.subclass.slots-shared")
def test_a_slots_value_outlives_its_thread(threading, actors):
    class Mine(threading.local):
        __slots__ = ("number",)

    data = Mine()
    run = in_actors(actors)
    for number in range(2):
        run(setattr, data, "number", number)
        gc.collect()
        check_each(data, [actors], "number", [number, number])


@clause("local.subclass.slots-others-local")
def test_other_attributes_beside_slots_are_local(threading, actors):
    class Mine(threading.local):
        __slots__ = ("number",)

    data = Mine()
    data.number = 42
    data.color = "red"
    other = actors.new()
    got = other.call(look, data, "color")
    assert got == ABSENT
    other.call(setattr, data, "color", "green")
    check_each(data, [other], "color", ["red", "green"])


@clause("local.subclass.init-each-thread")
def test_init_runs_in_threads_of_every_kind(threading, actors):
    class Own(threading.local):
        def __init__(self):
            self.value = "initial"

    data = Own()
    for actor in helpers(threading, actors):
        seen = actor.call(getattr, data, "value", "not set")
        assert seen == "initial", "__init__() sets the attribute to 'initial', in a %s it is %r" % (
            actor,
            seen,
        )
