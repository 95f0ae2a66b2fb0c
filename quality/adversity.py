"""Judge under adverse conditions, and compare with a calm run: ``make adversity``.

Every condition is one that users meet: workers that are killed, a limit on memory or processes, a
file system without ``/proc``.  It must change no verdict.  Where the kit cannot work, it must say
so in a sentence instead of giving verdicts.  Exits with a non-zero status if a verdict differs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quality import soak
from quality.judging import ROOT
from quality.naming import add_only
from threadspec.adapters.runner.process import SCRIPT

# What is judged, of the implementations that ``soak`` knows.
IMPLEMENTATIONS = ("reference", "stdlib")

NOBODY = "65534"

# Set-up code that prints 100 MB in each worker and program.
PRINTING = "import sys; [sys.stderr.write('printed ' * 125000) for _ in range(100)]"


@dataclass(frozen=True)
class Condition:
    """What makes a run difficult.

    ``says``: in words; ``prefix``: a command that runs pytest; ``setup``: the adapter's set-up
    code; ``as_root``: whether only root may run the command; ``kills``: whether workers are killed
    at random; ``busy``: the number of busy processes beside it.
    """

    says: str
    prefix: tuple[str, ...] = ()
    setup: str = ""
    as_root: bool = False
    kills: bool = False
    busy: int = 0

    def missing(self) -> str | None:
        """What is missing here to try the condition, or None."""
        if self.prefix and shutil.which(self.prefix[0]) is None:
            return f"there is no {self.prefix[0]}"
        if self.as_root and os.geteuid() != 0:
            return "it needs root"
        return None


def _as_user(*rest: str) -> tuple[str, ...]:
    """A command's prefix that runs it as an ordinary user, to whom limits on processes apply."""
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *rest)


CONDITIONS = {
    "killed": Condition("workers are killed at random", kills=True),
    "output": Condition("each process prints 100 MB", setup=PRINTING),
    "slow": Condition("half of one processor", ("taskset", "-c", "0"), busy=1),
    "memory-4g": Condition("4 GB of address space", ("prlimit", "--as=4000000000")),
    "memory-1g": Condition("1 GB of address space", ("prlimit", "--as=1000000000")),
    "memory-200m": Condition("200 MB of address space", ("prlimit", "--as=200000000")),
    "processes-400": Condition(
        "a user with 400 processes", _as_user("prlimit", "--nproc=400"), as_root=True
    ),
    "processes-60": Condition(
        "a user with 60 processes", _as_user("prlimit", "--nproc=60"), as_root=True
    ),
    "processes-12": Condition(
        "a user with 12 processes", _as_user("prlimit", "--nproc=12"), as_root=True
    ),
    "no-home": Condition("a user without HOME", _as_user("env", "-u", "HOME"), as_root=True),
    "no-proc": Condition(
        "/proc is empty",
        ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc; exec "$@"', "sh"),
        as_root=True,
    ),
}


@dataclass(frozen=True)
class Finding:
    """The result of one run.

    ``refusal``: the sentence with which the kit has refused to judge, or None; ``differences``:
    the verdicts that differ from the calm run's; ``seconds``: how long it took.
    """

    refusal: str | None
    differences: tuple[str, ...]
    seconds: float

    @property
    def is_fault(self) -> bool:
        """Whether the kit has given another verdict, or none without saying why."""
        return bool(self.differences)

    def __str__(self) -> str:
        if self.is_fault:
            return f"{len(self.differences)} verdicts differ"
        return f"refused: {self.refusal}" if self.refusal else "the same verdicts"


def compare(calm: Path, record: Path, printed: str) -> tuple[str | None, tuple[str, ...]]:
    """How the record of a run differs from the calm run's, and the sentence if it was refused.

    ``printed``: pytest's output.  A verdict that is missing is no difference if the kit has said
    in a sentence of its own why it has ended the run; a verdict that is given must be the same.
    """
    expected, found = soak.verdicts(calm), soak.verdicts(record)
    refusal = _refusal(printed)
    differences = tuple(
        f"{case} is {found[case][0] if case in found else 'missing'}, not {verdict}"
        + (f": {found[case][1]}" if case in found else "")
        for case, (verdict, _) in expected.items()
        if found.get(case, ("missing", None))[0] != verdict and (case in found or not refusal)
    )
    return refusal, differences


def _refusal(printed: str) -> str | None:
    """The kit's sentence about what the environment lacks, among what a run has printed."""
    for line in printed.splitlines():
        for mark in ("the system refuses ", "cannot be started: ", "No case was run"):
            if mark in line:
                return line.strip(" !")
    return None


@contextlib.contextmanager
def _killing(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill one of the workers that a process has started, chosen at random, every few seconds."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(random.uniform(0.5, 1.5) * seconds):
            workers = [pid for pid in _descendants(process.pid) if _is_worker(pid)]
            if workers:
                with contextlib.suppress(OSError):
                    os.kill(random.choice(workers), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        ended.set()
        killer.join()


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from _descendants(child)


def _is_worker(pid: int) -> bool:
    """Whether a process is a worker, not one of the programs that a worker starts."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:2] == [os.fsencode(SCRIPT)]
    return False


def run(name: str, condition: Condition, folder: Path) -> Path:
    """Run the battery once; write its record and pytest's output to ``folder``.  The record."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # an ordinary user writes the record
    record = folder / "record.json"
    command = soak.battery_command(name, record, condition.prefix, condition.setup)
    with soak.busy(condition.busy), open(folder / "output.txt", "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
        with _killing(process, 1.0) if condition.kills else contextlib.nullcontext():
            process.wait()
    return record


def judge(name: str, condition: Condition, folder: Path, calm: Path) -> Finding:
    """Run the battery once under a condition, and compare it with the calm run's record."""
    began = time.monotonic()
    record = run(name, condition, folder)
    printed = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    return Finding(*compare(calm, record, printed), time.monotonic() - began)


def main(
    arguments: Sequence[str] | None = None,
    judged: Callable[[str, Condition, Path, Path], Finding] = judge,
) -> int:
    """Run the command; return 0 if no verdict differs."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.adversity", description=__doc__.split("\n")[0]
    )
    add_only(parser, "--impl", "implementation", IMPLEMENTATIONS)
    add_only(parser, "--condition", "condition", CONDITIONS)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "adversity", metavar="DIR")
    options = parser.parse_args(arguments)
    shutil.rmtree(options.out, ignore_errors=True)
    faults = tried = 0
    for name in options.impl or sorted(IMPLEMENTATIONS):
        calm = run(name, Condition("nothing"), options.out / f"{name}-calm")
        for key in options.condition or CONDITIONS:
            condition = CONDITIONS[key]
            missing = condition.missing()
            if missing:
                print(f"{name}, {condition.says}: not tried, because {missing}", flush=True)
                continue
            finding = judged(name, condition, options.out / f"{name}-{key}", calm)
            tried += 1
            faults += finding.is_fault
            print(f"{name}, {condition.says}: {finding} ({finding.seconds:.1f} s)", flush=True)
            for line in finding.differences[: soak.SHOWN]:
                print(f"    {line}")
    print(f"runs with differing verdicts: {faults} of {tried}")
    return 1 if faults else 0


if __name__ == "__main__":
    os.environ.pop("PYTEST_ADDOPTS", None)
    sys.exit(main())
