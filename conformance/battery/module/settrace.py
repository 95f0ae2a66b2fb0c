"""``settrace()``."""

import sys

from threadspec.conformance.battery.support.module import (
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
    tracing,
)
from threadspec.conformance.harness.vocabulary import clause

GET_TRACE = getattr(sys, "gettrace", None)


@clause("settrace.before-run")
def test_a_trace_function_sees_target_and_run(threading, actors):
    check_target_and_run(threading, actors, tracing(threading))


@clause("settrace.passed-on")
def test_a_trace_function_is_what_the_thread_traces_with(threading, actors):
    check_passed(threading, actors, tracing(threading), GET_TRACE)


@clause("settrace.every-thread")
def test_a_trace_function_is_set_in_every_thread(threading, actors):
    check_every_thread(threading, actors, tracing(threading))


@clause("settrace.timer")
def test_a_trace_function_sees_a_timers_function(threading, actors):
    check_timer(threading, actors, tracing(threading))


@clause("settrace.at-start")
def test_the_trace_function_at_the_start_counts(threading, actors):
    check_at_start(threading, actors, tracing(threading))


@clause("settrace.replaced")
def test_a_trace_function_is_replaced(threading, actors):
    check_replaced(threading, actors, tracing(threading))


@clause("settrace.none")
def test_none_ends_the_tracing_of_threads_to_come(threading, actors):
    check_none(threading, actors, tracing(threading), threading.settrace, GET_TRACE)


@clause("settrace.not-the-caller")
def test_the_thread_that_sets_a_trace_function_is_not_traced(threading, actors):
    check_caller(actors, tracing(threading), GET_TRACE)


@clause("settrace.not-aliens")
def test_alien_threads_are_not_traced(threading, actors):
    check_alien(threading, actors, tracing(threading))


@clause("settrace.running")
def test_threads_that_run_when_a_trace_function_is_set(threading, actors, observe):
    check_running(threading, actors, tracing(threading), observe)


@clause("settrace.keyword")
def test_a_trace_function_can_be_given_by_name(threading, actors):
    check_keyword(threading, actors, tracing(threading), threading.settrace)
