"""``stack_size()``."""

from threadspec.conformance.harness.vocabulary import NotOffered, clause, raises

KILO = 1024
MEGA = 1024 * KILO


class Sizes(object):
    """Restores the stack size at the end of a with block."""

    def __init__(self, threading):
        self._threading = threading
        self._before = 0

    def __enter__(self):
        self._before = self._threading.stack_size()
        return self

    def set(self, size):
        """Set the size; False where that raises any exception."""
        try:
            self._threading.stack_size(size)
        except Exception:
            return False
        return True

    def __exit__(self, kind, value, traceback):
        try:
            self._threading.stack_size(self._before)
        except Exception:
            pass  # it cannot be set, or stack_size() has not returned a size


@clause("stack_size.returns")
def test_stack_size_returns_a_number_of_bytes(threading):
    size = threading.stack_size()
    assert isinstance(size, (int, type(1 << 100))), "stack_size() returned %r" % (size,)
    assert size >= 0


@clause("stack_size.set")
def test_the_size_set_is_the_size_told(threading, actors):
    with Sizes(threading) as sizes:
        # Asked only once each time: that asking changes nothing is another clause.
        for size in (MEGA, 512 * KILO, 16 * MEGA, 3 * MEGA + 64 * KILO, 2 * MEGA):
            if not sizes.set(size):
                return
            now = threading.stack_size()
            assert now == size
        # Another thread's size is the same.
        sizes.set(MEGA)
        now = actors.call(threading.stack_size)
        assert now == MEGA
        actors.start(threading.stack_size, 4 * MEGA).returned()
        now = threading.stack_size()
        assert now == 4 * MEGA


@clause("stack_size.asking-changes-nothing")
def test_the_size_is_the_same_each_time_it_is_asked_for(threading):
    with Sizes(threading) as sizes:
        first = threading.stack_size()
        second = threading.stack_size()
        assert second == first
        if sizes.set(MEGA):
            first = threading.stack_size()
            second = threading.stack_size()
            assert second == first


@clause("stack_size.asking-changes-nothing")
def test_new_threads_have_the_size_set_after_it_was_asked_for(threading, actors):
    size = 256 * KILO
    with Sizes(threading) as sizes:
        sizes.set(size)
        before = given_stack_size(threading, actors)
        sizes.set(size)
        threading.stack_size()
        after = given_stack_size(threading, actors)
        if fits(before, size):
            assert fits(after, size), (
                "after stack_size(), a new thread has a stack of %d bytes" % after
            )


@clause("stack_size.set-returns")
def test_what_stack_size_returns_when_it_sets_one(threading, observe):
    with Sizes(threading) as sizes:
        if not sizes.set(MEGA):
            observe("cannot be set")
            return
        value = threading.stack_size(2 * MEGA)
        if value == MEGA:
            observe("the size before")
        elif value == 2 * MEGA:
            observe("the size set")
        else:
            observe("neither of the two sizes")


@clause("stack_size.zero")
def test_zero_brings_the_default_back(threading):
    with Sizes(threading) as sizes:
        if not sizes.set(MEGA):
            return
        threading.stack_size(0)
        default = threading.stack_size()
        for size in (MEGA, 2 * MEGA):
            sizes.set(size)
            threading.stack_size(0)
            now = threading.stack_size()
            assert now == default


@clause("stack_size.zero")
def test_zero_brings_the_default_back_for_new_threads(threading, actors):
    with Sizes(threading) as sizes:
        if not sizes.set(0):
            return
        default = given_stack_size(threading, actors)
        if not sizes.set(256 * KILO):
            return
        given = given_stack_size(threading, actors)
        threading.stack_size(0)
        back = given_stack_size(threading, actors)
        if not fits(default, 256 * KILO) and fits(given, 256 * KILO):
            assert fits(back, default), (
                "after stack_size(0), a new thread has a stack of %d bytes" % back
            )


INVALID = (1, 4096, 16384, 32767, -1, -4096, -32768, -MEGA)


@clause("stack_size.invalid-error")
def test_an_invalid_size_is_an_error(threading):
    with Sizes(threading) as sizes:
        for before in (MEGA, 2 * MEGA, 0):
            if not sizes.set(before):
                return
            for size in INVALID:
                raises(ValueError, threading.stack_size, size)


@clause("stack_size.invalid-changes-nothing")
def test_an_invalid_size_leaves_the_size(threading, actors):
    with Sizes(threading) as sizes:
        for size in INVALID:
            if not sizes.set(MEGA):
                return
            refused = actors.start(threading.stack_size, size).raised() is not None
            now = threading.stack_size()
            assert now == MEGA or not refused, (
                "stack_size() is %s after an invalid size, expected %s" % (now, MEGA)
            )


