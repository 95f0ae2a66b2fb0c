"""Helper activities and checks around conditions: waiting, waking, gathering waiters."""

from threadspec.conformance.harness import blocking
from threadspec.conformance.harness.vocabulary import raises


def kinds(threading):
    """A condition over each kind of lock."""
    return [threading.Condition(), threading.Condition(threading.Lock())]


def brisk(actors, rounds):
    """The numbers of ``rounds`` rounds; it stops sooner where they take long."""
    until = blocking.clock() + actors.durations["positive"] / 5
    for number in range(rounds):
        if blocking.clock() >= until:
            break
        yield number


def visit(lock):
    """Acquire and release: does not return while another thread holds the lock."""
    lock.acquire()
    lock.release()


def let_go(cond):
    """Release the lock; whether wait took it back is the business of other clauses."""
    try:
        cond.release()
    except:  # noqa: E722 - what comes depends on the kind of lock
        pass


def sit(cond, arrived, *timeout):
    """Wait once on ``cond``, having said so in ``arrived`` while holding its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait(*timeout)
    let_go(cond)


def sit_twice(cond, arrived):
    """Wait two times on ``cond`` in one holding of its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait()
    arrived.append(2)
    cond.wait()
    let_go(cond)


def take(actors, cond, arrived, count):
    """An actor that holds the lock of ``cond`` after ``count`` arrivals: all of them wait then."""
    began = actors.until(lambda: len(arrived) >= count)
    assert began, "%d of %d threads began to wait" % (len(arrived), count)
    notifier = actors.new()
    notifier.call(cond.acquire)
    return notifier


def gather(actors, cond, count, *timeout):
    """The notifier, who holds the lock of ``cond``, and ``count`` actors that wait on it."""
    arrived = []
    helpers = actors.start_many(count, sit, cond, arrived, *timeout)
    return take(actors, cond, arrived, count), helpers


def wake(cond, name):
    """Call ``notify`` or ``notifyAll`` of ``cond``, in a holding of its lock."""
    cond.acquire()
    getattr(cond, name)()
    let_go(cond)


def notify(notifier, cond):
    """Let the notifier, who does not hold the lock, notify one waiter."""
    notifier.call(wake, cond, "notify")


def wake_the_rest(actors, notifier, cond, helpers):
    """Wake those of ``helpers`` that still wait, and check nothing.

    The notifier does not hold the lock before and afterwards.
    """
    for _ in helpers:
        if all([actor.has_ended() for actor in helpers]):
            break
        notifier.call(cond.acquire)
        if not notifier.start(cond.notify).returned() and not notifier.has_ended():
            break
        notifier.call(let_go, cond)
    actors.ended(helpers, at_least=len(helpers))


def check_one_holds(actors, cond, meeting):
    """Whether of two threads that want the lock one has it, and the other gets it after that."""
    pair = [meeting.call, meeting.other]
    first = actors.ended(pair, at_least=1)
    assert len(first) == 1, "%d threads hold the lock at once" % len(first)
    first[0].call(cond.release)
    pair.remove(first[0])
    if not pair[0].returned() and not pair[0].has_ended():
        # A notification was lost, which is the business of other clauses.
        first[0].call(wake, cond, "notify")
    pair[0].result()
    pair[0].call(cond.release)


def check_unacquired(threading, actors, name, *args):
    for cond in kinds(threading) + [threading.Condition(threading.RLock())]:
        caller = actors.new()
        raises(RuntimeError, caller.call, getattr(cond, name), *args)
        for _ in range(2):
            caller.call(cond.acquire)
            caller.call(cond.release)
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
            raises(RuntimeError, actors.new().call, getattr(cond, name), *args)


def check_not_owner(threading, actors, name, *args):
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    for _ in range(2):  # at the second turn it is held at level 2
        notifier.call(cond.acquire)
        caller = actors.new()
        for _ in range(2):
            raises(RuntimeError, caller.call, getattr(cond, name), *args)
    for _ in range(2):
        notifier.call(let_go, cond)


def refused(caller, method, *args):
    """Whether an actor's call is refused with an error, as other clauses demand it."""
    return caller.start(method, *args).raised() is not None


def check_lock_unchanged(threading, actors, name, *args):
    """Whether a refused call leaves the lock free when it is free, and held when it is held."""
    for cond in kinds(threading):
        caller = actors.new()
        visitor = actors.new()
        for _ in range(2):
            if not refused(caller, getattr(cond, name), *args):
                break
            assert visitor.start(visit, cond).returned()
    cond = threading.Condition(threading.RLock())
    notifier = actors.new()
    visitor = actors.new()
    for depth in (1, 2):
        for _ in range(depth):
            notifier.call(cond.acquire)
        if not refused(visitor, getattr(cond, name), *args):
            break
        visitor.start(visit, cond)
        for _ in range(depth):
            assert visitor.is_blocked()
            notifier.call(cond.release)
        assert visitor.returned()


