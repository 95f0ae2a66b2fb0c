"""Publishing the matrix: what is written to the README, and what is held back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from threadspec.conformance.verdicts import VERDICTS
from threadspec.reports.publish import BEGIN, END, RESULTS, main, shortened, summary

ROOT = Path(__file__).resolve().parent.parent
README = f"# Title\n\n{BEGIN}old\n{END}rest\n"
TABLE = "| implementation | must |\n| --- | --- |\n| mine | 1/2 |\n"


def publish(folder: Path, verdict: str, known: str | None) -> int:
    """Publish a matrix with one clause and one implementation; return the exit status."""
    found = {"mine": {"verdict": verdict, "observed": "something", "known": known}}
    made = folder / "build"
    made.mkdir()
    matrix = {
        "clauses": [{"id": "lock.factory", "found": found}],
        "implementations": [{"label": "mine", "seconds": 12.345}],
    }
    (made / "matrix.json").write_text(json.dumps(matrix), encoding="utf-8")
    (made / "matrix.md").write_text(f"# Matrix\n\n{TABLE}\nMore.\n", encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
    return main(made, folder)


@pytest.mark.parametrize(
    ("verdict", "known"),
    [("pass", None), ("observed", None), ("not-offered", None), ("fail", "It has none.")],
)
def test_the_table_of_a_matrix_goes_into_the_readme(
    tmp_path: Path, verdict: str, known: str | None
) -> None:
    assert publish(tmp_path, verdict, known) == 0
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text == f"# Title\n\n{BEGIN}\n{TABLE}\n{END}rest\n"
    assert TABLE in (tmp_path / RESULTS / "matrix.md").read_text(encoding="utf-8")
    seconds = json.loads((tmp_path / RESULTS / "seconds.json").read_text(encoding="utf-8"))
    assert seconds == {"mine": 12.3}


def test_what_the_adapters_say_of_the_judging_goes_into_the_readme(tmp_path: Path) -> None:
    matrix = f"# Matrix\n\n{TABLE}\n- `mine`: its adapter maps Thread to Fibre\n\nMore.\n"
    assert summary(matrix) == f"{TABLE}\n- `mine`: its adapter maps Thread to Fibre\n"


@pytest.mark.parametrize("verdict", sorted(set(VERDICTS) - {"pass", "observed", "not-offered"}))
def test_a_deviation_that_nobody_has_looked_at_is_not_published(
    tmp_path: Path, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(tmp_path, verdict, None) == 1
    assert capsys.readouterr().out.startswith(f"mine: lock.factory: {verdict}\nNot published: ")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README
    assert not (tmp_path / RESULTS).exists()


def test_the_readme_has_one_row_for_each_implementation_and_kind_of_interpreter() -> None:
    head = "| implementation | interpreter | must |\n| --- | --- | ---: |\n"
    old = "| `one@2.7` | CPython 2.7.18 | 1/2 |\n"
    new = "| `one@3.13` | CPython 3.13.0 | 2/2 |\n"
    free = "| `one@3.13t` | CPython 3.13.0 | 2/2 |\n"
    other = "| `one@pypy3.9` | PyPy 7.3.11 (Python 3.9.16) | 1/2 |\n"
    second = "| `two@3.13t` | CPython 3.13.0 | 1/2 |\n"
    notes = "\n- `one@2.7`: its adapter maps A to B\n", "- `one@3.13`: its adapter maps C to D\n"
    text = head + old + new + free + other + second + "".join(notes)
    assert shortened(text) == head + new + other + second + "\n" + notes[1]
