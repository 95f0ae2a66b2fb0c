"""Calls of ``BoundedSemaphore`` methods interrupted by an exception from a signal handler."""

from threadspec.conformance.battery.support.interrupting import needs_blocking
from threadspec.conformance.battery.support.interruptions import (
    check_calls_back,
    check_calls_back_within,
    check_finalizer,
    check_raises,
    check_raises_within,
    check_raises_within_waited_for,
    check_returns,
)
from threadspec.conformance.harness.vocabulary import clause


@clause("interruptions.boundedsemaphore.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_bounded_semaphore(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.returns", apart=True)
def test_an_acquire_of_a_bounded_semaphore_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.calls-back", apart=True)
def test_a_handler_uses_the_bounded_semaphore_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.BoundedSemaphore(1), True)


@clause("interruptions.boundedsemaphore.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_bounded_semaphore_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, lambda: threading.BoundedSemaphore(1))
    check_raises_within_waited_for(actors, lambda: threading.BoundedSemaphore(1))


@clause("interruptions.boundedsemaphore.calls-back-within", apart=True)
def test_a_handler_uses_a_bounded_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, lambda: threading.BoundedSemaphore(2))


@clause("interruptions.boundedsemaphore.finalizer", apart=True)
def test_a_finalizer_uses_a_bounded_semaphore_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, lambda: threading.BoundedSemaphore(2))
