"""``Lock`` objects: how they are created, and what goes beyond a single method.

More of its cases are in ``battery/shared/locks.py``.
"""

from threadspec.conformance.battery.shared import locks
from threadspec.conformance.battery.support.contention import (
    check_exclusion,
    check_one_acquires,
    each_hold,
)
from threadspec.conformance.battery.support.premises import check_excludes
from threadspec.conformance.battery.support.stepping import meetings
from threadspec.conformance.harness.vocabulary import bind, clause

bind(globals(), locks)


@clause("lock.mutual-exclusion")
def test_one_holder_at_a_time(threading, actors, rounds):
    check_excludes(actors, threading.Lock)
    lock = threading.Lock()

    def work(section, form):
        for _ in each_hold(lock, rounds // 4, form):
            section.pass_through()

    check_exclusion(actors, work, [((),), ((True,),), ((False,),), ((),)])


@clause("lock.mutual-exclusion")
def test_an_acquire_amid_a_release_that_wakes_a_waiter(threading, actors):
    made = []
    waiter = actors.new()

    def prepare():
        made.append(threading.Lock())
        made[-1].acquire()
        waiter.start(made[-1].acquire)
        waiter.is_blocked()
        return made[-1].release, made[-1].acquire

    for meeting in meetings(actors, prepare):
        assert meeting.call.returned()
        check_one_acquires(actors, made[-1], [waiter, meeting.other])
