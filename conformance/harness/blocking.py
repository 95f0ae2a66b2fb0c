"""Proof that a thread is blocked, read from Linux's /proc; None where a system does not show it.

A thread that waits for a lock sits in a futex wait, without a time-out or with one whose end can
be read from its memory.  Seeing that is not enough by itself: on some interpreters the wait for the
interpreter lock looks the same.  So the proof asks for more: over a pause of the observer, in which
it holds no lock, no thread of the process has run at all.  Then nobody holds the interpreter lock,
and nobody can be waiting for it.
"""

import os
import struct
import time

try:
    import _thread  # novm
except ImportError:  # Python 2
    import thread as _thread  # novm

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

# Machine -> the number of its system call clock_nanosleep.
SLEEP = {"x86_64": "230", "aarch64": "115", "riscv64": "115"}

# futex operations that wait: FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET.  Only the time-out of
# the last one is a moment; that of the first is a duration from a beginning that nobody can see.
WAITING = (0, 6, 9)
WAIT_BITSET = 9
REALTIME = 0x100  # the flag of an operation whose time-out is by the wall clock

# The wait for the interpreter lock has a time-out, in seconds, below this.
SHORT = 0.02

FOR_EVER = float("inf")

clock = getattr(time, "monotonic", time.time)


def machine():
    """The machine's name, as the tables have it; None where the system does not tell."""
    try:
        return os.uname()[4]
    except Exception:
        return None


_FUTEX = FUTEX.get(machine(), ())
_READ = READ.get(machine())
_SLEEP = SLEEP.get(machine())


def _linked_tid():
    """The kernel's number of the calling thread, or None where it cannot be told."""
    try:
        return int(os.readlink("/proc/thread-self").rsplit("/", 1)[1])
    except Exception:
        return None


def _choose_own_tid():
    """The interpreter's own function, which is quicker, where it says what the kernel says.

    One that is written in Python belongs to an implementation that has replaced it.
    """
    native = getattr(_thread, "get_native_id", None)
    if isinstance(native, type(len)) and native() == _linked_tid():
        return native
    return _linked_tid


own_tid = _choose_own_tid()


def read(path):
    """The beginning of a file of /proc, as text."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 512).decode("ascii", "replace")
    finally:
        os.close(descriptor)


class Files(object):
    """The files that show the threads of this process, kept open from look to look.

    For one thread's use alone.  Of more than ``MOST`` threads, the files are opened each time.
    """

    MOST = 32

    def __init__(self):
        self._kept = {}

    def read(self, tid):
        """The texts of both files of a thread.  Raises EnvironmentError where it has ended."""
        kept = self._kept.get(tid)
        if kept is None and len(self._kept) < self.MOST:
            kept = self._kept[tid] = []
            for path in self._paths(tid):
                kept.append(os.open(path, os.O_RDONLY))
        if kept is not None:
            try:
                call, runs = kept
                texts = os.pread(call, 512, 0), os.pread(runs, 512, 0)  # novm
                return [texts[0].decode("ascii"), texts[1].decode("ascii")]
            except (ValueError, EnvironmentError):
                self._close(tid)  # it has ended; maybe another one has its number by now
        return [read(path) for path in self._paths(tid)]

    @staticmethod
    def _paths(tid):
        return ["/proc/self/task/%d/%s" % (tid, name) for name in ("syscall", "schedstat")]

    def keep(self, tids):
        """Close the files of all other threads."""
        for tid in [tid for tid in self._kept if tid not in tids]:
            self._close(tid)

    def _close(self, tid):
        for descriptor in self._kept.pop(tid, ()):
            os.close(descriptor)


# Of the main thread, which does nearly all of the looking; None where they cannot be kept.
_files = Files() if hasattr(os, "pread") else None


class Task(object):
    """What the kernel shows of one thread at one moment.

    ``call``: the system call it sleeps in, with its arguments, or "running"; ``runs``: how often it
    has been put on a processor; ``rests``: the seconds for which it certainly goes on waiting
    unless it is woken, 0.0 where that cannot be told (asked for while it waits); ``listens``: it
    waits for input; ``hurries``: it waits to be woken, but not for long.
    """

    def __init__(self, call, runs, pid="self"):
        self.call = call
        self.runs = runs
        self._pid = pid
        # "-1 ..." is a thread that sleeps outside a system call, as in a page fault.
        self.sleeps = call != "running" and not call.startswith("-1")

    @property
    def rests(self):
        return _rest(self.call.split(), self._pid)

    @property
    def listens(self):
        return self.call.split()[:2] == [_READ, "0x0"]

    @property
    def hurries(self):
        return self.call.split(" ")[0] in _FUTEX and self.rests < SHORT

    def same(self, other):
        """Whether the thread has not run between the two looks."""
        return other is not None and self.call == other.call and self.runs == other.runs


def _rest(words, pid):
    """How long the system call with these words lasts yet, unless its thread is woken."""
    if len(words) < 6:
        return 0.0
    if words[0] in _FUTEX:
        operation = int(words[2], 16)
        if operation & 0x7F not in WAITING:
            return 0.0
        if words[4] == "0x0":
            return FOR_EVER
        if operation & 0x7F == WAIT_BITSET:
            return _left(words[4], operation & REALTIME, pid)
    elif words[0] == _SLEEP and words[2] == "0x1":  # until a moment, not for a duration
        return _left(words[3], words[1] == "0x0", pid)
    return 0.0


def _left(address, by_wall_clock, pid):
    """The seconds until the moment that lies at an address of a process's memory."""
    if not by_wall_clock and not hasattr(time, "monotonic"):
        return 0.0
    try:
        descriptor = os.open("/proc/%s/mem" % pid, os.O_RDONLY)
        try:
            os.lseek(descriptor, int(address, 16), 0)
            seconds, nanoseconds = struct.unpack("qq", os.read(descriptor, 16))
        finally:
            os.close(descriptor)
    except Exception:
        return 0.0
    now = time.time() if by_wall_clock else clock()
    return max(seconds + nanoseconds * 1e-9 - now, 0.0)


