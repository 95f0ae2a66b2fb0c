"""What the module offers."""

from threadspec.conformance.harness.vocabulary import clause

MODULE = (
    "activeCount Condition currentThread enumerate Event local Lock RLock Semaphore "
    "BoundedSemaphore Thread Timer settrace setprofile stack_size"
)


@clause("module.names")
def test_the_module_has_every_documented_name(threading, naming):
    naming.check(threading, MODULE)
