"""Puts the published matrix's summary into the README: ``python -m threadspec.reports.publish``."""

from __future__ import annotations

import sys
from pathlib import Path

BEGIN = "<!-- matrix: made by `make publish` -->\n"
END = "<!-- end of matrix -->\n"


def summary(matrix: str) -> str:
    """The summary table out of a rendered ``matrix.md``: its first table."""
    lines = matrix.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    return "".join(lines[start:end])


def replaced(readme: str, table: str) -> str:
    """The README with this table between its two marks.  Raises ValueError without marks."""
    before, found, rest = readme.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found or not found_end:
        raise ValueError("the README has no marks for the matrix")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(folder: Path) -> None:
    """Refresh ``README.md`` in ``folder`` from ``reports/results/matrix.md``."""
    readme = folder / "README.md"
    matrix = (folder / "reports" / "results" / "matrix.md").read_text(encoding="utf-8")
    text = replaced(readme.read_text(encoding="utf-8"), summary(matrix))
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
