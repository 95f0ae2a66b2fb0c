"""``setprofile()``."""

import sys

from threadspec.conformance.battery.support.module import (
    Hooked,
    activity,
    check_alien,
    check_at_start,
    check_caller,
    check_every_thread,
    check_keyword,
    check_none,
    check_passed,
    check_replaced,
    check_running,
    check_target_and_run,
    check_timer,
    perform,
    tracing,
)
from threadspec.conformance.harness.vocabulary import clause


def profiling(threading):
    return Hooked(threading.setprofile, profiles=True)


GET_PROFILE = getattr(sys, "getprofile", None)


@clause("setprofile.before-run")
def test_a_profile_function_sees_target_and_run(threading, actors):
    check_target_and_run(threading, actors, profiling(threading))


@clause("setprofile.passed-on")
def test_a_profile_function_is_what_the_thread_profiles_with(threading, actors):
    check_passed(threading, actors, profiling(threading), GET_PROFILE)


@clause("setprofile.every-thread")
def test_a_profile_function_is_set_in_every_thread(threading, actors):
    check_every_thread(threading, actors, profiling(threading))


@clause("setprofile.timer")
def test_a_profile_function_sees_a_timers_function(threading, actors):
    check_timer(threading, actors, profiling(threading))


@clause("setprofile.at-start")
def test_the_profile_function_at_the_start_counts(threading, actors):
    check_at_start(threading, actors, profiling(threading))


@clause("setprofile.replaced")
def test_a_profile_function_is_replaced(threading, actors):
    check_replaced(threading, actors, profiling(threading))


@clause("setprofile.none")
def test_none_ends_the_profiling_of_threads_to_come(threading, actors):
    check_none(threading, actors, profiling(threading), threading.setprofile, GET_PROFILE)


@clause("setprofile.not-the-caller")
def test_the_thread_that_sets_a_profile_function_is_not_profiled(threading, actors):
    check_caller(actors, profiling(threading), GET_PROFILE)


@clause("setprofile.not-aliens")
def test_alien_threads_are_not_profiled(threading, actors):
    check_alien(threading, actors, profiling(threading))


@clause("setprofile.running")
def test_threads_that_run_when_a_profile_function_is_set(threading, actors, observe):
    check_running(threading, actors, profiling(threading), observe)


@clause("setprofile.keyword")
def test_a_profile_function_can_be_given_by_name(threading, actors):
    check_keyword(threading, actors, profiling(threading), threading.setprofile)


@clause("setprofile.beside-settrace")
def test_both_functions_can_be_set(threading, actors):
    trace, profile = tracing(threading), profiling(threading)
    with trace:
        with profile:
            for first, second in ((trace, profile), (profile, trace)):
                recorders = [first.install(), second.install()]
                function = activity()
                perform(actors, threading.Thread(target=function), function)
                seen = [recorder.was_called_for(function) for recorder in recorders]
                assert seen == [True, True]
                # Taking one back leaves the other.
                first.take_back()
                function = activity()
                perform(actors, threading.Thread(target=function), function)
                seen = recorders[1].was_called_for(function)
                assert seen
                second.take_back()
