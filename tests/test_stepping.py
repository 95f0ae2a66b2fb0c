"""Stepping through calls: which frames are the implementation's, and which are the kit's."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest

from threadspec.conformance.battery.support import stepping
from threadspec.conformance.index import BATTERY, HARNESS

ROOT = Path(__file__).parent.parent


def frame_of(path: Path) -> FrameType:
    """A frame of code that is in this file."""
    space: dict[str, FrameType] = {}
    exec(compile("frame = frame_of()", str(path), "exec"), {"frame_of": caller}, space)
    return space["frame"]


def caller() -> FrameType:
    return sys._getframe(1)


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        (BATTERY / "lock" / "acquire.py", True),
        (BATTERY / "shared" / "locks.py", True),
        (BATTERY / "support" / "stepping.py", True),
        (HARNESS / "actors.py", True),
        (ROOT / "reference" / "lock.py", False),
        (Path(str(sys.modules["threading"].__file__)), False),
        (BATTERY.parent / "battery_of_another.py", False),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_only_frames_of_battery_and_harness_are_of_the_kit(path: Path, ours: bool) -> None:
    assert stepping.is_of_the_kit(frame_of(path)) == ours
