"""``setprofile()``.

More of its cases are in ``battery/shared/hooks.py``.
"""

from threadspec.conformance.battery.shared import hooks
from threadspec.conformance.battery.support.hooks import called_in, profiling, tracing
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), hooks)


@clause("setprofile.beside-settrace")
def test_both_functions_can_be_set(threading, actors):
    trace, profile = tracing(threading), profiling(threading)
    with trace:
        with profile:
            for first, second in ((trace, profile), (profile, trace)):
                recorders = [first.install(), second.install()]
                function = called_in(actors, threading.Thread)
                seen = [recorder.was_called_for(function) for recorder in recorders]
                assert seen == [True, True], "called or not were %s: %r, %s: %r" % (
                    first,
                    seen[0],
                    second,
                    seen[1],
                )
                # Taking one back leaves the other.
                first.take_back()
                function = called_in(actors, threading.Thread)
                seen = recorders[1].was_called_for(function)
                assert seen, "%s was not called, the other function being None" % second
                second.take_back()
