"""Starting threads: in actors, so that no case hangs in start(), and where the system refuses."""

HUGE = 1 << 47  # bytes; no process has memory for such a stack


def fails_to_start(threading, thread, substrate):
    """Let the system refuse to start ``thread`` for lack of memory; whether start() raised."""
    try:
        before = threading.stack_size()
        threading.stack_size(HUGE)  # which may return either of the two sizes
    except Exception:  # it is missing, or refuses such a size
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
        if hasattr(
            substrate, "stack_size"
        ):  # helper threads need memory, whatever the implementation does
            substrate.stack_size(0)
    return False


def made_and_started(actors, make, *args, **kwargs):
    """The thread that ``make`` returns, made and started in the same actor.

    An implementation may only let the thread that has made a thread start it.  Raises what either
    call raises; a start() that does not return is a violation.
    """
    maker = actors.new()
    thread = maker.call(make, *args, **kwargs)
    maker.call(thread.start)
    return thread


def let_one_end(threading, actors):
    """Start and join a thread, and ignore the outcome.

    A module that confuses its threads then gives the same answers in every worker, whichever cases
    have been run there before.
    """

    def run():
        thread = threading.Thread()
        thread.start()
        thread.join()

    actors.start(run).raised()  # another clause's business
