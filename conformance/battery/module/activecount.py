"""``activeCount()``."""

from threadspec.conformance.battery.support.latch import Latch
from threadspec.conformance.battery.support.module import alive, counted
from threadspec.conformance.harness.programs import say
from threadspec.conformance.harness.vocabulary import clause


def program_that_counts_started(threading, substrate):
    latch = Latch(substrate)
    counts = [threading.activeCount()]
    for _ in range(3):
        threading.Thread(target=latch.wait).start()
        counts.append(threading.activeCount())
    latch.open()
    say(" ".join(["%d" % count for count in counts]))


@clause("activecount.started")
def test_each_started_thread_counts_one(programs):
    program = programs.start(program_that_counts_started)
    counts = program.line()
    assert counts == "1 2 3 4", repr(program)


@clause("activecount.daemonic")
def test_daemon_threads_count_like_others(threading, actors):
    starter = actors.new()

    def count_all():
        latch = Latch(actors.substrate)
        counts = [threading.activeCount()]
        for daemonic in (True, False, True):
            thread = threading.Thread(target=latch.wait)
            thread.setDaemon(daemonic)
            starter.call(thread.start)
            counts.append(threading.activeCount())
        latch.open()
        return counts

    seen = counted(count_all, [0, 1, 2, 3])
    assert seen == [0, 1, 2, 3]


@clause("activecount.unstarted")
def test_threads_that_are_not_started_do_not_count(threading):
    unstarted = []

    def count_all():
        counts = [threading.activeCount()]
        unstarted.extend([threading.Thread(target=int) for _ in range(2)])
        counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0, 0])
    assert seen == [0, 0]


def program_that_counts_aliens(threading, substrate):
    known = substrate.allocate_lock()
    known.acquire()
    latch = Latch(substrate)

    def live():
        threading.currentThread()
        known.release()
        latch.wait()

    counts = [threading.activeCount()]
    for _ in range(2):
        substrate.start_new_thread(live, ())
        known.acquire()
        counts.append(threading.activeCount())
    latch.open()
    say(" ".join([str(count - counts[0]) for count in counts]))


@clause("activecount.alien")
def test_alien_threads_count_once_they_are_known(programs):
    program = programs.start(program_that_counts_aliens)
    more = program.line()
    assert more == "0 1 2", repr(program)


@clause("activecount.terminated")
def test_threads_that_have_ended_do_not_count(threading, actors):
    starter = actors.new()

    def fail():
        raise ValueError("of the thread")

    def count_all():
        counts = [threading.activeCount()]
        for target in (int, fail, int):
            latch = Latch(actors.substrate)
            starter.call(threading.Thread(target=latch.wait).start)
            for _ in range(2):
                starter.call(threading.Thread(target=target).start)
            actors.until(lambda: threading.activeCount() == counts[0] + 1)
            counts.append(threading.activeCount())
            latch.open()
            actors.until(lambda: threading.activeCount() == counts[0])
        counts.append(threading.activeCount())
        return counts

    seen = counted(count_all, [0, 1, 1, 1, 0])
    assert seen == [0, 1, 1, 1, 0]


@clause("activecount.length-of-enumerate")
def test_the_count_is_the_length_of_the_list(threading, actors):
    def compare():
        count = threading.activeCount()
        length = len(threading.enumerate())
        assert count == length

    compare()
    latches = [Latch(actors.substrate) for _ in range(3)]
    for latch in latches:
        alive(threading, actors, latch)
        compare()
        actors.call(compare)
    for latch in latches:
        latch.open()