def check_nobody_woken(threading, actors, name):
    """Whether a refused notification leaves a waiter alone, now and later."""
    for cond in kinds(threading):
        method = getattr(cond, name)
        notifier, (waiter,) = gather(actors, cond, 1)
        notifier.call(cond.release)
        if refused(actors.new(), method):
            assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()
        if refused(actors.new(), method):
            notifier, (waiter,) = gather(actors, cond, 1)
            notifier.call(cond.release)
            assert waiter.is_blocked()
            notify(notifier, cond)
            waiter.returned()
    cond = threading.Condition(threading.RLock())
    notifier, (waiter,) = gather(actors, cond, 1)
    was_refused = refused(actors.new(), getattr(cond, name))
    notifier.call(cond.release)
    if was_refused:
        assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


def sit_and_tell(cond, arrived, back, timeout):
    """Wait once on ``cond``; say before and after, while holding its lock."""
    cond.acquire()
    arrived.append(1)
    cond.wait(timeout)
    back.append(1)
    let_go(cond)


def gather_late(actors, cond, count=0, late=1, timeouts=(0.005, 0.1, 0.5, 2.0)):
    """``late`` actors that wait with a short time-out, then ``count`` that wait without, and the
    notifier, who got the lock before one of the first could have it back: (notifier, actor, ...).

    ``timeouts``: the time-outs to try; with the last the notifier may come too late.
    """
    for timeout in timeouts:
        arrived = []
        back = []
        helpers = actors.start_many(late, sit_and_tell, cond, arrived, back, timeout)
        began = actors.until(lambda arrived=arrived: len(arrived) >= late)
        assert began, "%d of %d threads began to wait" % (len(arrived), late)
        helpers += actors.start_many(count, sit, cond, arrived)
        notifier = take(actors, cond, arrived, late + count)
        if not back or timeout == timeouts[-1]:
            break
        notifier.call(cond.release)  # the machine is slow: that wait is over already
        wake_the_rest(actors, notifier, cond, helpers)
    return [notifier] + helpers


def notify_often(cond, times):
    """Notify so many times, with no pause in which a woken thread could do anything."""
    for _ in range(times):
        cond.notify()


def check_not_remembered(actors, cond, name):
    """Whether notifications without a waiter leave the next wait, and the one after it, alone."""
    notifier = actors.new()
    notifier.call(cond.acquire)
    for _ in range(3):
        notifier.call(getattr(cond, name))
    notifier.call(cond.release)
    for _ in range(2):
        notifier, (waiter,) = gather(actors, cond, 1)
        notifier.call(cond.release)
        assert waiter.is_blocked()
        notify(notifier, cond)
        waiter.returned()


def check_surplus_not_remembered(actors, cond, name):
    """Whether more notifications than waiters leave the next wait alone."""
    arrived = []
    waiter = actors.start(sit_twice, cond, arrived)
    notifier = take(actors, cond, arrived, 1)
    for _ in range(3):
        notifier.call(getattr(cond, name))
    notifier.call(cond.release)
    notifier = take(actors, cond, arrived, 2)
    notifier.call(cond.release)
    assert waiter.is_blocked()
    notify(notifier, cond)
    waiter.returned()


def check_keeps_lock(threading, actors, name):
    before = actors.new()
    after = actors.new()
    for cond in kinds(threading):
        for size in (0, 1, 2):
            notifier, helpers = gather(actors, cond, size)
            before.start(visit, cond)
            before.is_blocked()
            notifier.call(getattr(cond, name))
            after.start(visit, cond)
            assert actors.ended([before, after]) == []
            notifier.call(cond.release)
            assert len(actors.ended([before, after], at_least=2)) == 2
            wake_the_rest(actors, notifier, cond, helpers)
    cond = threading.Condition(threading.RLock())
    for size in (0, 1, 2):
        notifier, helpers = gather(actors, cond, size)
        notifier.call(cond.acquire)
        before.start(visit, cond)
        before.is_blocked()
        for _ in range(2):
            notifier.call(getattr(cond, name))
        for _ in range(2):
            assert before.is_blocked()
            notifier.call(cond.release)
        assert before.returned()
        wake_the_rest(actors, notifier, cond, helpers)


def check_does_not_wait(threading, actors, name):
    for cond in kinds(threading):
        for size in (0, 1, 3):
            notifier, helpers = gather(actors, cond, size)
            for _ in range(2):
                assert notifier.start(getattr(cond, name)).returned()
            notifier.call(cond.release)
            wake_the_rest(actors, notifier, cond, helpers)


def check_turns(threading, actors, rounds, name):
    """Two threads take turns: whoever gives the turn away notifies a thread that is waiting."""
    for cond in kinds(threading):
        turn = [0]
        over = []

        def play(own, cond=cond, turn=turn, over=over):
            for _ in brisk(actors, rounds // 4):
                cond.acquire()
                while turn[0] != own:
                    cond.wait()
                if over:
                    break
                turn[0] = 1 - own
                getattr(cond, name)()
                cond.release()
            else:
                cond.acquire()
                while turn[0] != own:
                    cond.wait()
            over.append(True)
            turn[0] = 1 - own
            getattr(cond, name)()
            cond.release()

        helpers = [actors.start(play, 0), actors.start(play, 1)]
        ended = actors.ended(helpers, at_least=2)
        assert len(ended) == 2, "a %s() was lost" % name
