"""Calls in threads that the module did not start."""


def refused(function):
    """Call ``function``; it may raise, or do nothing."""
    try:
        function()
    except Exception:
        pass


def current_in_thread(threading, actors):
    """What currentThread() gives in a thread that the module started."""
    seen = []
    current = threading.currentThread
    thread = threading.Thread(target=lambda: seen.append(current()))
    actors.call(thread.start)
    arrived = actors.until(lambda: seen)
    assert arrived, "the thread does not run its target"
    return seen[0]
