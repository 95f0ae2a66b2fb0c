"""Makes the known divergences in an adapter file those of a run, and keeps everything else in it.

What people have written stays: comments, layout, reasons, and the entries that the run says nothing
about.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadspec.adapters import file_format
from threadspec.adapters.adapter import Adapter
from threadspec.adapters.divergences import Divergence, Found, expand
from threadspec.conformance.catalogue import catalogue
from threadspec.conformance.errors import UserError
from threadspec.conformance.verdicts import NO_DIVERGENCE, UNREVIEWED, Verdict, is_unreviewed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# tomlkit takes a while to import, and only a run that changes a file needs it.

_SCHEMA_LINE = f"#:schema ./{file_format.SCHEMA_FILE}\n"
_HEADER = re.compile(r"\s*\[")


@dataclass(frozen=True)
class Change:
    """What became of a file's divergences: how many were added, removed and kept.

    ``unreviewed``: how many in the file have no reason yet.
    """

    added: int
    removed: int
    kept: int
    unreviewed: int


def check_place(adapter: Adapter, path: Path) -> None:
    """Check that a file may be written: it is the adapter's own, or does not exist.

    Raises UserError.
    """
    if path.exists() and not (adapter.folder and is_own(adapter, path)):
        raise UserError(
            f"{path} exists, and is not the adapter file of {adapter.name}; give the path of that "
            "file, or of a new one."
        )


def is_own(adapter: Adapter, path: Path) -> bool:
    """Whether a path is that of the adapter's own file."""
    own = adapter.file
    return own is not None and own.exists() and path.exists() and own.samefile(path)


def update(
    adapter: Adapter, results: Iterable[Found], path: Path, stale: Collection[Divergence] = ()
) -> Change:
    """Update an adapter's own file, or write a new one like it.

    ``stale``: those of the adapter's divergences that no longer happen.  They are removed.  The
    others are kept, also where their clause was not run or their condition does not hold.  One is
    added for every verdict of a clause that deviates in a way that is not known; its reason is
    marked as unreviewed, and quotes what was observed.  The kit's own errors are no divergences.

    In a new file, editors are pointed to the schema of adapter files where it is in the same
    folder.  Raises UserError where the file cannot be written, or is not written in tables.
    """
    from tomlkit.exceptions import TOMLKitError

    check_place(adapter, path)
    added = _added(results, stale)
    gone = Counter(map(_key, stale))
    kept = [one for one in adapter.divergences if not _taken(gone, _key(one))]
    if is_own(adapter, path) and not (stale or added):
        return Change(0, 0, len(kept), sum(is_unreviewed(one.reason) for one in kept))
    text = _text(adapter, path)
    with contextlib.suppress(TOMLKitError):  # the comparison below finds what is wrong
        text = _appended(_without(text, stale), added)
    newline = "\r\n" if "\r\n" in text else "\n"
    _check(text, [*kept, *added], path)
    _write(text.replace("\r\n", "\n").replace("\n", newline), path)
    unreviewed = sum(is_unreviewed(one.reason) for one in (*kept, *added))
    return Change(len(added), len(stale), len(kept), unreviewed)


def _key(one: Divergence) -> tuple[str, Verdict, str, str | None]:
    return one.clause, one.verdict, one.reason, one.when


def _taken(counts: Counter[Any], key: Any) -> bool:
    """Take one from the count of a key, if there is any."""
    if not counts[key]:
        return False
    counts[key] -= 1
    return True


def _added(results: Iterable[Found], stale: Iterable[Divergence]) -> list[Divergence]:
    """A divergence for every verdict of a clause that deviates in a way that is not known."""
    before = {one.clause: one for one in stale}
    first: dict[tuple[str, Verdict], Found] = {}
    for result in results:
        if result.verdict not in NO_DIVERGENCE and not result.is_known:
            first.setdefault((result.clause, result.verdict), result)
    added = []
    for (clause, verdict), result in first.items():
        reason = UNREVIEWED + _shortened(result.observed or verdict)
        if known := before.get(clause):
            old = known.reason.removeprefix(UNREVIEWED)
            reason += f" (It was listed as {known.verdict}: {old})"
        added.append(Divergence(clause, verdict, reason))
    return added


