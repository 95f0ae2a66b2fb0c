"""``threadspec run``: the same run as that of ``pytest --impl``, and how the command is used."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import miniatures
from threadspec.frontends import cli, options
from threadspec.frontends.commands import Status
from threadspec.frontends.selection import command

CLAUSE = "lock.release.unlocked-error"
PROGRAM = [sys.executable, "-m", "threadspec.frontends.cli"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Start a program in a folder that has two miniatures."""
    for name, text in (("faithful", miniatures.FAITHFUL), ("silent", miniatures.SILENT)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    def start(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "COLUMNS": "80", **environment}
        program = words if Path(words[0]).is_absolute() else [*PROGRAM, *words]
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, env=given)

    return start


def without_times(record: Any) -> Any:
    """A record without what differs from run to run."""
    if isinstance(record, dict):
        rest = {key: value for key, value in record.items() if key not in ("seconds", "waits")}
        return {key: without_times(value) for key, value in rest.items() if key != "made"}
    return [without_times(one) for one in record] if isinstance(record, list) else record


def test_the_command_and_pytest_give_the_same_record(run: Run, tmp_path: Path) -> None:
    ours = run("run", "silent", "--only", "lock", "--strict", "--report=a.json")
    pytests = run(
        sys.executable, "-m", "pytest", "--impl=silent", "--impl-strict", "--impl-report=b.json",
        "lock",
    )  # fmt: skip
    assert (ours.returncode, pytests.returncode) == (1, 1)
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))
    assert without_times(first) == without_times(second)
    assert first["cases"]


def test_both_know_the_same_options(run: Run) -> None:
    ours, pytests = run("run", "--help").stdout, run(sys.executable, "-m", "pytest", "-h").stdout
    for option in options.OPTIONS:
        assert f"  --{option.name}" in ours
        assert f"  --impl-{option.name}" in pytests


def test_options_of_pytest_follow_two_dashes(run: Run, tmp_path: Path) -> None:
    done = run("run", "silent", "--only", CLAUSE, "--", "-x", "--junitxml=j.xml", "-q")
    assert done.returncode == Status.FOUND
    assert "stopping after 1 failures" in done.stdout
    assert len(xml.parse(tmp_path / "j.xml").getroot().findall(".//testcase")) == 1


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n2", "--dist=load"]])
def test_a_junit_file_has_clause_level_and_verdict(
    run: Run, tmp_path: Path, workers: list[str]
) -> None:
    run("run", "silent", "--only=lock.release", f"--only={CLAUSE}", "--", "--junitxml=j.xml")
    run("run", "silent", f"--only={CLAUSE}", "--", "--junitxml=j.xml", *workers)
    cases = xml.parse(tmp_path / "j.xml").getroot().findall(".//testcase")
    assert len(cases) == 3
    for case in cases:
        found = {one.get("name"): one.get("value") for one in case.findall("properties/property")}
        assert found == {"clause": CLAUSE, "level": "must", "verdict": "fail"}
        assert case.find("failure") is not None


