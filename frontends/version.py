"""The version of the kit."""

from __future__ import annotations

from functools import cache


@cache
def kit_version() -> str:
    """The installed version of threadspec."""
    import importlib.metadata  # takes a while, and few commands need the version

    return importlib.metadata.version("threadspec")
