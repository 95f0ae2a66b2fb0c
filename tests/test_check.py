"""``threadspec check`` and ``threadspec implementations``: what can be judged here."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import miniatures
from threadspec.adapters import interpreters
from threadspec.adapters.adapter import Implementation, Unavailable, resolve
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.index import battery
from threadspec.frontends import cli, installation
from threadspec.frontends.commands import check, implementations
from threadspec.frontends.installation import Wanted, remedy

Command = Callable[..., tuple[int, str]]

POLLING = (
    "import time\n"
    + miniatures.FAITHFUL
    + """
    def acquire(self, blocking=True):
        while not self._lock.acquire(False):
            if not blocking:
                return False
            time.sleep(0.001)
        return True
"""
)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run the command in a folder with miniatures; return its exit status and its output."""
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("faithful", miniatures.FAITHFUL),
        ("silent", miniatures.SILENT),
        ("spinning", miniatures.SPINNING),
        ("polling", POLLING),
        ("timerless", "from threadspec.reference import *\ndel Timer\n"),
    ):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        status = cli.main(arguments)
        return status, capsys.readouterr().out

    return run


# -- check ----------------------------------------------------------------------------------------


def test_the_smoke_test_has_a_case_of_every_chapter() -> None:
    cases = check.smoke_cases()
    assert {case.clause.id for case in cases} == set(check.SMOKE)
    chapters = {chapter.name for chapter in catalogue().chapters}
    assert {case.clause.chapter for case in cases} == chapters - {"interruptions"}
    assert len(cases) < len(battery()) / 40


def test_a_good_implementation_can_be_judged(command: Command) -> None:
    status, out = command("check", "reference")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "reference can be judged."
    assert f"  program     {sys.executable}" in lines
    assert "  names       all 16 documented names are there" in lines
    number = len(check.smoke_cases())
    assert f"  smoke test  {number} cases of 14 chapters: {number} pass" in lines
    assert lines[
        -2
    ] == f"This is no verdict: {len(battery()) - number} of {len(battery())} cases" + (
        " were not run."
    )
    assert lines[-1] == "Judge it with: threadspec run reference"


