"""What the module offers."""

from threadspec.conformance.harness.vocabulary import clause


@clause("module.names")
def test_the_module_has_every_documented_name(threading):
    for name in (
        "activeCount Condition currentThread enumerate Event local Lock RLock Semaphore "
        "BoundedSemaphore Thread Timer settrace setprofile stack_size"
    ).split():
        found = callable(getattr(threading, name))
        assert found, "%s is not callable" % name