def test_plugins_are_found_where_none_is_loaded_by_itself(run: Run) -> None:
    done = run("run", "faithful", "--only", CLAUSE, "-n2", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == Status.FINE, done.stdout + done.stderr
    assert "faithful: 1 clause" in done.stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["run", "faithful", "--only", CLAUSE], Status.FINE, "3 passed"),
        (["run", "silent", "--only", CLAUSE], Status.FOUND, "3 failed cases of 1 clause"),
        (["run", "faithfull"], Status.WRONG, "'faithfull' is neither an adapter of the kit"),
        (["run", "refernce"], Status.WRONG, "Did you mean reference?"),
        (["run", "faithful", "--only", "lok"], Status.WRONG, "did you mean lock"),
        (["run", "faithful", "--only", "lock.relase.no-value"], Status.WRONG, "lock.release.no-"),
        (["run", "faithful", "--", "-k", "xyzzy"], Status.WRONG, "No case was run: -k xyzzy"),
        (["run", "faithful", "--", "--xyzzy"], Status.WRONG, "unrecognized arguments: --xyzzy"),
        (
            ["run", "faithful", "--report=a.txt"],
            Status.WRONG,
            "--report=a.txt names neither",
        ),
        (
            ["run", "faithful,silent", "--in-process"],
            Status.WRONG,
            "--in-process judges one",
        ),
        (["run"], Status.WRONG, "the following arguments are required: NAME"),
        (["rnu"], Status.WRONG, "did you mean run?"),
        (["schema", "recrod"], Status.WRONG, "did you mean record?"),
        (["run", "faithful", "--repeet=3"], Status.WRONG, "did you mean --repeat?"),
        (["run", "faithful", "-n0"], Status.WRONG, "must be a whole number of at least 1"),
        (["run", "faithful", "-nx"], Status.WRONG, "a whole number of at least 1, or auto"),
        (["run", "faithful", "-k", "zzz"], Status.WRONG, "pytest follow two dashes (--)"),
        (["run", "faithful", "--only=battery/rlok"], Status.WRONG, "did you mean battery/rlock?"),
        (["run", "faithful", "--only=lock.release"], Status.FINE, "battery/lock/release.py"),
        (["run", "lock.acquire.held-block"], Status.WRONG, "--only lock.acquire.held-blocks` runs"),
        (["clauses", "lock", "--", "-x"], Status.WRONG, "only `threadspec run` takes options of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_exit_status_tells_what_came_of_it(
    run: Run, words: list[str], status: int, said: str
) -> None:
    done = run(*words)
    printed = done.stdout + done.stderr
    assert said in " ".join(printed.split())
    assert done.returncode == status
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (
            ["run", "faithful", "--foo"],
            "threadspec run: error: unrecognized arguments: --foo; options of pytest follow two "
            "dashes (--)",
        ),
        (
            ["run", "faithful", "--impl-strict"],
            "threadspec run: error: unrecognized arguments: --impl-strict; did you mean --strict?",
        ),
        (
            ["--strict", "run", "faithful"],
            "threadspec run: error: options follow the command: threadspec run --strict",
        ),
        (
            ["explain", "lock", "--clause"],
            "threadspec explain: error: unrecognized arguments: --clause",
        ),
        (
            ["matrix", "--form=x.json"],
            "threadspec matrix: error: unrecognized arguments: --form=x.json; did you mean --from?",
        ),
    ],
    ids=" ".join,
)
def test_what_was_meant_is_an_option_of_that_command(
    words: list[str], last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == Status.WRONG
    assert capsys.readouterr().err.splitlines()[-1] == last


def test_messages_of_pytest_name_the_command(run: Run) -> None:
    done = run("run", "faithful", "--", "--impl-time-scale=x")
    assert done.returncode == Status.WRONG
    assert "threadspec run NAME --: error: argument --impl-time-scale: 'x' is not" in done.stderr
    assert "pytest.main()" not in done.stderr


def test_an_interrupted_run_has_its_status(run: Run, tmp_path: Path) -> None:
    interrupts = "def pytest_runtest_logreport(report):\n    raise KeyboardInterrupt\n"
    (tmp_path / "interrupts.py").write_text(interrupts, encoding="utf-8")
    done = run("run", "faithful", "--only", CLAUSE, "--", "-pinterrupts")
    assert done.returncode == Status.INTERRUPTED


@pytest.mark.parametrize(
    ("program", "before"),
    [
        ("/usr/bin/threadspec", "threadspec"),
        ("./env/bin/threadspec", "./env/bin/threadspec"),
        (cli.__file__, f"{sys.executable} -m threadspec.frontends.cli"),
    ],
)
def test_a_case_is_run_again_by_the_same_program(
    monkeypatch: pytest.MonkeyPatch, program: str, before: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    case = "battery/lock/release.py::test_it"
    values = {"strict": True, "repeat": 1, "time_scale": 2.0}
    made = command(program, "mine.toml", values, ["-pmine"], case)
    assert made == f"{before} run mine.toml --strict --time-scale=2 --only {case} -- -pmine"


def test_the_command_that_a_failure_shows_can_be_run(run: Run) -> None:
    done = run("run", "silent", "--only", CLAUSE)
    again = re.findall(r"run again:  (.*)", done.stdout)[0]
    assert " run silent --only battery/lock/release.py::" in again
    words = again.split()
    assert run(*words).stdout.count("run again:") == 1


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"CI": ""}], ids=["CI", "terminal"])
@pytest.mark.parametrize("options", [[], ["-n2"], ["--tb=line"]], ids=" ".join)
def test_a_failure_is_explained_once(
    run: Run, environment: dict[str, str], options: list[str]
) -> None:
    case = "battery/lock/release.py::test_release_of_a_new_lock_is_an_error"
    done = run("run", "silent", "--only", case, "--", *options, **environment)
    assert done.stdout.count("  required  ") == 1
    (summary,) = re.findall("^FAIL battery/.*", done.stdout, re.MULTILINE)
    if environment["CI"]:  # elsewhere pytest leaves out what is too long for the line
        assert f" - {CLAUSE}: release() returned None, expected RuntimeError" in summary
    if "--tb=line" in options:
        assert f"\nbattery/shared/locks.py:218: {CLAUSE}: release()" in done.stdout


