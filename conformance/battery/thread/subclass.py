"""Subclasses of ``Thread``."""

import abc

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.stepping import settle
from threadspec.conformance.battery.support.thread import Sink
from threadspec.conformance.harness.vocabulary import clause, show, show_error


@clause("thread.subclass.run")
def test_the_run_of_a_subclass_is_the_activity(threading, actors):
    ran = []

    class Own(threading.Thread):
        def run(self):
            ran.append((Own, self))

    class OwnOfOwn(Own):
        pass

    class Other(Own):
        def run(self):
            ran.append((Other, self))

    for kind, meant in ((Own, Own), (OwnOfOwn, Own), (Other, Other)):
        del ran[:]
        thread = kind()
        thread.start()
        arrived = actors.until(lambda: ran)
        assert arrived, "start() of a subclass did not invoke its run()"
        invoked, itself = ran[0]
        assert invoked is meant, "start() of a %s invoked %s.run(), expected %s.run()" % (
            kind.__name__,
            invoked.__name__,
            meant.__name__,
        )
        assert itself is thread, "run() got another object than the thread that was started"


@clause("thread.subclass.run")
def test_the_run_of_a_subclass_replaces_the_target(threading, actors):
    ran = []

    class Own(threading.Thread):
        def run(self):
            ran.append("run")

    thread = Own(target=lambda: ran.append("target"))
    thread.start()
    actors.until(lambda: ran)
    settle(actors)
    assert ran == ["run"], "start() led to calls of %r, expected only run()" % (ran,)


@clause("thread.subclass.run")
def test_classes_with_slots_other_bases_and_metaclasses_run(threading, actors):
    ran = []

    class Mixin(object):
        def run(self):
            ran.append(self)

    class First(Mixin, threading.Thread):
        pass

    class Second(threading.Thread, Mixin):
        run = Mixin.run

    class Slotted(First):
        __slots__ = ("own",)

    kinds = [First, Second, Slotted]
    if isinstance(threading.Thread, type):
        own = type(threading.Thread)
        metaclass = abc.ABCMeta
        if not issubclass(metaclass, own):
            metaclass = type(own)("Meta", (abc.ABCMeta, own), {})
        kinds.append(metaclass("Abstract", (Mixin, threading.Thread), {}))
    for kind in kinds:
        thread = kind()
        actors.start(thread.start)
        actors.until(lambda: ran)
        assert ran, "start() did not invoke the run() of a class %s(%s)" % (
            kind.__name__,
            ", ".join([base.__name__ for base in kind.__bases__]),
        )
        del ran[:]


@clause("thread.subclass.init")
def test_a_subclass_may_have_a_constructor_of_its_own(threading, actors):
    class Own(threading.Thread):
        def __init__(self, number, done, *more, **named):
            threading.Thread.__init__(self)
            self.own_number = number
            self.own_done = done
            self.own_rest = (more, named)

        def run(self):
            self.own_done.append(self.own_number)

    class OwnOfOwn(Own):
        def __init__(self, done):
            Own.__init__(self, 9, done)

        def run(self):
            self.own_done.append(self.own_number)

    done = []
    for thread in (
        Own(3, done),
        Own(5, done, 6, 7, 8, 9, 10),
        Own(number=7, done=done, color="red"),
        OwnOfOwn(done),
    ):
        before = len(done)
        thread.start()
        arrived = actors.until(lambda: len(done) > before)
        assert arrived, "run() of a subclass did not come to its end"
    assert done == [3, 5, 7, 9], "run() read the values %r, expected [3, 5, 7, 9]" % (done,)


@clause("thread.subclass.init")
def test_a_subclass_may_start_itself_at_the_end_of_its_constructor(threading, actors):
    class Own(threading.Thread):
        def __init__(self):
            threading.Thread.__init__(self)
            self.start()

        def run(self):
            ran.append(self)

    ran = []
    thread = Own()
    actors.until(lambda: ran)
    assert len(ran) == 1 and ran[0] is thread, "start() in __init__ did not invoke run() once"


@clause("thread.subclass.init")
def test_a_subclass_may_pass_arguments_on(threading, actors):
    class Own(threading.Thread):
        def __init__(self, *values):
            got = []
            threading.Thread.__init__(self, target=lambda *args: got.append(args), args=values)
            self.got = got

    thread = Own(1, 2)
    thread.start()
    arrived = actors.until(lambda: thread.got)
    assert arrived, "the target was not invoked"
    got = thread.got
    assert got == [(1, 2)]


@clause("thread.subclass.init-missing")
def test_a_subclass_that_forgets_the_constructor(threading, actors, observe):
    ran = []

    class Own(threading.Thread):
        def __init__(self):
            pass

        def run(self):
            ran.append(None)

    error = actors.start(Own().start).raised()
    settle(actors)
    if isinstance(error, RuntimeError):
        observe("start() raises RuntimeError")
    elif error is not None:
        observe("start() raises another error")
    else:
        observe(ran and "it runs" or "start() returns")


LATER_NAMES = "name daemon ident native_id is_alive".split()
METHODS = """
    target args kwargs group queue result value error exception
    event lock condition timeout interval function finished started stopped running alive status
    state number count id parent owner context log data items tasks stop cancel wait notify set
    clear isSet put get send close finish terminate kill pause resume work process handle
    execute setup
""".split()


