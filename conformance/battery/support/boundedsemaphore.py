"""What cases of BoundedSemaphore share."""


def is_refused(semaphore):
    """Whether release() raises an error, of whatever type."""
    try:
        semaphore.release()
    except:  # noqa: E722 - its type is another clause's business
        return True
    return False
