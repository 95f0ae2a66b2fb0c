"""Proves that a thread is blocked, from Linux's /proc; on other systems nothing can be proved.

A thread that waits for a lock is in a futex wait, without a time-out or with a deadline that can be
read from its memory.  That alone proves nothing: on some interpreters, the wait for the interpreter
lock looks the same.  So the proof also requires that no thread of the process runs during a pause
in which the observer holds no lock.  Then no thread holds the interpreter lock, and none can be
waiting for it.
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

# futex operations that wait: FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET.  Only the last has an
# absolute deadline; the time-out of FUTEX_WAIT is relative to a start that cannot be read.
WAITING = (0, 6, 9)
WAIT_BITSET = 9
REALTIME = 0x100  # the flag of an operation whose time-out is by the wall clock

# The wait for the interpreter lock has a time-out, in seconds, below this.
SHORT = 0.02

FOR_EVER = float("inf")

clock = getattr(time, "monotonic", time.time)


def machine():
    """The machine's name, as in the tables above; None where the system does not tell."""
    try:
        return os.uname()[4]
    except Exception:
        return None


_FUTEX = FUTEX.get(machine(), ())
_READ = READ.get(machine())
_SLEEP = SLEEP.get(machine())


def _linked_tid():
    """The kernel's id of the calling thread, or None where it is unknown."""
    try:
        return int(os.readlink("/proc/thread-self").rsplit("/", 1)[1])
    except Exception:
        return None


def _choose_own_tid():
    """Return the interpreter's own function, which is faster, if it agrees with the kernel.

    Where there is none, only the main thread is recognised without a file.  A function written in
    Python is ignored: an implementation has replaced the original.
    """
    native = getattr(_thread, "get_native_id", None)
    if isinstance(native, type(len)) and native() == _linked_tid():
        return native
    ident = _thread.get_ident
    if isinstance(ident, type(len)) and _linked_tid() == os.getpid():
        main = ident()
        return lambda: os.getpid() if ident() == main else _linked_tid()
    return _linked_tid


own_tid = _choose_own_tid()


def read(path):
    """The first 512 bytes of a file in /proc, as text."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 512).decode("ascii", "replace")
    finally:
        os.close(descriptor)


def _read_at(descriptor, length, position):
    """Read from a position of a file, as ``os.pread`` does where it exists."""
    os.lseek(descriptor, position, 0)
    return os.read(descriptor, length)


_pread = getattr(os, "pread", _read_at)


class Files(object):
    """The files in /proc about the threads of this process, kept open between reads.

    For use by one thread only.  The files of at most ``MOST`` threads are kept open; those of
    others are opened each time.
    """

    MOST = 32

    def __init__(self):
        self._kept = {}

    def read(self, tid):
        """The texts of both files of a thread.  Raises EnvironmentError if it has ended."""
        kept = self._kept.get(tid)
        if kept is None and len(self._kept) < self.MOST:
            kept = self._kept[tid] = []
            for path in self._paths(tid):
                kept.append(os.open(path, os.O_RDONLY))
        if kept is not None:
            try:
                return [_pread(descriptor, 512, 0).decode("ascii") for descriptor in kept]
            except (ValueError, EnvironmentError):
                self._close(tid)  # it has ended; another thread may have its id by now
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


# For the main thread, which does nearly all of the reading.
_files = Files()


class Task(object):
    """What the kernel shows of one thread at one moment.

    ``call``: the system call it sleeps in, with its arguments, or "running"; ``runs``: how often it
    has been scheduled; ``rests``: the seconds for which it certainly keeps waiting unless it is
    woken, 0.0 if unknown (valid only while it waits); ``listens``: it waits for input; ``hurries``:
    it waits to be woken, with a short time-out.
    """

    def __init__(self, call, runs, pid="self"):
        self.call = call
        self.runs = runs
        self._pid = pid
        self.sleeps = _is_asleep(call)

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
        """Whether the thread has not run between the two observations."""
        return other is not None and self.call == other.call and self.runs == other.runs


def _is_asleep(call):
    """Whether the text of the file "syscall" says that a thread sleeps in a system call."""
    # "-1 ..." means that it sleeps outside a system call, as in a page fault.
    return not call.startswith(("running", "-1"))


def _rest(words, pid):
    """Seconds until the system call in ``words`` times out; 0.0 if unknown."""
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
    elif words[0] == _SLEEP and words[2] == "0x1":  # TIMER_ABSTIME: until a deadline
        return _left(words[3], words[1] == "0x0", pid)
    return 0.0


def _left(address, by_wall_clock, pid):
    """Seconds until the absolute deadline stored at ``address`` in the process's memory."""
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
    """Every thread of a process as {tid: Task}, except those in ``leave_out``.

    Returns None where the system does not show them (no Linux, no permission, an unknown machine).
    """
    texts = _look(pid, leave_out)
    if texts is None:
        return None
    tasks = {}
    for tid, (call, runs) in texts.items():
        tasks[tid] = Task(call.strip(), runs.split()[2], pid)
    return tasks


