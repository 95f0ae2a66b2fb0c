"""Start threads in actors, so that a start() that does not return is a failure and no hang."""


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
