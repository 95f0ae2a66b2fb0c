"""Threads that the module did not start, and their thread objects."""

from threadspec.conformance.harness.vocabulary import show


def refused(function):
    """Call ``function``, which may raise an exception."""
    try:
        function()
    except Exception:
        pass


def alien_and_dummy(threading, actors):
    """A new actor, which is an alien thread, and the object that currentThread() returns there."""
    alien = actors.new()
    return alien, alien.call(threading.currentThread)


def check_string(name):
    """A name that getName() returned is a string."""
    assert hasattr(name, "upper"), "getName() returned %s, which is no string" % show(name)


def current_in_thread(threading, actors):
    """What currentThread() returns in a thread that the module started."""
    seen = []
    current = threading.currentThread
    thread = threading.Thread(target=lambda: seen.append(current()))
    actors.call(thread.start)
    arrived = actors.until(lambda: seen)
    assert arrived, "the thread did not call its target"
    return seen[0]