def _look(pid, leave_out):
    """The same, as {tid: [text of "syscall", text of "schedstat"]}."""
    if not _FUTEX:
        return None
    folder = "/proc/%s/task" % pid
    files = _files if pid == "self" and own_tid() == os.getpid() else None
    texts = {}
    try:
        tids = [int(name) for name in os.listdir(folder)]
        if files:
            files.keep(tids)
        for tid in tids:
            if tid in leave_out:
                continue
            try:
                if files:
                    texts[tid] = files.read(tid)
                else:
                    call = read("%s/%d/syscall" % (folder, tid))
                    texts[tid] = [call, read("%s/%d/schedstat" % (folder, tid))]
            except EnvironmentError as error:
                if error.errno in (2, 3):  # the thread has ended meanwhile
                    continue
                return None
    except Exception:
        return None
    return texts


def count():
    """The number of threads of this process, or None where the system does not show it."""
    try:
        return len(os.listdir("/proc/self/task"))
    except Exception:
        return None


def can_prove(tids):
    """Whether it is possible at all to prove that these threads wait: False for green threads.

    ``tids``: the kernel's ids of other threads; the caller's own id means a green thread.
    """
    own = own_tid()
    return bool(_FUTEX) and own is not None and own not in tids and None not in tids


def proved(tids, least=0.05, pause=0.000001):
    """Whether all these threads of this process certainly wait to be woken.

    ``tids``: the kernel's ids of other threads; ``least``: for how many more seconds each must
    wait if its wait has a time-out; ``pause``: seconds to let others run between the two
    observations.  False means "not proved", never "proved not to wait".
    """
    if not can_prove(tids):
        return False
    own = own_tid()
    try:
        # Most attempts come too early, which one thread is enough to show.  While another thread
        # spins, the observer waits for the interpreter lock after each file that it reads.
        if _rest(read("/proc/self/task/%d/syscall" % tids[0]).split(), "self") < least:
            return False
    except Exception:
        return False
    before = _look("self", (own,))
    if before is None:
        return False
    for tid in tids:
        if tid not in before or _rest(before[tid][0].split(), "self") < least:
            return False
    if [call for call, _ in before.values() if not _is_asleep(call)]:
        return False
    time.sleep(pause)
    return before == _look("self", (own,))


def wants_to_run(tid):
    """Whether a thread of this process runs or is ready to run.

    The wait for a processor looks like running; the wait for the interpreter lock looks like that
    for any lock with a short time-out.
    """
    task = (look() or {}).get(tid)
    return task is not None and (not task.sleeps or task.hurries)


def processor_time(tid):
    """The processor time of a thread of this process, in seconds; None where unknown."""
    try:
        return int(read("/proc/self/task/%d/schedstat" % tid).split()[0]) * 1e-9
    except Exception:
        return None


def unchanged(before, after):
    """Whether every thread sleeps and none has run, started or ended between two observations."""
    if before is None or after is None or len(before) != len(after):
        return False
    for tid in before:
        if not before[tid].sleeps or not before[tid].same(after.get(tid)):
            return False
    return True


class Stall(object):
    """A deadlock detector for one process.

    A process is deadlocked when every watched thread waits to be woken, without a time-out or for
    at least ``beyond`` more seconds.  ``seconds``: how long that state must last, unchanged, before
    :meth:`is_certain` reports it, in case something that cannot be seen, such as another process,
    wakes a thread.  ``listening``: count a thread that waits for input as waiting to be woken; the
    caller is the one to send the input, and sends none.
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
        """Whether every watched thread slept when last observed; True where that is unknown.

        False if the process's main thread reads: it waits for the caller, or for a device.
        """
        tasks = self._tasks or {}
        main = tasks.get(self._pid)
        if main is not None and main.call.split(" ")[0] == _READ:
            return False
        return not [task for task in tasks.values() if not task.sleeps]

    def is_certain(self):
        """Look again; return True when the process has been deadlocked for long enough."""
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