def completions(line: str, folder: Path) -> list[str]:
    """What a shell offers for the last word of a line."""
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(folder / "found"),
    }
    subprocess.run(PROGRAM, env=environment, cwd=folder, check=False, capture_output=True)
    return (folder / "found").read_text(encoding="utf-8").split("\013")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("threadspec ma", "matrix"),
        ("threadspec run --up", "--update-divergences"),
        ("threadspec run refer", "reference"),
        ("threadspec run ./mi", "./mine.toml"),
        ("threadspec run reference --only lock.release.no-", "lock.release.no-value"),
        ("threadspec run reference --only battery/lock/rel", "battery/lock/release.py"),
        ("threadspec explain lock.release.no-", "lock.release.no-value"),
        ("threadspec explain rlo", "rlock"),
        ("threadspec matrix --impl ge", "gevent"),
        ("threadspec schema a", "adapter"),
    ],
)
def test_a_shell_completes(tmp_path: Path, line: str, offered: str) -> None:
    (tmp_path / "mine.toml").write_text('module = "threading"\n', encoding="utf-8")
    assert offered in [one.strip() for one in completions(line, tmp_path)]


def every_command() -> list[str]:
    """The names of the commands."""
    actions = cli.parser()._actions
    [commands] = [one for one in actions if isinstance(one, argparse._SubParsersAction)]
    return list(commands.choices)


@pytest.mark.parametrize("words", [[], *([name] for name in every_command())])
def test_every_help_fits_80_columns(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        cli.main([*words, "--help"])
    assert caught.value.code == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_failure_fits_80_columns(run: Run) -> None:
    out = run("run", "silent", "--only", CLAUSE, COLUMNS="80").stdout
    explained = re.findall(r"^FAIL  .*?(?=^  run again:)", out, re.MULTILINE | re.DOTALL)
    assert len(explained) == 3
    lines = "".join(explained).splitlines()
    assert any(line.startswith("  required    ") for line in lines)
    assert max(map(len, lines)) <= 80
    [deviation] = [line for line in out.splitlines() if line.startswith(f"  fail: {CLAUSE}")]
    assert len(deviation) <= 80


@pytest.mark.parametrize("words", [["run", "silent", f"--only={CLAUSE}"], ["explain", CLAUSE]])
def test_there_is_no_colour_off_a_terminal(run: Run, words: list[str]) -> None:
    done = run(*words, TERM="xterm-256color", PY_COLORS="", FORCE_COLOR="")
    assert done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def on_a_terminal(folder: Path, *words: str, **environment: str) -> str:
    """What a program prints on a terminal."""
    pty = pytest.importorskip("pty")
    main, other = pty.openpty()
    given = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    process = subprocess.Popen(
        [*PROGRAM, *words], stdout=other, stderr=other, cwd=folder, env=given, close_fds=True
    )
    os.close(other)
    printed = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the end, on Linux
            part = b""
        if not part:
            break
        printed += part
    os.close(main)
    process.wait()
    return printed.decode()


@pytest.mark.parametrize("words", [["run", "silent", f"--only={CLAUSE}"], ["explain", CLAUSE]])
def test_no_color_is_respected(run: Run, tmp_path: Path, words: list[str]) -> None:
    colour = re.compile(r"\x1b\[(?!0m)(3[0-9]|9[0-9])")
    assert re.search(r"\x1b\[", on_a_terminal(tmp_path, *words))
    assert not colour.search(on_a_terminal(tmp_path, *words, NO_COLOR="1"))


@pytest.mark.parametrize(
    "words", [["explain", "overview.methods"], ["clauses", "release"], ["explain", "lock"]]
)
def test_a_terminal_of_80_columns_breaks_lines_between_words(
    tmp_path: Path, words: list[str]
) -> None:
    printed = on_a_terminal(tmp_path, *words, NO_COLOR="1")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 80
    assert re.search(r"^ {4,12}\w", "\n".join(lines), re.MULTILINE)  # a hanging indent
