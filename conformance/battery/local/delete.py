"""Attributes of a ``local`` that are deleted."""

from threadspec.conformance.battery.support.local import check_each, kinds, look
from threadspec.conformance.harness.vocabulary import clause, raises


@clause("local.delete.own-only")
def test_deleting_leaves_other_threads_values(threading, actors):
    for kind in kinds(threading):
        data = kind()
        one, two = actors.new(), actors.new()
        for _ in range(2):
            data.x = "here"
            one.call(setattr, data, "x", "one")
            two.call(setattr, data, "x", "two")
            one.call(delattr, data, "x")
            check_each(data, [two], "x", ["here", "two"])
            del data.x
            got = two.call(look, data, "x")
            assert got == "two"


@clause("local.delete.own-only")
def test_another_threads_attribute_cannot_be_deleted(threading, actors):
    data = threading.local()
    data.x = 1
    other = actors.new()
    for _ in range(2):
        raises(AttributeError, other.call, delattr, data, "x")
    got = look(data, "x")
    assert got == 1
