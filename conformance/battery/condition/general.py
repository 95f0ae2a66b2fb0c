"""``Condition`` objects: how they are made, and what goes beyond a single method."""

from threadspec.conformance.battery.support.condition import acquire_and_release
from threadspec.conformance.harness.vocabulary import clause


@clause("condition.factory")
def test_each_condition_is_a_new_one(threading, actors):
    conditions = [threading.Condition() for _ in range(20)]
    notifier = actors.new()
    visitor = actors.new()
    for number in (0, 19):
        held = conditions[number]
        notifier.call(held.acquire)
        for cond in conditions:
            if cond is held:
                continue
            assert visitor.start(acquire_and_release, cond).returned()
        notifier.call(held.release)
    others = [cond for cond in conditions[1:] if cond is conditions[0]]
    assert others == [], "Condition() returned the same object twice"


@clause("condition.methods")
def test_a_condition_has_acquire_and_release(threading):
    cond = threading.Condition()
    assert callable(cond.acquire)
    assert callable(cond.release)


@clause("condition.methods")
def test_a_condition_has_wait(threading):
    assert callable(threading.Condition().wait)


@clause("condition.methods")
def test_a_condition_has_notify(threading):
    assert callable(threading.Condition().notify)


@clause("condition.methods")
def test_a_condition_has_notify_all(threading):
    assert callable(threading.Condition().notifyAll)
