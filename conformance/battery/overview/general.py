"""What the introduction of the manual says about the module as a whole."""

from threadspec.conformance.harness.vocabulary import clause

MODULE = (
    "activeCount Condition currentThread enumerate Event local Lock RLock Semaphore "
    "BoundedSemaphore Thread Timer settrace setprofile stack_size"
)

OF_THREADS = "start run join getName setName isAlive isDaemon setDaemon"


def check_absent(thing, names):
    """Check that ``thing`` has nothing to call under any of these names."""
    extra = [name for name in names.split() if callable(getattr(thing, name, None))]
    assert not extra, "%s can be called, which the manual does not document" % " and ".join(extra)


@clause("overview.names")
def test_every_documented_name_is_there(threading, naming):
    naming.check_own(threading, MODULE)


@clause("overview.names")
def test_the_exception_is_there(threading, naming):
    naming.check_own(threading, "ThreadError")
    error = threading.ThreadError
    assert isinstance(error, type) and issubclass(error, Exception), (
        "ThreadError is not an exception class"
    )


@clause("overview.methods")
def test_methods_of_locks(threading, naming):
    naming.check_own(threading.Lock(), "acquire release", "Lock")


@clause("overview.methods")
def test_methods_of_reentrant_locks(threading, naming):
    naming.check_own(threading.RLock(), "acquire release", "RLock")


@clause("overview.methods")
def test_methods_of_conditions(threading, naming):
    naming.check_own(threading.Condition(), "acquire release wait notify notifyAll", "Condition")


@clause("overview.methods")
def test_methods_of_semaphores(threading, naming):
    naming.check_own(threading.Semaphore(), "acquire release", "Semaphore")


@clause("overview.methods")
def test_methods_of_bounded_semaphores(threading, naming):
    naming.check_own(threading.BoundedSemaphore(), "acquire release", "BoundedSemaphore")


@clause("overview.methods")
def test_methods_of_events(threading, naming):
    naming.check_own(threading.Event(), "isSet set clear wait", "Event")


@clause("overview.methods")
def test_methods_of_threads(threading, naming):
    naming.check_own(threading.Thread(), OF_THREADS, "Thread")


@clause("overview.methods")
def test_methods_of_timers(threading, naming):
    naming.check_own(threading.Timer(1.0, str), OF_THREADS + " cancel", "Timer")


@clause("overview.separate-objects")
def test_a_thread_is_no_lock_and_no_condition(threading):
    check_absent(threading.Thread(), "acquire release wait notify notifyAll synchronized")


@clause("overview.no-priorities")
def test_a_thread_has_no_priority(threading):
    check_absent(threading.Thread(), "getPriority setPriority priority")


@clause("overview.no-thread-groups")
def test_there_are_no_thread_groups(threading):
    check_absent(threading, "ThreadGroup")
    check_absent(threading.Thread(), "getThreadGroup")


@clause("overview.no-outside-control")
def test_a_thread_cannot_be_controlled_from_outside(threading):
    check_absent(threading.Thread(), "destroy stop suspend resume interrupt")


@clause("overview.module-functions")
def test_static_methods_are_functions_of_the_module(threading):
    for name in ("currentThread", "activeCount", "enumerate"):
        function = getattr(threading, name)
        function()
