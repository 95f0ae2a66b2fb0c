"""Threads around an interrupted call."""

from threadspec.conformance.harness.vocabulary import NotOffered


class Gate(object):
    """A target: a thread that calls it stays alive until the case opens it."""

    def __init__(self, actors):
        self._lock = actors.substrate.allocate_lock()
        self._lock.acquire()
        self.entered = False

    def __call__(self):
        self.entered = True
        self._lock.acquire()
        self._lock.release()

    def open(self):
        self._lock.release()


def lists(threading, thread):
    """Whether ``thread`` is listed as alive."""
    return any([one is thread for one in threading.enumerate()])


def started(actors, thread, end):
    """Start ``thread``; ``end`` ends it.  Raises NotOffered where start() waits for its end."""
    starter = actors.start(thread.start)
    if not starter.returned() and not starter.has_ended():
        end()
        raise NotOffered("start() does not return while the thread runs")
    starter.result()


def check_alive(threading, actors, thread, gate, what):
    """Make sure that ``thread``, at its gate, is alive, and is joined once that is open."""
    listed = lists(threading, thread)
    assert listed, "%s, enumerate() does not list the thread, which still runs" % what
    joiner = actors.start(thread.join)
    waits = joiner.is_blocked()
    assert waits, "%s, join() in another thread does not block: %r" % (what, joiner)
    gate.open()
    returned = joiner.returned()
    assert returned, "%s, join() in another thread does not return at the thread's end" % what
