"""Where the manual of ``threading`` has the statements that clauses cite."""

from __future__ import annotations

MANUAL = "https://docs.python.org/2.6/library/threading.html"

# What the number of a statement means, for people.
NUMBERING = (
    "PLACE:3.1 is the first sentence of the third paragraph about PLACE; "
    "paragraph 0 is the signature"
)

# Where the manual describes a name twice, its anchor is at the first place.  The number of the
# second one stands for a section.
SECTIONS = {
    "Condition#2": "condition-objects",
    "Event#2": "event-objects",
    "Semaphore#2": "semaphore-objects",
    "Thread#2": "thread-objects",
    "Timer#2": "timer-objects",
    "module": "module-threading",
    "overview": "module-threading",
}


def link(statement: str) -> str:
    """The address of the place in the manual that has a statement, such as "Lock.acquire:2.1"."""
    place = statement.split(":")[0]
    anchor = SECTIONS.get(place) or (place if "-" in place else f"threading.{place}")
    return f"{MANUAL}#{anchor}"
