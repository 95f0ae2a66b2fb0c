"""``make implementations``: what is installed, left as it is, or told how to install."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from quality import implementations
from quality.implementations import WAYS, ThisMachine, Wanted, main, wanted

GREEN = Wanted("green", "pip", "green>=2")
SNAIL = Wanted("Snail", "apt", "snail3", "snail3")
BEETLE = Wanted("Beetle", "apt", "beetle", "beetle")
PAGE = Wanted("Page", "npm", "page")
OLD = Wanted("CPython 2.2", "pyenv", "2.2", "2.2")


class Pretended:
    """A machine on which installing a package puts it there, unless its name is in ``broken``."""

    def __init__(
        self,
        programs: str = "apt-get npm pyenv",
        there: str = "",
        is_root: bool = True,
        broken: str = "",
        lost: str = "",
    ) -> None:
        self.is_root = is_root
        self.commands: list[Sequence[str]] = []
        self._programs = programs.split()
        self._there = there.split()
        self._broken = broken.split()
        self._lost = lost.split()

    def has(self, program: str) -> bool:
        return program in self._programs

    def found(self, one: Wanted) -> str | None:
        return "1.0" if one.package in self._there else None

    def run(self, command: Sequence[str]) -> str | None:
        self.commands.append(command)
        package = command[-1]
        if package in self._broken:
            return "E: no such package"
        if package not in self._lost:
            self._there.append(package)
        return None


def said(capsys: pytest.CaptureFixture[str], machine: Pretended, *wishes: Wanted) -> list[str]:
    """The lines that are printed, and the exit status as the last one."""
    status = main(machine, wishes)
    return [*capsys.readouterr().out.splitlines(), str(status)]


def test_what_is_missing_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Pretended()
    assert said(capsys, machine, GREEN, SNAIL, PAGE) == [
        "green  installed: 1.0",
        "Snail  installed: 1.0",
        "Page   installed: 1.0",
        "0",
    ]
    assert [command[-1] for command in machine.commands if command != WAYS["apt"].before] == [
        "green>=2",
        "snail3",
        "page",
    ]


def test_what_is_there_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Pretended(there="green>=2 snail3 2.2")
    lines = said(capsys, machine, GREEN, SNAIL, OLD)
    assert [line.split("  ")[-1] for line in lines] == ["there already: 1.0"] * 3 + ["0"]
    assert machine.commands == []


def test_a_second_time_installs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Pretended()
    main(machine, [GREEN, SNAIL, PAGE])
    count = len(machine.commands)
    assert main(machine, [GREEN, SNAIL, PAGE]) == 0
    assert len(machine.commands) == count


def test_lists_of_packages_are_updated_once(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Pretended()
    main(machine, [SNAIL, BEETLE])
    assert machine.commands.count(WAYS["apt"].before) == 1
    assert machine.commands[0] == WAYS["apt"].before


@pytest.mark.parametrize(
    ("machine", "wish", "says"),
    [
        (
            Pretended(is_root=False),
            SNAIL,
            "Snail  not installed: it takes root; run  sudo apt-get install --yes "
            "--no-install-recommends --quiet snail3",
        ),
        (
            Pretended(programs=""),
            SNAIL,
            "Snail  not installed: there is no apt-get here; put snail3 on PATH",
        ),
        (
            Pretended(programs=""),
            OLD,
            "CPython 2.2  not installed: there is no pyenv here; put python2.2 on PATH",
        ),
        (
            Pretended(),
            OLD,
            "CPython 2.2  not installed: it takes minutes to build; run  pyenv install 2.2",
        ),
    ],
)
def test_what_cannot_be_installed_is_told_with_the_command(
    capsys: pytest.CaptureFixture[str], machine: Pretended, wish: Wanted, says: str
) -> None:
    assert said(capsys, machine, wish) == [says, "0"]
    assert machine.commands == []


def test_a_missing_program_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    line, _ = said(capsys, Pretended(programs=""), PAGE)
    assert line.startswith("Page  not installed: there is no npm here; install it and run  npm in")


def test_an_installation_that_fails_is_told_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys, Pretended(broken="snail3", lost="page"), SNAIL, PAGE, GREEN)
    assert lines[0].startswith("Snail  not installed: apt-get install ")
    assert lines[0].endswith(" snail3 failed: E: no such package")
    assert lines[1].endswith(" page failed: it is not found where it should be")
    assert lines[2:] == ["green  installed: 1.0", "1"]


def test_every_adapter_that_requires_a_package_gets_it() -> None:
    packages = [one.package for one in wanted() if one.way == "pip"]
    assert any(one.startswith("gevent") for one in packages)
    assert {one.way for one in wanted()} <= WAYS.keys()


def test_this_machine_finds_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementations, "FOLDER", tmp_path)
    package = tmp_path / "node_modules" / "page" / "package.json"
    package.parent.mkdir(parents=True)
    machine = ThisMachine()
    assert machine.found(PAGE) is None
    package.write_text('{"version": "3.1"}', encoding="utf-8")
    assert machine.found(PAGE) == "3.1"
    assert machine.found(Wanted("pytest", "pip", "pytest>=8")) == pytest.__version__
    assert machine.found(Wanted("pytest", "pip", "pytest>=999")) is None
    assert machine.found(GREEN) is None
    assert machine.found(OLD) is None


def test_a_command_that_fails_is_told_by_its_last_line() -> None:
    machine = ThisMachine()
    assert machine.run(["sh", "-c", "echo begun; echo 'E: no'; echo; exit 3"]) == "E: no"
    assert machine.run(["sh", "-c", "exit 3"]) == "exit status 3"
    assert machine.run(["sh", "-c", "echo done"]) is None
