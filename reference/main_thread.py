"""The main thread object, and what it stands for: the end of the program, and of a forked child."""

import atexit
import os
import sys

from . import _registry, stack, thread
from .thread import Thread

__all__ = ["wait_at_exit"]

# Whether the end of the standard library's threading module waits for our threads, too.
_hooked = False
# How many exit handlers the program had registered when ours was the last of them.
_handlers = 0


def _main_thread():
    """A thread object that is started, alive and no daemon (``mainthread.*``)."""
    main = Thread(name="MainThread")
    main.setDaemon(False)
    thread.adopt(main)
    return main


def _begin():
    _registry.set_main(_main_thread())
    _registry.lookup()  # the calling thread finds out whether it is the one


def wait_at_exit():
    """Let the program wait for its threads as early at its end as it can be told to.

    Each start of a thread that is no daemon calls this.  The interpreter itself calls
    ``_shutdown()`` of a loaded module ``threading`` before any exit handler: where there is such a
    module, that waits for our threads first.  Elsewhere they can be waited for only in an exit
    handler, and the one registered last is the first to be called: ours is registered again after
    others have been.
    """
    global _handlers
    if _hooked:
        return
    if "threading" in sys.modules:
        _hook(sys.modules["threading"])
    elif _handlers != atexit._ncallbacks():
        atexit.register(_end)
        _handlers = atexit._ncallbacks()


def _hook(module):
    global _hooked
    go_on = getattr(module, "_shutdown", None)

    def shutdown():
        try:
            _end()
        except BaseException:  # Ctrl-C: the program is not to wait again
            atexit.unregister(_end)
            raise
        finally:
            if go_on is not None:
                go_on()

    module._shutdown = shutdown
    _hooked = True


def _end():
    """End the main thread; then wait until no alive thread is left that is no daemon.

    Threads that other threads start meanwhile are waited for as well (``program.*``).
    """
    if _registry.holds(_registry.main()):
        thread.terminate(_registry.main())
    me = _registry.lookup()
    while True:
        left = [one for one in _registry.alive() if not one._threadspec_daemon and one is not me]
        if not left:
            return
        for one in left:
            thread.wait(one)


def _begin_forked():
    """In a child process, which has one thread: make that the main thread, and end all others."""
    thread.renew_locks()
    stack.renew_locks()
    survivor = _registry.lookup()
    if survivor is None or _registry.is_dummy(survivor):
        survivor = _main_thread()
    survivor._threadspec_daemon = False
    for other in _registry.keep_only(survivor):
        thread.terminate(other)
    _registry.set_main(survivor)


_begin()
atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)
