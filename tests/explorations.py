"""Parts of records about schedules, for tests."""

from __future__ import annotations

from typing import Any

from threadspec.reports.exploration import Broken, Exploration, Explored, explorer_digest

TOKEN = "thread.start-twice@f4163004:0x11.1!.0x3"


def program(name: str, **fields: Any) -> Explored:
    """A program of which every schedule was run, and none breaks a clause."""
    values: dict[str, Any] = {
        "name": name,
        "kind": "scenario",
        "chapter": name.partition(".")[0],
        "clauses": ("event.set.wakes-all",),
        "variant": "",
        "grade": "exhausted",
        "bound": None,
        "schedules": 727,
        "equivalent": 3,
        "outcomes": 2,
        "seconds": 0.5,
        "verdict": "holds",
    }
    return Explored(**{**values, **fields})


def broken(name: str, clause: str = "thread.start.atomic", **fields: Any) -> Explored:
    """A program of which a schedule breaks a clause."""
    failure = Broken(clause, "raised KeyError: <Thread(1)> in thread 1", TOKEN, 4, 1)
    return program(
        name,
        **{
            "clauses": (clause,),
            "grade": "sampled",
            "schedules": 4,
            "verdict": "fails",
            "why": "stopped at the first failure",
            "failure": failure,
            **fields,
        },
    )


def exploration(*programs: Explored, **fields: Any) -> Exploration:
    """The results of an exploration."""
    values: dict[str, Any] = {
        "made": "2026-11-21T10:00:00+00:00",
        "interpreter": "CPython 3.11.7",
        "python": "",
        "source": "0a1b2c3d",
        "explorer": explorer_digest(),
        "programs": programs,
        "left_out": {"they take too many steps": 2},
    }
    return Exploration(**{**values, **fields})


CUT = program("thread.joiners", grade="bounded", bound=2, clauses=("thread.join.blocks",), why="x")
SAMPLED = program("thread.loop", grade="sampled", clauses=("thread.join.blocks",), why="it polls")
GROUP = program("event.generated", kind="generated", programs=12, schedules=3456)
VARIANT = program("event.two-sets", variant="portable RLock", schedules=31)
CASE = program(
    "battery/thread/join.py::test_join_blocks",
    kind="case",
    chapter="thread",
    clauses=("thread.join.blocks",),
    grade="sampled",
    schedules=100,
)
WHOLE = exploration(
    program("event.two-sets"), VARIANT, GROUP, CUT, SAMPLED, CASE, broken("thread.start-twice")
)
