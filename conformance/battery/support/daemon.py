"""Daemon flags, and programs that must end."""

from threadspec.conformance.harness.vocabulary import tells


@tells("isDaemon()")
def flag_of(thread):
    """The daemon flag, as a bool."""
    return bool(thread.isDaemon())


def flag(thread, daemonic):
    """Give the thread that daemon flag, unless it has it already; return the thread."""
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


def check_flag(thread, expected, caller=None):
    """isDaemon() returns that flag; with ``caller``, an actor, in its thread as well."""
    seen = flag_of(thread)
    assert seen == expected
    if caller is not None:
        seen = bool(caller.call(thread.isDaemon))
        assert seen == expected


def check_says(program, *lines):
    """The program says these lines next."""
    for expected in lines:
        line = program.line()
        assert line == expected, "expected %r next: %r" % (expected, program)


def assert_ends(program, status=0):
    """The main thread of the program comes to its end, and then the program ends.

    ``status``: the exit status; None: any.
    """
    check_says(program, "main is done")
    assert program.ended(), repr(program)
    assert status is None or program.status == status, repr(program)
