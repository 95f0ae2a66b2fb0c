"""What the adapter declares about the platform in which this process runs."""

from threadspec.conformance.harness.vocabulary import NotOffered

# What the platform lacks: "threads", "processes", "signals".
_lacking = set()


def declare(request):
    """Take over what a load request (see ``PROTOCOL.md``) declares."""
    _lacking.clear()
    _lacking.update(request["lacks"])


def lacks(what):
    """Whether the platform has no threads, processes or signals, as the adapter says."""
    return what in _lacking


def need(what):
    """Raise NotOffered if the platform has no threads, processes or signals."""
    if lacks(what):
        raise NotOffered("the platform has no %s" % what)