@clause("stack_size.unsupported-error")
def test_sizes_are_set_or_refused_as_unsupported(threading):
    accepted = []
    with Sizes(threading):
        for size in (MEGA, 2 * MEGA, 4 * MEGA, 3 * MEGA + 64 * KILO, 16 * MEGA, MEGA):
            try:
                threading.stack_size(size)
                accepted.append(True)
            except ValueError:  # may be a subclass of ThreadError, or the reverse
                raise
            except threading.ThreadError:
                accepted.append(False)
        assert accepted == [accepted[0]] * len(accepted), (
            "stack_size() accepts some of six valid sizes and raises ThreadError for others"
        )


@clause("stack_size.keyword")
def test_the_size_can_be_given_by_name(threading):
    with Sizes(threading) as sizes:
        if sizes.set(MEGA):
            threading.stack_size(size=2 * MEGA)
            now = threading.stack_size()
            assert now == 2 * MEGA


def own_stack():
    """The system's own name for the calling thread, and the size of its stack in bytes.

    Raises NotOffered where the system's thread library does not tell.
    """
    try:
        import ctypes

        library = ctypes.CDLL(None)
        library.pthread_self.restype = ctypes.c_void_p
        library.pthread_getattr_np.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.pthread_attr_getstacksize.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.pthread_attr_destroy.argtypes = [ctypes.c_void_p]
        attributes = ctypes.create_string_buffer(512)
        size = ctypes.c_size_t(0)
        thread = library.pthread_self()
        if library.pthread_getattr_np(thread, attributes) == 0:
            library.pthread_attr_getstacksize(attributes, ctypes.byref(size))
            library.pthread_attr_destroy(attributes)
            return thread, size.value
    except Exception:
        pass  # another library, or no ctypes
    raise NotOffered("the system does not tell the size of a thread's stack")


def given_stack_size(threading, actors):
    """The size of a new thread's stack.

    Raises NotOffered where the system does not tell, or where the thread has no stack of its own.
    """
    seen = []
    actor = actors.new()
    own, _ = actor.call(own_stack)  # in the main thread, the system does not tell without /proc
    thread = threading.Thread(target=lambda: seen.append(own_stack()))
    actor.call(thread.start)
    ran = actors.until(lambda: seen)
    assert ran, "a thread does not run its target"
    ident, given = seen[0]
    if ident == own:
        raise NotOffered("the module's threads have no stacks of their own")
    return given


def fits(given, size):
    """Whether a stack is of about the size asked for.

    The thread library may reuse a larger one of a thread that has ended.
    """
    return 0.9 * size <= given <= 4.25 * size


@clause("stack_size.effective")
def test_new_threads_have_stacks_of_the_size_set(threading, actors):
    with Sizes(threading) as sizes:
        for size in (512 * KILO, 16 * MEGA, MEGA):
            if not sizes.set(size):
                return
            for _ in range(2):
                given = given_stack_size(threading, actors)
                assert fits(given, size), (
                    "after stack_size(%d), a new thread has a stack of %d bytes" % (size, given)
                )


def start_with(substrate, size):
    """Start a thread with a stack of that size; raises what the system raises without room."""
    done = substrate.allocate_lock()
    done.acquire()
    before = substrate.stack_size(size)
    try:
        substrate.start_new_thread(done.release, ())
    finally:
        substrate.stack_size(before)
    done.acquire()


@clause("stack_size.effective")
def test_threads_with_big_stacks_run(threading, actors):
    for size in (64 * MEGA, 256 * MEGA):
        try:
            start_with(actors.substrate, size)
        except Exception:  # there is no room, or no such function
            return
        with Sizes(threading) as sizes:
            if not sizes.set(size):
                return
            ran = []
            thread = threading.Thread(target=lambda: ran.append(None))  # noqa: B023
            thread.start()
        actors.until(lambda: ran)  # noqa: B023
        assert ran, "after stack_size(%d), a thread does not run its target" % size


@clause("stack_size.invalid-changes-nothing")
def test_an_invalid_size_leaves_what_threads_get(threading, actors):
    size = 512 * KILO
    with Sizes(threading) as sizes:
        if not sizes.set(size):
            return
        given = given_stack_size(threading, actors)
        if not fits(given, size):
            return  # the size has no effect here, the subject of another clause
        for invalid in (4096, -1):
            sizes.set(size)
            refused = not sizes.set(invalid)
            given = given_stack_size(threading, actors)
            kept = fits(given, size) or not refused
            assert kept, (
                "after stack_size(%d) was refused, a new thread has a stack of %d bytes"
                % (invalid, given)
            )


def acceptance(threading, size):
    """Whether a size is taken or refused, in a word."""
    with Sizes(threading) as sizes:
        return "taken" if sizes.set(size) else "refused"


@clause("stack_size.smallest")
def test_the_smallest_documented_size(threading, observe):
    observe(acceptance(threading, 32 * KILO))


@clause("stack_size.odd")
def test_a_size_that_is_no_multiple_of_a_page(threading, observe):
    observe(acceptance(threading, 64 * KILO + 1))
