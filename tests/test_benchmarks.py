"""The benchmarks: the table of operations, arithmetic, rendering, and a tiny run."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks.operations import CHAPTERS, Operation, operations
from benchmarks.render import markdown, quantity, table
from benchmarks.results import Measurement, Row, Run, ratio, run_of, targets


def operation(key: str) -> Operation:
    [found] = [one for one in operations() if one.key == key]
    return found


def row(key: str, reference: float, stdlib: float, target: float | None) -> Row:
    figures = {"floor": [reference / 2] * 3, "reference": [reference] * 3, "stdlib": [stdlib] * 3}
    return Row(operation(key), figures, target)


def a_run() -> Run:
    rows = (row("event.set-clear", 2e-7, 1e-6, 5), row("event.is-set", 6e-8, 5e-8, 0.95))
    return Run("CPython 3.11.7", "a machine", {"gevent": "No module named 'gevent'"}, rows)


def test_keys_are_unique_and_say_their_chapter() -> None:
    keys = [one.key for one in operations()]
    assert len(keys) == len(set(keys))
    assert {key.split(".")[0] for key in keys} == set(CHAPTERS)


def test_every_target_is_of_an_operation() -> None:
    assert set(targets()) <= {one.key for one in operations()}


def test_the_ratio_is_of_pairs() -> None:
    # In the second round the machine was half as fast for both, which does not affect the ratios.
    found = ratio([3.0, 6.0, 3.3], [1.0, 2.0, 1.0])
    assert found.median == 3.0
    assert (found.low, found.high) == (3.0, 3.3)


@pytest.mark.parametrize(
    ("stdlib", "met"), [(0.9501e-7, True), (0.9449e-7, False), (0.9452e-7, True)]
)
def test_a_target_is_met_to_two_digits(stdlib: float, met: bool) -> None:
    assert row("lock.pair", 1e-7, stdlib, 0.95).met is met


def test_without_a_target_nothing_is_met_or_missed() -> None:
    assert row("rlock.pair", 2e-7, 1e-7, None).met is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.23e-8, "s", "42.3 ns"),
        (9.996e-7, "s", "1 us"),
        (1.5e-4, "s", "150 us"),
        (2.0, "s", "2 s"),
        (88.0, "B", "88 B"),
        (None, "s", "-"),
    ],
)
def test_quantities_have_three_digits(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_table_shows_ratios_and_targets() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(table(a_run()))
    assert isinstance(console.file, io.StringIO)
    [met] = [line for line in console.file.getvalue().splitlines() if "set and clear" in line]
    assert [cell.strip() for cell in met.strip("│").split("│")] == [
        "set and clear", "100 ns", "200 ns", "1 us", "5.00", "5.00-5.00", "5", "yes", "-", "-",
    ]  # fmt: skip
    [missed] = [line for line in console.file.getvalue().splitlines() if "isSet" in line]
    assert "0.83" in missed and "NO" in missed


def test_the_markdown_says_what_the_floor_is_and_what_was_skipped() -> None:
    text = markdown(a_run())
    assert "| isSet | 30 ns | 60 ns | 50 ns | 0.83 |" in text
    assert "a bare lock is asked for its state" in text
    assert "gevent was skipped: No module named 'gevent'." in text


def test_the_summary_counts_what_has_a_target() -> None:
    assert a_run().summary == "1 of 2 (CPython 3.11.7)"


def test_a_run_takes_targets_from_the_table() -> None:
    said = {
        "version": "3.13.0",
        "implementation": "CPython",
        "gil": False,
        "machine": "a machine",
        "skipped": {},
        "figures": {"reference": [1.0], "stdlib": [3.0]},
    }
    run = run_of([Measurement(operation("semaphore.pair"), said)])
    assert run.interpreter == "CPython 3.13.0, without the GIL"
    assert (run.rows[0].target, run.rows[0].met) == (3.0, True)


def test_a_tiny_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(
        ["lock.pair", "event.set.10", "memory.event", "--rounds=2", f"--out={tmp_path}",
         f"--python={command.this_interpreter().path}"]
    )  # fmt: skip
    assert code == 0
    [run] = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert set(run["operations"]) == {"lock.pair", "event.set.10", "memory.event"}
    pair = run["operations"]["lock.pair"]
    assert len(pair["rounds"]["reference"]) == 2
    assert 0 < pair["medians"]["floor"] < 0.001
    assert run["operations"]["memory.event"]["unit"] == "B"
    assert (tmp_path / "bench.md").read_text(encoding="utf-8").count("| set, waiters: 10 |") == 1
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("targets met: ")


def test_a_word_selects_the_operation_it_names_or_those_that_have_it() -> None:
    def keys(*words: str) -> list[str]:
        return [one.key for one in command.chosen(words)]

    assert keys("event.set.10") == ["event.set.10"]
    assert keys("local.", "timer.cancel") == ["local.get", "local.set", "timer.cancel"]
    assert len(keys()) == len(operations())


def test_an_unknown_operation_gives_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["semafore"]) == 2
    said = capsys.readouterr().err
    assert "No operation has 'semafore' in its name" in said
    assert said.count("\n") == 1


def test_a_missing_interpreter_gives_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["lock.pair", "--python=3.99"]) == 2
    said = capsys.readouterr().err
    assert "No interpreter 3.99 was found" in said
    assert said.count("\n") == 1


def test_what_breaks_is_told_and_the_rest_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    assert command.main(["lock.pair", f"--python={fake}", f"--out={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert "lock.pair failed in" in said and "exit code 3" in said and "broken" in said
