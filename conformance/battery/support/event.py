"""What cases of Event share."""

from threadspec.conformance.harness.blocking import clock


def set_and_clear(event):
    event.set()
    event.clear()


def affordable(rounds, event):
    """``rounds``, or fewer where the methods of an event are so slow that it would take long."""
    began = clock()
    for _ in range(5):
        set_and_clear(event)
    seconds = (clock() - began) / 10
    return max(10, min(rounds, int(0.25 / max(seconds, 1e-9))))
