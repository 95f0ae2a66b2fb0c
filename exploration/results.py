"""Makes the part of a record about schedules."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Iterable, Mapping

from threadspec.adapters.adapter import Implementation
from threadspec.exploration.visible import Subject
from threadspec.reports.exploration import Exploration, Explored, explorer_digest


def exploration(
    implementation: Implementation,
    subject: Subject,
    found: Iterable[Explored],
    left_out: Mapping[str, int],
) -> Exploration:
    """The results of an exploration that ends now.

    ``subject``: the explored implementation, in any variant; ``left_out``: how many
    programs and cases were left out, by reason.
    """
    is_part = implementation.adapter.module == "threading"
    return Exploration(
        made=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        interpreter=f"{platform.python_implementation()} {platform.python_version()}",
        python=str(implementation.interpreter.version) if is_part else "",
        source=subject.digest,
        explorer=explorer_digest(),
        programs=tuple(found),
        left_out=dict(left_out),
    )
