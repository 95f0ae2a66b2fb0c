"""Run the battery many times under different loads, and report verdicts that differ: ``make soak``.

Every run on an implementation must give every case the same verdict, whatever else the machine
does.  Exits with a non-zero status if one differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from quality.judging import ROOT
from quality.naming import add_only
from threadspec.conformance.errors import UserError
from threadspec.reports.record import read

SHOWN = 30  # how many differences are printed; the file contains all

# What is judged, as the lines of an adapter file.
IMPLEMENTATIONS = {
    "reference": ['module = "threadspec.reference"'],
    "reference-dummy": ['module = "threadspec.reference.dummy_threading"'],
    "stdlib": ['module = "threading"'],
    "dummy_threading": ['module = "dummy_threading"', 'python = "==3.8.*"'],
    # Its threads corrupt the state that they share, unlike those of 3.8.
    "dummy_threading-2.7": ['module = "dummy_threading"', 'python = "==2.7.*"'],
}


@dataclass(frozen=True)
class Load:
    """The conditions of a run.

    ``busy``: the number of processes that keep the machine busy; ``options``: further options of
    pytest; ``prefix``: a command that runs pytest; ``setup``: the adapter's set-up code.
    """

    says: str
    busy: int = 0
    options: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    setup: str = ""


# Python 2.7 counts instructions instead of time.
INTERVAL = "import sys; getattr(sys, 'setswitchinterval', lambda _: sys.setcheckinterval({}))({})"

LOADS = {
    "idle": Load("nothing else runs"),
    "busy": Load("four busy processes", busy=4),
    "workers": Load("pytest -n 4", options=("-n", "4")),
    "core": Load("a single processor", prefix=("taskset", "-c", "0")),
    "quick": Load("a switch interval of 1 us", setup=INTERVAL.format(1, 1e-6)),
    "slow": Load("a switch interval of 1 s", setup=INTERVAL.format(100000, 1.0)),
}


@dataclass(frozen=True)
class Difference:
    """A case whose verdict in one run differs from that of most runs on the implementation."""

    implementation: str
    load: str
    run: int
    case: str
    verdict: str
    usual: str
    observed: str | None


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Run this number of busy processes."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for one in burners:
            one.kill()
        for one in burners:
            one.wait()


def battery_command(
    name: str, record: Path, prefix: Sequence[str] = (), setup: str = ""
) -> list[str]:
    """The command that runs the battery on one of the implementations and writes a record.

    ``prefix``: a command that runs pytest; ``setup``: the set-up code of the adapter file, which is
    written beside the record.
    """
    adapter = record.with_name(f"{name}.toml")
    lines = list(IMPLEMENTATIONS[name])
    if setup:
        lines.append(f'setup = "{setup}"')
    adapter.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [*prefix, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return [*command, f"--impl={adapter}", f"--impl-report={record}"]


def run_battery(name: str, load_: Load, folder: Path, number: int) -> None:
    """Run the battery once; write its record and pytest's output to ``folder``."""
    record = folder / f"{number}.json"
    command = [*battery_command(name, record, load_.prefix, load_.setup), *load_.options]
    with busy(load_.busy), open(folder / f"{number}.txt", "wb") as output:
        subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, check=False)


@cache
def verdicts(record: Path) -> dict[str, tuple[str, str | None]]:
    """Each case's verdict and observation in a record; an empty dictionary without a record."""
    try:
        return {one.case: (one.verdict, one.observed) for one in read(record).cases}
    except UserError:
        return {}


def differences(records: dict[tuple[str, str, int], Path]) -> list[Difference]:
    """The verdicts that differ from the usual one; runs are (implementation, load, number)."""
    found = {key: verdicts(path) for key, path in records.items()}
    seen: dict[tuple[str, str], Counter[str]] = {}
    for (name, _, _), run_ in found.items():
        for case, (verdict, _) in run_.items():
            seen.setdefault((name, case), Counter())[verdict] += 1
    usual = {key: counts.most_common(1)[0][0] for key, counts in seen.items()}
    result = []
    for (name, load_, number), run_ in found.items():
        for (implementation, case), most in usual.items():
            verdict, observed = run_.get(case, ("missing", "the case has no result"))
            if implementation == name and verdict != most:
                result.append(Difference(name, load_, number, case, verdict, most, observed))
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if no verdict differs."""
    parser = argparse.ArgumentParser(
        prog="python -m quality.soak", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--runs", type=int, default=13, help="number of runs for each implementation and load"
    )
    add_only(parser, "--impl", "implementation", IMPLEMENTATIONS)
    add_only(parser, "--load", "load", LOADS)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak", metavar="DIR")
    parser.add_argument(
        "--resume", action="store_true", help="count the records in DIR as completed runs"
    )
    options = parser.parse_args(arguments)
    if not options.resume:
        shutil.rmtree(options.out, ignore_errors=True)
    records = {}
    for load_ in options.load or LOADS:
        for name in options.impl or sorted(IMPLEMENTATIONS):
            folder = options.out / f"{name}-{load_}"
            folder.mkdir(parents=True, exist_ok=True)
            took = [0.0]
            for number in range(1, options.runs + 1):
                records[name, load_, number] = folder / f"{number}.json"
                if not records[name, load_, number].exists():
                    began = time.monotonic()
                    run_battery(name, LOADS[load_], folder, number)
                    took.append(time.monotonic() - began)
            own = {key: path for key, path in records.items() if key[:2] == (name, load_)}
            print(
                f"{name}, {LOADS[load_].says}: {options.runs} runs of at most {max(took):.1f} s, "
                f"{len(differences(own))} differences",
                flush=True,
            )
    differing = differences(records)
    for one in differing[:SHOWN]:
        print(
            f"{one.implementation}, {LOADS[one.load].says}, run {one.run}: {one.case} is "
            f"{one.verdict}, usually {one.usual}: {one.observed}"
        )
    data = [vars(one) for one in differing]
    (options.out / "soak.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    print(f"differing verdicts: {len(differing)} in {len(records)} runs")
    return 1 if differing else 0


if __name__ == "__main__":
    os.environ.pop("PYTEST_ADDOPTS", None)
    sys.exit(main())
