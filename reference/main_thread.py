"""The main thread object, and what it stands for: the end of the program, and of a forked child."""

import atexit
import os

from . import _registry, stack, thread
from .thread import Thread


def _main_thread():
    """A thread object that is started, alive and no daemon (``mainthread.*``)."""
    main = Thread(name="MainThread")
    main.setDaemon(False)
    main._adopt()
    return main


def _begin():
    _registry.set_main(_main_thread())
    _registry.lookup()  # the calling thread finds out whether it is the one


def _end():
    """End the main thread; then wait until no alive thread is left that is no daemon.

    Threads that other threads start meanwhile are waited for as well (``program.*``).
    """
    if _registry.holds(_registry.main()):
        _registry.main()._terminate()
    me = _registry.lookup()
    while True:
        left = [one for one in _registry.alive() if not one.isDaemon() and one is not me]
        if not left:
            return
        for one in left:
            one._wait()


def _begin_forked():
    """In a child process, which has one thread: make that the main thread, and end all others."""
    thread.renew_locks()
    stack.renew_locks()
    survivor = _registry.lookup()
    if survivor is None:
        survivor = _main_thread()
    for other in _registry.keep_only(survivor):
        other._terminate()
    _registry.set_main(survivor)


_begin()
atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)
