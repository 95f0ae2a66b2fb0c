"""Calls of ``RLock`` methods interrupted by an exception from a signal handler."""

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


@clause("interruptions.rlock.raises", apart=True)
def test_an_exception_ends_a_blocked_acquire_of_a_reentrant_lock(threading, actors):
    needs_blocking(threading, actors)
    check_raises(actors, threading.RLock())


@clause("interruptions.rlock.returns", apart=True)
def test_an_acquire_of_a_reentrant_lock_goes_on_after_a_handler(threading, actors):
    needs_blocking(threading, actors)
    check_returns(actors, threading.RLock())


@clause("interruptions.rlock.calls-back", apart=True)
def test_a_handler_uses_the_reentrant_lock_that_is_waited_for(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back(actors, threading.RLock(), False)


@clause("interruptions.rlock.raises-within", apart=True)
def test_an_exception_at_each_step_leaves_a_reentrant_lock_usable(threading, actors):
    needs_blocking(threading, actors)
    check_raises_within(actors, threading.RLock)
    check_raises_within_waited_for(actors, threading.RLock)


@clause("interruptions.rlock.calls-back-within", apart=True)
def test_a_handler_uses_a_reentrant_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_calls_back_within(actors, threading.RLock)


@clause("interruptions.rlock.finalizer", apart=True)
def test_a_finalizer_uses_a_reentrant_lock_at_each_step(threading, actors):
    needs_blocking(threading, actors)
    check_finalizer(actors, threading.RLock)
