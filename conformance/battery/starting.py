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