def _text(adapter: Adapter, path: Path) -> str:
    """The text of the adapter's file as it has to be at ``path``."""
    if adapter.file is None:
        text = f"module = {_quote(adapter.module)}\n"
    else:
        try:
            text = adapter.file.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"The adapter file {adapter.path} cannot be read: {error}.") from error
    if is_own(adapter, path):
        return text
    text = re.sub(rf"\A{re.escape(_SCHEMA_LINE.rstrip())}\r?\n", "", text)
    if (path.parent / file_format.SCHEMA_FILE).exists():
        text = _SCHEMA_LINE + text
    moved = adapter.seen_from(path.parent)
    if (moved.python, moved.command) == (adapter.python, adapter.command):
        return text
    import tomlkit

    document = tomlkit.parse(text)
    if moved.python != adapter.python:
        document["python"] = moved.python
    if moved.command != adapter.command:
        document["command"] = list(moved.command)
    return tomlkit.dumps(document)


def _without(text: str, stale: Iterable[Divergence]) -> str:
    """The text of a file without these divergences, and without reasons that only they had."""
    gone = Counter((one.clause, one.verdict, one.when) for one in stale)
    if not gone:
        return text
    import tomlkit

    document = tomlkit.parse(text)
    empty = []  # the numbers of the tables that have no clause left
    tables: Any = document.get("divergence", [])
    for number, table in enumerate(tables):
        clauses = table["clause"]
        rest = (table["verdict"], table.get("when"))
        if isinstance(clauses, str):
            if _taken(gone, (str(clauses), *rest)):
                empty.append(number)
            continue
        for place in reversed(range(len(clauses))):
            if _taken(gone, (str(clauses[place]), *rest)):
                del clauses[place]
        if not clauses:
            empty.append(number)
    used = {str(one["reason"]) for number, one in enumerate(tables) if number not in empty}
    reasons: Any = document.get("reasons", {})
    for name in set(reasons) - used:
        del reasons[name]
    if "reasons" in document and not reasons:
        del document["reasons"]
    return _cut(tomlkit.dumps(document), empty, len(tables))


def _cut(text: str, numbers: Sequence[int], tables: int) -> str:
    """The text without the tables [[divergence]] with these numbers, and their comments.

    The comment of a table is in the lines directly above it.
    """
    lines = text.splitlines(keepends=True)
    headers = [n for n, line in enumerate(lines) if file_format.HEADER.match(line)]
    if len(headers) != tables:
        return text  # tables of another form, or a text that looks like one
    for number in reversed(numbers):
        first = headers[number]
        following = (n for n in range(first + 1, len(lines)) if _HEADER.match(lines[n]))
        end = _above(lines, next(following, len(lines)))
        while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
            end -= 1
        start = _above(lines, first)
        while end < len(lines) and not lines[end].strip() and not "".join(lines[:start]).strip():
            end += 1
        while (
            start and not lines[start - 1].strip() and (end == len(lines) or not lines[end].strip())
        ):
            start -= 1
        del lines[start:end]
    return "".join(lines)


def _above(lines: Sequence[str], number: int) -> int:
    """The first of the comment lines directly above a line, or that line."""
    while number and lines[number - 1].lstrip().startswith("#"):
        number -= 1
    return number


def _appended(text: str, added: Iterable[Divergence]) -> str:
    """The text with more divergences at its end."""
    for one in added:
        text = text.rstrip() + "\n\n[[divergence]]\n"
        text += f"clause = {_quote(one.clause)}\nverdict = {_quote(one.verdict)}\n"
        text += f"reason = {_quote(one.reason)}\n"
    return text


def _quote(value: str) -> str:
    """A TOML string: a JSON string, except that TOML also wants the delete character escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check(text: str, expected: Iterable[Divergence], path: Path) -> None:
    """Check that a text has the divergences that it should.  Raises UserError."""
    with contextlib.suppress(tomllib.TOMLDecodeError, UserError):
        found, source = file_format.convert(tomllib.loads(text), str(path), text)
        divergences = expand(found, source, catalogue())
        if Counter(map(_key, divergences)) == Counter(map(_key, expected)):
            return
    raise UserError(
        f"The known divergences in {path} cannot be updated; write each as a table "
        "[[divergence]], or give --impl-update-divergences the path of a new file."
    )


def _write(text: str, path: Path) -> None:
    """Write a file, completely or not at all.  Raises UserError."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text.encode("utf-8"))
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UserError(
            f"The divergences cannot be written to {path}: {error.strerror}."
        ) from error


def _shortened(text: str) -> str:
    """A text in one line of at most 200 characters, which ends in "…" where words are left out."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:198].rsplit(" ", 1)[0] + " …"
