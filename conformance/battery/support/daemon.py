"""Reads daemon flags, and runs programs that must end."""

from threadspec.conformance.harness.vocabulary import tells


@tells("isDaemon()")
def flag_of(thread):
    """The daemon flag, as a bool."""
    return bool(thread.isDaemon())


def flag(thread, daemonic):
    """Make sure that the thread has that daemon flag, whatever it has at first; the thread."""
    try:
        differs = flag_of(thread) != daemonic
    except AttributeError:
        differs = daemonic  # a missing isDaemon is another clause's business
    if differs:
        thread.setDaemon(daemonic)
    return thread


def flagged(threading, daemonic):
    """A function that makes a thread with that daemon flag for a target."""

    return lambda target: flag(threading.Thread(target=target), daemonic)


def assert_ends(program, status=0):
    """The main thread gets to its end and the program ends with it, as any program does.

    ``status`` None: with any exit status.
    """
    line = program.line()
    assert line == "main is done", repr(program)
    assert program.ended(), repr(program)
    assert status is None or program.status == status, repr(program)
