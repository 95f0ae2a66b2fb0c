"""Which threads are alive, and which thread object stands for the calling thread of control.

Each function does one dictionary operation that is atomic with and without the GIL.  So there is no
lock here that a finalizer or a signal handler could find held by the thread it interrupts.
"""

from ._layer import get_ident, is_main_thread

__all__ = [
    "add",
    "alive",
    "count",
    "enter",
    "holds",
    "keep_only",
    "leave",
    "lookup",
    "main",
    "remove",
    "set_main",
    "settle",
]

# id(thread) -> thread.  A subclass may define any __eq__ and __hash__: no thread is a key itself.
_alive = {}
# The identifier of a thread of control -> the thread object that stands for it.
_current = {}
# The thread object of the program's initial thread of control.
_main = None


def add(thread):
    """Count ``thread`` among the alive ones."""
    _alive[id(thread)] = thread


def remove(thread):
    """Count ``thread`` among the alive ones no longer."""
    _alive.pop(id(thread), None)


def holds(thread):
    """Return whether ``thread`` is alive."""
    return id(thread) in _alive


def alive():
    """Return a new list of all alive threads, in the order in which they were started."""
    return list(_alive.copy().values())


def count():
    """Return the number of alive threads."""
    return len(_alive)


def lookup():
    """Return the thread object of the calling thread of control, or None where there is none."""
    thread = _current.get(get_ident())
    if thread is None and _main is not None and is_main_thread():
        return settle(_main)  # the module was imported in another thread
    return thread


def main():
    """Return the thread object of the main thread."""
    return _main


def set_main(thread):
    """Make ``thread`` the object of the main thread; ``lookup`` finds out which that is."""
    global _main
    _main = thread


def settle(thread):
    """Let ``thread`` stand for the calling thread unless another does; return the one that does."""
    return _current.setdefault(get_ident(), thread)


def enter(thread):
    """Let ``thread`` stand for the calling thread of control; return what ``leave`` needs.

    That is what stood for it before: a dummy where the system gives the identifier of an alien
    thread that has ended to a new thread, the starter where the layer runs a thread on the spot.
    """
    ident = get_ident()
    before = _current.get(ident)
    _current[ident] = thread
    return before


def leave(before):
    """Undo ``enter``."""
    if before is None:
        _current.pop(get_ident(), None)
    else:
        _current[get_ident()] = before


def keep_only(thread):
    """Forget every thread but ``thread``, which stands for the calling one; return the others."""
    others = [other for other in alive() if other is not thread]
    _current.clear()
    _current[get_ident()] = thread
    _alive.clear()
    add(thread)
    return others
