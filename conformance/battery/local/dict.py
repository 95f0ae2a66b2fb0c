"""The ``__dict__`` of a ``local``."""

from threadspec.conformance.battery.support.local import ABSENT, check_names, kinds, look
from threadspec.conformance.harness.vocabulary import clause


@clause("local.dict.own-attributes")
def test_dict_shows_the_calling_threads_attributes(threading, actors):
    class WithAttribute(threading.local):
        z = "of the class"

    for kind in kinds(threading) + [WithAttribute]:
        data = kind()
        other = actors.new()
        check_names(data, [other], [[], []])
        data.x = "here"
        check_names(data, [other], [["x"], []])
        other.call(setattr, data, "y", "there")
        check_names(data, [other], [["x"], ["y"]])
        seen = [data.__dict__["x"], other.call(lambda: data.__dict__["y"])]
        assert seen == ["here", "there"]
        del data.x
        data.y = "here as well"
        check_names(data, [other], [["y"], ["y"]])
        seen = [data.__dict__["y"], other.call(lambda: data.__dict__["y"])]
        assert seen == ["here as well", "there"]


@clause("local.dict.writable")
def test_changes_of_dict_are_changes_of_attributes(threading, actors):
    def run(data, tag):
        data.__dict__["x"] = tag
        data.__dict__.update({"y": tag + "y", "z": tag + "z"})
        widgets = data.__dict__.setdefault("widgets", [])
        del data.__dict__["z"]
        return [data.x, data.y, look(data, "z"), data.widgets is widgets]

    for kind in kinds(threading):
        data = kind()
        other = actors.new()
        got = run(data, "here")
        assert got == ["here", "herey", ABSENT, True]
        seen = other.call(look, data, "x")
        assert seen == ABSENT
        got = other.call(run, data, "there")
        assert got == ["there", "therey", ABSENT, True]
        seen = [data.x, data.y]
        assert seen == ["here", "herey"]


@clause("local.dict.belongs-to-its-reader")
def test_a_dict_read_in_one_thread_stays_that_threads(threading, actors):
    for kind in kinds(threading):
        data = kind()
        data.x = "here"
        mine = data.__dict__
        other = actors.new()
        other.call(setattr, data, "x", "there")
        got = other.call(lambda: mine["x"])
        assert got == "here"
        theirs = other.call(lambda: data.__dict__)
        got = theirs["x"]
        assert got == "there"
        got = mine["x"]
        assert got == "here"


@clause("local.dict.assignment")
def test_assignment_to_dict(threading, actors, observe):
    data = threading.local()
    data.x = 1
    try:
        data.__dict__ = {"x": 2}
    except Exception:  # which one is as open as whether there is one
        observe("refused")
        return
    observe("accepted" if look(data, "x") == 2 else "accepted without effect")
