"""What the adapter declares about the implementation and the platform of this process."""

from threadspec.conformance.harness.vocabulary import NotOffered

# What the platform lacks: "threads", "processes", "signals".
_lacking = set()

# Whether the threads of the substrate are green; empty if the adapter does not say so.
_cooperative = []

# The classes whose objects may only be started by the thread that has made them.
_started_by_maker = []


def declare(request):
    """Take over what a load request (see ``PROTOCOL.md``) declares."""
    _lacking.clear()
    _lacking.update(request["lacks"])
    del _started_by_maker[:]
    del _cooperative[:]
    if request["cooperative"] is not None:
        _cooperative.append(request["cooperative"])


def are_green(otherwise):
    """Whether the threads of the substrate are green; ``otherwise`` if the adapter does not say."""
    return _cooperative[0] if _cooperative else otherwise


def lacks(what):
    """Whether the platform has no threads, processes or signals, as the adapter says."""
    return what in _lacking


def starts_by_maker(module):
    """Take over that only the thread that has made a thread of ``module`` may start it."""
    for name in ("Thread", "Timer"):
        kind = getattr(module, name, None)
        if isinstance(kind, type):
            _started_by_maker.append(kind)


def may_be_started_by_maker_alone(value):
    """Whether a value is a thread object that only the thread which has made it may start."""
    return bool(_started_by_maker) and isinstance(value, tuple(_started_by_maker))


def thread_to_start(function):
    """The thread object that ``function`` starts, if only its maker may do so; None otherwise."""
    thread = getattr(function, "__self__", None)
    if may_be_started_by_maker_alone(thread) and function == getattr(thread, "start", None):
        return thread
    return None


def need_other_starters():
    """Raise NotOffered if only the thread that has made a thread may start it."""
    if _started_by_maker:
        raise NotOffered("only the thread that has made a thread may start it")


def need(what):
    """Raise NotOffered if the platform has no threads, processes or signals."""
    if lacks(what):
        raise NotOffered("the platform has no %s" % what)
