"""A scripted instance of the reference for each test that asks for one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.reference.support import Script


@pytest.fixture
def script() -> Iterator[Script]:
    """A script, all of whose steps must have been used at the end."""
    made = Script("scripted")
    yield made
    assert made.steps == []
    for name in [one for one in sys.modules if one.split(".")[0] == "scripted"]:
        del sys.modules[name]
