"""Start threads in actors, so that a start() that does not return is a failure and no hang."""

HUGE = 1 << 47  # bytes; no process has room for such a stack


def fails_to_start(threading, thread, substrate):
    """Let the system refuse to start ``thread`` for want of room; whether start() raised then."""
    try:
        before = threading.stack_size()
        threading.stack_size(HUGE)  # which may return either of the two sizes
    except Exception:  # it is not there, or takes no such size
        return False
    try:
        thread.start()
    except Exception:
        return True
    finally:
        try:
            threading.stack_size(before)
        except Exception:
            pass  # what it returned was no size: another clause's business
        if hasattr(substrate, "stack_size"):  # helpers need room, whatever the implementation does
            substrate.stack_size(0)
    return False


def made_and_started(actors, make, *args, **kwargs):
    """The thread that ``make`` returns, made and started in one actor.

    One thread does both, since an implementation may let nobody else start what a thread has made.
    Raises what either of them raises; a start() that does not return is a violation.
    """
    maker = actors.new()
    thread = maker.call(make, *args, **kwargs)
    maker.call(thread.start)
    return thread


def let_one_end(threading, actors):
    """Let a thread be started and end, whatever comes of it: what is left of it must not matter.

    Where a module confuses its threads, what it says afterwards is then the same in every worker,
    whichever cases have been run there before.
    """

    def run():
        thread = threading.Thread()
        thread.start()
        thread.join()

    actors.start(run).raised()  # another clause's business