def test_mapped_names_are_counted(command: Command, tmp_path: Path) -> None:
    source = "from threadspec.reference import *\ncount = activeCount\ndel activeCount\n"
    (tmp_path / "later.py").write_text(source, encoding="utf-8")
    text = 'module = "later"\n[names]\nactiveCount = "count"\n'
    (tmp_path / "later.toml").write_text(text, encoding="utf-8")
    status, out = command("check", "./later.toml")
    assert (status, "  names       16 of 16, 1 of them mapped\n" in out) == (0, True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what threads wait for")
def test_whether_blocking_can_be_proved_is_told(command: Command) -> None:
    _, out = command("check", "reference")
    assert "  blocking    proved: the kit sees threads wait to be woken" in out
    _, out = command("check", "polling")
    assert "  blocking    proved in some cases; in others, threads are watched for a time" in out


def test_what_deviates_and_what_is_missing_is_told(command: Command) -> None:
    status, out = command("check", "timerless")
    assert status == 0
    assert "  names       missing: Timer" in out
    assert "    unsupported: timer.runs-function: there is no Timer" in out
    assert max(map(len, out.splitlines())) <= 80 or "/" in max(out.splitlines(), key=len)


def test_the_report_is_also_json(command: Command) -> None:
    status, out = command("check", "timerless", "--json")
    document = json.loads(out)
    assert (status, document["judged"], document["missing"]) == (0, True, ["Timer"])
    verdicts = {one["clause"]: one["verdict"] for one in document["smoke"]["results"]}
    assert verdicts["timer.runs-function"] == "unsupported"
    assert verdicts["lock.acquire.held-blocks"] == "pass"
    assert document["smoke"]["cases"] == len(document["smoke"]["results"])


def test_the_smoke_test_ends_in_time(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "SECONDS", 1.0)
    began = time.monotonic()
    status, out = command("check", "spinning")
    assert time.monotonic() - began < 5
    assert status == 0
    assert f" of {len(check.smoke_cases())} cases of " in out
    assert "the smoke test was given up after 1 seconds" in out
    assert "SIGKILL" not in out  # the end of a case that was given up is no verdict


@pytest.mark.parametrize("as_json", [False, True])
def test_what_cannot_be_loaded_cannot_be_judged(
    command: Command, tmp_path: Path, as_json: bool
) -> None:
    text = 'module = "no_such_green"\nrequires = ["no-such-green>=2"]\n'
    (tmp_path / "green.toml").write_text(text, encoding="utf-8")
    status, out = command("check", "./green.toml", *["--json"] * as_json)
    install = f"{shlex.quote(sys.executable)} -m pip install 'no-such-green>=2'"
    assert status == 1
    if as_json:
        document = json.loads(out)
        assert (document["judged"], document["command"]) == (False, install)
    else:
        assert out.startswith("green cannot be judged: importing no_such_green raised ")
        assert out.endswith(f"Run: {install}\n")


@pytest.mark.parametrize(
    "name", ["nothing_like_it", "nothing.like.it", "stdlib@9.9", "./absent.toml"]
)
def test_a_name_that_stands_for_nothing_is_a_mistake(command: Command, name: str) -> None:
    assert command("check", name) == (2, "")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("pack.thread", "pack.threads"),
        ("pack.thread@" + sys.executable, "pack.threads"),
        ("pack.deep.thread", "pack.deep.threads"),
        ("faithfull", "faithful"),
        ("pack/threads.py", "pack.threads"),
    ],
)
def test_the_module_that_was_meant_is_suggested(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, meant: str
) -> None:
    for file in ("pack/__init__.py", "pack/threads.py", "pack/deep/threads.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("raise RuntimeError\n" * file.endswith("s.py"))
    assert cli.main(["check", name]) == 2
    assert capsys.readouterr().err.lower().endswith(f" did you mean {meant}?\n")


def test_a_module_that_lacks_another_one_exists(command: Command, tmp_path: Path) -> None:
    (tmp_path / "hungry.py").write_text("import nothing_like_it\n", encoding="utf-8")
    assert command("check", "hungry")[0] == 1


# -- implementations ------------------------------------------------------------------------------


@pytest.fixture
def some(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the kit has only a few adapters, and that an interpreter is missing."""
    text = 'module = "no_such_green"\nrequires = ["no-such-green>=2"]\n'
    (tmp_path / "green.toml").write_text(text, encoding="utf-8")
    found = [resolve("faithful"), resolve("./green.toml"), Unavailable("dummy", "It needs 3.8.")]
    monkeypatch.setattr(implementations, "everything", lambda: found)
    wanted = [
        Wanted("CPython 2.2", "pyenv", "2.2", "2.2"),
        Wanted("this one", "pyenv", "x", interpreters.this_interpreter().label),
        Wanted("green", "pip", "green"),
    ]
    monkeypatch.setattr(installation, "wanted", lambda: wanted)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


def test_what_can_be_judged_and_what_cannot_is_listed(command: Command, some: None) -> None:
    status, out = command("implementations")
    assert status == 0
    assert out.splitlines() == [
        "Can be judged here (1):",
        f"  faithful  {interpreters_name()}",
        "",
        "Cannot be judged here (2):",
        "  green: importing no_such_green raised ModuleNotFoundError: No module named",
        "    'no_such_green'",
        f"    {shlex.quote(sys.executable)} -m pip install 'no-such-green>=2'",
        "  dummy: It needs 3.8.",
        "",
        "Interpreters in which more could be judged (1):",
        "  CPython 2.2  pyenv install 2.2",
    ]


def interpreters_name() -> str:
    """This interpreter as records name it."""
    import platform

    return f"{platform.python_implementation()} {platform.python_version()}"


def test_the_list_is_also_json(command: Command, some: None) -> None:
    _, out = command("implementations", "--json")
    document = json.loads(out)
    assert [one["name"] for one in document["judged"]] == ["faithful"]
    assert document["judged"][0]["path"] == str(interpreters.this_interpreter().path)
    assert [one["name"] for one in document["lacking"]] == ["green", "dummy"]
    assert document["interpreters"] == [
        {
            "name": "CPython 2.2",
            "reason": "no such interpreter was found",
            "command": "pyenv install 2.2",
        }
    ]


@pytest.mark.parametrize(
    ("way", "there", "is_root", "expected"),
    [
        ("pyenv", True, True, "pyenv install x"),
        ("pyenv", False, True, "put python9.9 on PATH"),
        ("apt", True, True, "apt-get install --yes --no-install-recommends x"),
        ("apt", True, False, "sudo apt-get install --yes --no-install-recommends x"),
    ],
)
def test_one_command_installs_an_interpreter(
    monkeypatch: pytest.MonkeyPatch, way: str, there: bool, is_root: bool, expected: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name if there else None)
    monkeypatch.setattr("os.geteuid", lambda: 0 if is_root else 1000)
    assert installation.command(Wanted("X", way, "x", "9.9")) == expected


def test_a_program_may_say_itself_what_to_run() -> None:
    made = Implementation("x", resolve("reference").adapter, interpreters.this_interpreter())
    assert remedy(made, "it printed: there is none; run: npm install x") == "npm install x"
    assert remedy(made, "it is broken") is None