def look(pid="self", leave_out=()):
    """Every thread of a process as {tid: Task}, less those in ``leave_out``.

    None where the system does not show it (no Linux, no permission, an unknown machine).
    """
    if not _FUTEX:
        return None
    folder = "/proc/%s/task" % pid
    files = _files if pid == "self" and own_tid() == os.getpid() else None
    tasks = {}
    try:
        tids = [int(name) for name in os.listdir(folder)]
        if files:
            files.keep(tids)
        for tid in tids:
            if tid in leave_out:
                continue
            try:
                if files:
                    call, runs = files.read(tid)
                else:
                    call = read("%s/%d/syscall" % (folder, tid))
                    runs = read("%s/%d/schedstat" % (folder, tid))
            except EnvironmentError as error:
                if error.errno in (2, 3):  # the thread ended between the two steps
                    continue
                return None
            tasks[tid] = Task(call.strip(), runs.split()[2], pid)
    except Exception:
        return None
    return tasks


def count():
    """How many threads this process has, or None where the system does not show it."""
    try:
        return len(os.listdir("/proc/self/task"))
    except Exception:
        return None


def can_prove(tids):
    """Whether it can be proved at all that these threads wait: False for green threads.

    ``tids``: the kernel's numbers of other threads; an own one is a green thread's.
    """
    own = own_tid()
    return bool(_FUTEX) and own is not None and own not in tids and None not in tids


def proved(tids, least=0.05, pause=0.000001):
    """Whether all these threads of this process certainly wait to be woken, as one proof.

    ``tids``: the kernel's numbers of other threads; ``least``: for how many seconds each must go on
    waiting at least, where its wait has a time-out; ``pause``: seconds to let others run between
    the two looks.  False means "not proved", never "proved not to be".
    """
    if not can_prove(tids):
        return False
    own = own_tid()
    try:
        # Most looks come too early, and one thread tells that.  Where another thread spins, each
        # file read costs the observer a turn at the interpreter lock.
        if Task(read("/proc/self/task/%d/syscall" % tids[0]).strip(), "").rests < least:
            return False
    except Exception:
        return False
    before = look(leave_out=(own,))
    if before is None:
        return False
    for tid in tids:
        if tid not in before or before[tid].rests < least:
            return False
    time.sleep(pause)
    return unchanged(before, look(leave_out=(own,)))


def wants_to_run(tid):
    """Whether a thread of this process is seen running, or waiting for its turn to run.

    The wait for a processor looks like running, the one for the interpreter lock like that for any
    lock with a short time-out.
    """
    task = (look() or {}).get(tid)
    return task is not None and (not task.sleeps or task.hurries)


def processor_time(tid):
    """The seconds for which a thread of this process has had a processor; None where unknown."""
    try:
        return int(read("/proc/self/task/%d/schedstat" % tid).split()[0]) * 1e-9
    except Exception:
        return None


def unchanged(before, after):
    """Whether no thread has run, come or gone between two looks, and each one sleeps."""
    if before is None or after is None or len(before) != len(after):
        return False
    for tid in before:
        if not before[tid].sleeps or not before[tid].same(after.get(tid)):
            return False
    return True


class Stall(object):
    """Watches a process for the state in which nothing in it can run again by itself.

    That state is: every watched thread waits to be woken, without a time-out or for at least
    ``beyond`` seconds more.  ``seconds`` is how long it must last, unchanged, before
    :meth:`is_certain` says so (it is for what cannot be seen, such as another process that will
    wake this one); ``listening``: a thread that waits for input cannot run either, since the
    caller is the one to send it, and does not.
    """

    def __init__(self, seconds, pid="self", leave_out=(), listening=False, beyond=FOR_EVER):
        self._seconds = seconds
        self._pid = pid
        self._leave_out = leave_out
        self._listening = listening
        self._beyond = beyond
        self._tasks = None
        self._since = None

    @property
    def sleeps(self):
        """Whether every watched thread slept at the last look; true where that cannot be seen.

        False where the process's main thread reads: it waits for the caller, or for a device.
        """
        tasks = self._tasks or {}
        main = tasks.get(self._pid)
        if main is not None and main.call.split(" ")[0] == _READ:
            return False
        return not [task for task in tasks.values() if not task.sleeps]

    def is_certain(self):
        """Look once more; True when nothing has been able to run for long enough."""
        tasks = look(self._pid, self._leave_out)
        now = clock()
        hopeless = tasks is not None and all(
            [
                task.rests >= self._beyond or (self._listening and task.listens)
                for task in tasks.values()
            ]
        )
        if not hopeless:
            self._since = None
        elif self._since is None or not unchanged(self._tasks, tasks):
            self._since = now
        self._tasks = tasks
        return self._since is not None and now - self._since >= self._seconds
