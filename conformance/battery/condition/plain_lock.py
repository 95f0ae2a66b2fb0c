"""A Condition over a plain Lock."""

from threadspec.conformance.battery.support.condition import try_release
from threadspec.conformance.harness.vocabulary import clause


@clause("condition.plain-lock.held-elsewhere")
def test_methods_while_another_thread_has_acquired_the_plain_lock(threading, actors, observe):
    seen = []
    for name, args in (("wait", (0.001,)), ("notify", ()), ("notifyAll", ())):
        cond = threading.Condition(threading.Lock())
        notifier = actors.new()
        notifier.call(cond.acquire)
        caller = actors.start(getattr(cond, name), *args)
        if caller.returned():
            seen.append("%s returns" % name)
        elif caller.has_ended():
            seen.append("%s raises %s" % (name, type(caller.error).__name__))
        else:
            seen.append("%s blocks" % name)
        notifier.start(try_release, cond).returned()
    observe(", ".join(seen))
