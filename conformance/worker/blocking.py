"""Proof that a thread is blocked, read from Linux's /proc; None where a system does not show it.

A thread that waits for a lock sits in a futex wait without a time-out.  Seeing that is not enough
by itself: on some interpreters the wait for the interpreter lock looks the same.  So the proof asks
for more: over a pause of the observer, in which it holds no lock, no thread of the process has run
at all.  Then nobody holds the interpreter lock, and nobody can be waiting for it.
"""

import os
import time

# Machine -> the numbers of its futex system calls (futex, futex_time64).
FUTEX = {
    "x86_64": ("202",),
    "aarch64": ("98",),
    "riscv64": ("98",),
    "ppc64le": ("221",),
    "s390x": ("238",),
    "i386": ("240", "422"),
    "i686": ("240", "422"),
    "armv7l": ("240", "422"),
}

# Machine -> the number of its system call read.
READ = {
    "x86_64": "0",
    "aarch64": "63",
    "riscv64": "63",
    "ppc64le": "3",
    "s390x": "3",
    "i386": "3",
    "i686": "3",
    "armv7l": "3",
}

# futex operations that wait: FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET.
WAITING = (0, 6, 9)

clock = getattr(time, "monotonic", time.time)


def machine():
    """The machine's name, as the tables have it; None where the system does not tell."""
    try:
        return os.uname()[4]
    except Exception:
        return None


_FUTEX = FUTEX.get(machine(), ())
_READ = READ.get(machine())


def own_tid():
    """The kernel's number of the calling thread, or None where it cannot be told."""
    try:
        return int(os.readlink("/proc/thread-self").rsplit("/", 1)[1])
    except Exception:
        return None


def _read(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 512).decode("ascii", "replace")
    finally:
        os.close(descriptor)


class Task(object):
    """What the kernel shows of one thread at one moment.

    ``call``: the system call it sleeps in, with its arguments, or "running"; ``runs``: how often it
    has been put on a processor; ``waits``: it is in a futex wait without a time-out.
    """

    def __init__(self, call, runs):
        self.call = call
        self.runs = runs
        words = call.split()
        self.waits = (
            len(words) > 5
            and words[0] in _FUTEX
            and (int(words[2], 16) & 0x7F) in WAITING
            and words[4] == "0x0"
        )
        self.listens = words[:2] == [_READ, "0x0"]
        # "-1 ..." is a thread that sleeps outside a system call, as in a page fault.
        self.sleeps = call != "running" and not call.startswith("-1")

    def same(self, other):
        """Whether the thread has not run between the two looks."""
        return other is not None and self.call == other.call and self.runs == other.runs


def look(pid="self", leave_out=()):
    """Every thread of a process as {tid: Task}, less those in ``leave_out``.

    None where the system does not show it (no Linux, no permission, an unknown machine).
    """
    if not _FUTEX:
        return None
    folder = "/proc/%s/task" % pid
    tasks = {}
    try:
        for name in os.listdir(folder):
            tid = int(name)
            if tid in leave_out:
                continue
            try:
                call = _read("%s/%s/syscall" % (folder, name)).strip()
                runs = _read("%s/%s/schedstat" % (folder, name)).split()[2]
            except EnvironmentError as error:
                if error.errno in (2, 3):  # the thread ended between the two steps
                    continue
                return None
            tasks[tid] = Task(call, runs)
    except Exception:
        return None
    return tasks


def runs(tid):
    """Whether a thread of this process is seen running or waiting for a processor."""
    tasks = look()
    return bool(tasks) and tid in tasks and not tasks[tid].sleeps


def unchanged(before, after):
    """Whether no thread has run, come or gone between two looks, and each one sleeps."""
    if before is None or after is None or len(before) != len(after):
        return False
    for tid in before:
        if not before[tid].sleeps or not before[tid].same(after.get(tid)):
            return False
    return True


def is_proved_blocked(tid, pause=0.0001):
    """Whether a thread of this process certainly waits, without a time-out, to be woken.

    ``tid``: the kernel's number of another thread; ``pause``: seconds to let others run between the
    two looks.  False means "not proved", never "proved not to be".
    """
    own = own_tid()
    if tid is None or own is None or tid == own:
        return False
    before = look(leave_out=(own,))
    if before is None or tid not in before or not before[tid].waits:
        return False
    time.sleep(pause)
    return unchanged(before, look(leave_out=(own,)))


class Stall(object):
    """Watches a process for the state in which nothing in it can ever run again.

    That state is: every watched thread is in a futex wait without a time-out.  ``seconds`` is how
    long it must last, unchanged, before :meth:`is_certain` says so (it is for what cannot be seen,
    such as another process that will wake this one); ``listening``: a thread that waits for input
    cannot run either, since the caller is the one to send it, and does not.
    """

    def __init__(self, seconds, pid="self", leave_out=(), listening=False):
        self._seconds = seconds
        self._pid = pid
        self._leave_out = leave_out
        self._listening = listening
        self._tasks = None
        self._since = None

    def is_certain(self):
        """Look once more; True when nothing has been able to run for long enough."""
        tasks = look(self._pid, self._leave_out)
        now = clock()
        hopeless = bool(tasks) and all(
            [task.waits or (self._listening and task.listens) for task in tasks.values()]
        )
        if not hopeless:
            self._since = None
        elif self._since is None or not unchanged(self._tasks, tasks):
            self._since = now
        self._tasks = tasks
        return self._since is not None and now - self._since >= self._seconds
