"""What is undone at the end of a case, wherever the case has ended.

A case that fails leaves what comes after the failed check undone: a thread that it holds up would
stay, and its worker would be replaced, which takes longer than many cases.
"""

_waiting = []


def at_end(function):
    """Let ``function()`` be called when the present case has ended; it must not raise."""
    _waiting.append(function)


def undo():
    """Call what was passed to :func:`at_end` during the case, the last first."""
    while _waiting:
        _waiting.pop()()