# Names that an implementation may well use inside, and names mangled in a class called Thread.
PRIVATE_NAMES = """
    _target _args _kwargs _name _daemon _daemonic _ident _started _stopped _alive _ended _lock
    _block _condition _event _state _run _start _stop _join _wait _terminate _adopt _perform
    _bootstrap _delete _finish _begin _end _thread _handle _initialized _waiters _joiners
    _result _parent _group _local _id _number _timeout _check _main _activity _func _function
    _Thread__target _Thread__args _Thread__kwargs _Thread__name _Thread__daemon
    _Thread__daemonic _Thread__ident _Thread__started _Thread__stopped _Thread__alive
    _Thread__ended _Thread__lock _Thread__block _Thread__state _Thread__initialized _Thread__run
    _Thread__stop _Thread__wait _Thread__check _Thread__delete _Thread__bootstrap
    _Thread__perform
""".split()


def of_its_own(threading, names, methods, activity):
    """A class of threads with attributes, or methods, of the given names.

    Its objects keep the values of attributes in ``own``, and names of called methods in ``called``.
    """

    def noting(name):
        return lambda self, *args, **kwargs: self.called.append(name)

    def init(self):
        threading.Thread.__init__(self, name="worker")
        self.called = []
        self.own = {}
        if not methods:
            for name in names:
                self.own[name] = [name]
                setattr(self, name, self.own[name])

    body = {"__init__": init, "run": lambda self: activity()}
    if methods:
        body.update([(name, noting(name)) for name in names])
    return type("Thread", (threading.Thread,), body)


def trouble_with(threading, actors, names, methods):
    """What goes wrong with a thread whose class uses ``names``; None if nothing does."""
    done = []
    with Latch(actors.substrate) as latch:

        def activity():
            latch.wait()
            done.append(None)

        def join():
            thread.join()
            return list(done)

        starter = actors.start(of_its_own(threading, names, methods, activity))
        if starter.raised():
            return "the constructor raises %s" % show_error(starter.error)
        thread = starter.value
        starter.start(threading.Thread)
        plain = None if starter.raised() else starter.value  # made by the same thread
        starter.start(thread.start)
        actors.until(lambda: latch.arrivals or starter.has_ended() and starter.error is not None)
        if not latch.arrivals:
            error = starter.raised()
            return error and "start() raises %s" % show_error(error) or "run() is not invoked"
        joiner = actors.start(join)
        joiner.is_blocked()  # or returns, or raises, before the activity is over
        latch.open()
        if not starter.returned():
            return "start() does not return"
        if not joiner.returned():
            return "join() does not return"
        if not joiner.value:
            return "join() returns before run() does"
        if thread.called:
            return "%s() is called" % thread.called[0]
        for name in names:
            if not methods and getattr(thread, name) is not thread.own[name]:
                return "the attribute is changed"
        if hasattr(thread, "getName") and thread.getName() != "worker":
            return "getName() returns %s" % show(thread.getName())
        if hasattr(thread, "isDaemon") and plain is not None:
            is_daemonic, expected = bool(thread.isDaemon()), bool(plain.isDaemon())
            if is_daemonic != expected:
                return "isDaemon() returns %s" % show(is_daemonic)
    return None


def names_in_trouble(threading, actors, names, methods):
    """The names that a subclass cannot use, each with what goes wrong.

    Leaves out what goes wrong in every subclass: that is another clause's business.
    """
    found = []
    with Sink():
        usual = trouble_with(threading, actors, [], methods)
        if trouble_with(threading, actors, names, methods) != usual:
            for name in names:
                trouble = trouble_with(threading, actors, [name], methods)
                if trouble != usual:
                    found.append((name, trouble))
        settle(actors)
    return found


@clause("thread.subclass.names")
def test_a_subclass_may_have_methods_that_are_not_documented(threading, actors):
    found = names_in_trouble(threading, actors, METHODS, True)
    troubles = ["in a subclass with a method %s(), %s" % one for one in found]
    assert not troubles, "; ".join(troubles)


@clause("thread.subclass.other-names")
def test_other_names_that_a_subclass_may_use(threading, actors, observe):
    inside = [name for name in PRIVATE_NAMES if not name.startswith("_Thread__")]
    mangled = [name for name in PRIVATE_NAMES if name.startswith("_Thread__")]
    found = []
    with Sink():
        usual = trouble_with(threading, actors, [], False)
        for kind, names, methods in (
            ("attributes", METHODS, False),
            ("attributes of later manuals", LATER_NAMES, False),
            ("methods named like attributes of later manuals", LATER_NAMES, True),
            ("attributes with an underscore", inside, False),
            ("methods with an underscore", inside, True),
            ("attributes with two underscores", mangled, False),
            ("methods with two underscores", mangled, True),
        ):
            if trouble_with(threading, actors, names, methods) != usual:
                found.append(kind)
        settle(actors)
    if found:
        observe("not all can be used of: %s" % ", ".join(found))
    else:
        observe("all that were tried can be used")
