"""Threads that end with an exception."""

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.stepping import settle
from threadspec.conformance.battery.support.thread import (
    Oops,
    Sink,
    failures,
    finish,
    kinds,
    native,
    raiser,
)
from threadspec.conformance.harness.vocabulary import clause


@clause("thread.exception.contained")
def test_a_failing_thread_leaves_others_alone(threading, actors):
    with Sink():
        for make in kinds(threading):
            for error in failures():
                with Latch(actors.substrate) as latch:
                    passed = []

                    def other():
                        latch.wait()
                        passed.append("other")

                    actors.call(threading.Thread(target=other).start)
                    starter = actors.start(make(raiser(error)).start)
                    assert starter.returned()
                    settle(actors)
                    assert passed == [], (
                        "a thread that waited for a lock went on when another thread failed"
                    )
                    latch.open()
                    went_on = actors.until(lambda: passed)
                    assert went_on, "another thread did not go on after a thread had failed"
                    starter.start(make(lambda: passed.append("later")).start)
                    assert starter.returned()
                    ran = actors.until(lambda: len(passed) == 2)
                    assert ran, "a thread that was started after a failure did not run"


class NarrowSink(Sink):
    """A standard error that can only write ASCII."""

    def write(self, text):
        text.encode("ascii")
        Sink.write(self, text)


@clause("thread.exception.contained")
def test_a_failing_thread_ends_though_its_name_cannot_be_written(threading, actors):
    with NarrowSink():
        for make in kinds(threading):
            thread = make(raiser(Oops("failed")))
            thread.setName(native(b"\xc5\x82\xc3\xb3d\xc5\xba"))
            starter = actors.start(thread.start)
            assert starter.returned(), repr(starter)
            joiner = actors.start(thread.join)
            assert joiner.returned(), "after the thread had failed: %r" % joiner


def report_of(threading, actors, error):
    """What is written to standard error when a thread raises ``error``."""
    with Sink() as errors:
        thread = threading.Thread(target=raiser(error))
        thread.start()
        finish(actors, thread)
        settle(actors)
        return errors.text()


@clause("thread.exception.reported")
def test_where_a_failure_is_reported(threading, actors, observe):
    text = report_of(threading, actors, Oops("the end of the road"))
    if "the end of the road" in text:
        observe("Traceback" in text and "a traceback on sys.stderr" or "a line on sys.stderr")
    else:
        observe("not on sys.stderr")


@clause("thread.exception.system-exit")
def test_where_a_system_exit_is_reported(threading, actors, observe):
    text = report_of(threading, actors, SystemExit("the end of the road"))
    observe(text and "on sys.stderr" or "in silence")
