"""What wait() of a Condition and of an Event promise alike about time-outs, and without one.

``things``: ``Conditions`` or ``Events``, which make one, wait for it and wake the threads that do.
"""

from threadspec.conformance.battery.support.condition import Conditions
from threadspec.conformance.battery.support.deadlines import (
    check_not_early,
    check_not_late,
    check_outlasts,
)
from threadspec.conformance.battery.support.event import Events
from threadspec.conformance.battery.support.extremes import AGES, YEARS, check_waits
from threadspec.conformance.harness.vocabulary import clause

CLASSES = {"condition.wait": Conditions, "event.wait": Events}
NONE = {"condition.wait.timeout-none": Conditions, "event.wait.none": Events}


def check_blocks(things, actors, *timeout):
    for make in things.makers:
        thing = make()
        check_outlasts(actors, lambda: things.wake(thing), things.wait, thing, *timeout)  # noqa: B023


@clause("*.blocks")
def test_wait_blocks_however_long_it_takes(things, actors):
    check_blocks(things, actors)


@clause("*", of=NONE)
def test_wait_with_none_blocks_however_long_it_takes(things, actors):
    check_blocks(things, actors, None)


@clause("*.timeout-not-early")
def test_a_time_out_is_not_cut(things, actors):
    for make in things.makers:
        check_not_early(actors, make, things.wake, things.wait)


@clause("*.timeout-expires")
def test_a_time_out_is_not_stretched(things, actors):
    for make in things.makers:
        check_not_late(actors, make, things.wake, things.wait)


def check_timeouts(things, actors, timeouts, may_raise):
    call, wake_all = things.calls(actors, len(timeouts))
    check_waits(actors, call, wake_all, timeouts, may_raise)


@clause("*.timeout-long")
def test_a_long_timeout_does_not_occur(things, actors):
    check_timeouts(things, actors, YEARS, may_raise=False)


@clause("*.timeout-long")
def test_an_immense_timeout_does_not_occur(things, actors):
    check_timeouts(things, actors, AGES, may_raise=True)


@clause("*.timeout-unlimited")
def test_an_immense_timeout_is_accepted(things, actors):
    check_timeouts(things, actors, AGES, may_raise=False)
