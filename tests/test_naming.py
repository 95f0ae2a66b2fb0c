"""Names on the command lines of the programs in quality/."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize(
    ("program", "arguments", "says"),
    [
        ("adversity", ["--impl=refrence"], "implementation 'refrence'; did you mean reference?"),
        ("adversity", ["--condition=x"], "condition 'x'; there are "),
        ("bad", ["gevnt"], "implementation 'gevnt'; did you mean gevent?"),
        ("bad", ["--chapter=locks"], "chapter 'locks'; did you mean lock?"),
        ("explore_confirmed", ["three-joiners"], "finding 'three-joiners'; did you mean two-join"),
        ("explore_confirmed", ["--impl=stdlb@3.9"], "implementation 'stdlb@3.9'; did you mean std"),
        (
            "explore_faults",
            ["event.walk"],
            "interleaving fault, chapter or clause 'event.walk'; did you mean event.walks?",
        ),
        ("explore_faults", ["event.set"], "interleaving fault, chapter or clause 'event.set'"),
        (
            "explore_reduction",
            ["event.two-set"],
            "scenario, chapter or clause 'event.two-set'; did you mean event.two-sets?",
        ),
        (
            "explore_replay",
            ["reference", "event.walk"],
            "fault or implementation 'event.walk'; did you mean event.walks?",
        ),
        ("faults", ["lock", "lok"], "fault or chapter 'lok'; did you mean lock?"),
        ("interrupts", ["semafore"], "use with the word 'semafore'; did you mean Semaphore?"),
        ("mutation", ["locks"], "module of the reference 'locks'; did you mean lock?"),
        ("oddities", ["fair_lock"], "oddity 'fair_lock'; did you mean fair_locks?"),
        ("oddities", ["--chapter=zzz"], "chapter 'zzz'"),
        ("soak", ["--impl=refrence"], "implementation 'refrence'; did you mean reference?"),
        ("soak", ["--load=x"], "load 'x'; there are "),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(
    program: str, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        main = importlib.import_module(f"quality.{program}.__main__").main
    except ModuleNotFoundError:
        main = importlib.import_module(f"quality.{program}").main
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert f": there is no {says}" in said.err.splitlines()[-1]
    assert said.out == ""
