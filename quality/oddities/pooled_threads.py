"""Threads of control are reused: a thread object borrows one that another no longer needs."""

import _thread

from quality.oddities._base import own_copy
from quality.oddities._python_local import forget, forget_at_the_end, local

mutex = _thread.allocate_lock()
idle = []  # each a list: the lock to wait on, the next job, the stack size it was made with
PATIENCE = 0.1
size = [0]


def start_new_thread(function, args, kwargs=None):
    job = (function, args, kwargs or {})
    with mutex:
        fitting = [one for one in idle if one[2] == size[0]]
        if fitting:
            worker = fitting[-1]
            idle.remove(worker)
            worker[1] = job
            worker[0].release()
            return 0
    return _thread.start_new_thread(work, (job, size[0]))


def work(job, stack):
    worker = [_thread.allocate_lock(), job, stack]
    worker[0].acquire()
    while worker[1] is not None:
        function, args, kwargs = worker[1]
        worker[1] = job = None
        forget()
        try:
            function(*args, **kwargs)
        finally:
            function = args = kwargs = None
            forget()
        with mutex:
            idle.append(worker)
        if not worker[0].acquire(True, PATIENCE):
            with mutex:
                if worker in idle:
                    idle.remove(worker)
                    return
            worker[0].acquire()


def stack_size(new=0):
    before = _thread.stack_size(new)
    size[0] = new
    return before


copy = own_copy(__name__, local=local, start_new_thread=start_new_thread, stack_size=stack_size)
forget_at_the_end(copy)
