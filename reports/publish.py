"""Publishes a matrix: its summary in the README, the whole in ``reports/results``.

Run ``python -m threadspec.reports.publish FOLDER`` in the repository; FOLDER contains the matrix.

A matrix with a deviation that no adapter file lists is not published, because it must be examined
first.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from threadspec.conformance.verdicts import NO_DIVERGENCE

RESULTS = Path("reports") / "results"

# The seconds that the cases of each implementation took; it is installed with the kit.
SECONDS = Path(__file__).parent / "results" / "seconds.json"

FINE = NO_DIVERGENCE - {"error"}
BEGIN = "<!-- matrix: made by `make publish` -->\n"
END = "<!-- end of matrix -->\n"


def summary(matrix: str) -> str:
    """The summary in a rendered ``matrix.md``: its first table, and the notes below it."""
    lines = matrix.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    end = next(
        number
        for number in range(start, len(lines))
        if lines[number].strip() and not lines[number].startswith(("|", "- "))
    )
    return "".join(lines[start:end]).rstrip() + "\n"


def shortened(text: str) -> str:
    """A summary with one row for each implementation and kind of interpreter, and their notes.

    It is the row of the newest version, as the matrix has interpreters of one kind in the order of
    their versions; a free-threaded build is shown only where there is no other.
    """
    head, rule, *lines = text.splitlines(keepends=True)
    last: dict[tuple[str, str], tuple[str, str]] = {}
    for row in (line for line in lines if line.startswith("|")):
        label, interpreter = (cell.strip(" `") for cell in row.split("|")[1:3])
        key = label.partition("@")[0], interpreter.partition(" ")[0]
        if key not in last or not re.search(r"@\d[\d.]*t$", label):
            last[key] = label, row
    shown = dict(last.values())
    notes = (line for line in lines if not line.startswith("|"))
    kept = (line for line in notes if not line.startswith("- `") or line.split("`")[1] in shown)
    return "".join([head, rule, *shown.values(), *kept])


def replaced(readme: str, table: str) -> str:
    """The README with this table between its two markers.  Raises ValueError without them."""
    before, found, rest = readme.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found or not found_end:
        raise ValueError("the README has no markers for the matrix")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def unexpected(matrix: dict[str, Any]) -> list[str]:
    """A line for each deviation in a ``matrix.json`` that its adapter file does not list."""
    return [
        f"{label}: {clause['id']}: {cell['verdict']}"
        for clause in matrix["clauses"]
        for label, cell in clause["found"].items()
        if cell["verdict"] not in FINE and cell["known"] is None
    ]


def main(made: Path, repository: Path) -> int:
    """Publish the matrix in the folder ``made``; 1 if it has unlisted deviations."""
    document = json.loads((made / "matrix.json").read_text(encoding="utf-8"))
    if lines := unexpected(document):
        print("\n".join(lines))
        print("Not published: examine each of these, and add it to its file in adapters/.")
        return 1
    matrix = (made / "matrix.md").read_text(encoding="utf-8")
    (repository / RESULTS).mkdir(parents=True, exist_ok=True)
    (repository / RESULTS / "matrix.md").write_text(matrix, encoding="utf-8")
    seconds = {one["label"]: round(one["seconds"], 1) for one in document["implementations"]}
    text = json.dumps(seconds, indent=1) + "\n"
    (repository / RESULTS / SECONDS.name).write_text(text, encoding="utf-8")
    readme = repository / "README.md"
    text = replaced(readme.read_text(encoding="utf-8"), shortened(summary(matrix)))
    readme.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path()))
