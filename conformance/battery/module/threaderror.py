"""``ThreadError``."""

from threadspec.conformance.harness.vocabulary import clause, raises


@clause("threaderror.exception")
def test_thread_error_is_an_exception(threading):
    error = threading.ThreadError
    assert isinstance(error, type), "ThreadError is %r, which is no class" % (error,)
    assert issubclass(error, Exception), "%r is no exception class" % (error,)
    caught = raises(error, fail_with, error)
    assert isinstance(caught, error), "a raised ThreadError is a %s" % type(caught).__name__


def fail_with(error):
    raise error("of the battery")
