"""The thread layer of the reference, on different platforms."""

from __future__ import annotations

import _thread
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

import pytest

import threadspec.reference as threading
from tests.reference.support import (
    background,
    in_another_thread,
)
from threadspec.reference import _layer


def test_the_importer_is_the_main_thread_where_the_system_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer: Any = sys.modules["threadspec.reference._layer"]
    monkeypatch.delattr(layer._thread, "_get_main_thread_ident", raising=False)
    monkeypatch.setattr(layer.os.path, "exists", lambda path: False)
    assert layer.is_main_thread()
    others: list[bool] = []
    background(lambda: others.append(layer.is_main_thread())).join()
    assert others == [False]


def layer_over(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    """The thread layer over a low-level thread module with (or, for None, without) some names."""
    low: Any = ModuleType("_thread")
    vars(low).update(vars(_thread), **changes)
    for name in [name for name, value in changes.items() if value is None]:
        del vars(low)[name]
    monkeypatch.setitem(sys.modules, "_thread", low)
    spec = importlib.util.spec_from_file_location("threadspec.reference.layer", _layer.__file__)
    assert spec is not None and spec.loader is not None
    layer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(layer)
    return layer


def test_the_layer_asks_the_thread_module_for_the_main_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = layer_over(monkeypatch, _get_main_thread_ident=lambda: _thread.get_ident())
    assert layer.is_main_thread()
    assert in_another_thread(layer.is_main_thread)
    for number in (-1, 2**80):
        layer = layer_over(monkeypatch, _get_main_thread_ident=lambda number=number: number)
        assert not layer.is_main_thread()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux numbers threads so")
def test_the_layer_knows_the_main_thread_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)  # /proc may be hidden
    layer = in_another_thread(lambda: layer_over(monkeypatch, _get_main_thread_ident=None))
    assert layer.is_main_thread()  # type: ignore[attr-defined]
    assert not in_another_thread(layer.is_main_thread)  # type: ignore[attr-defined]
    for number in (-1, 2**80):
        changes = {"_get_main_thread_ident": None, "get_native_id": lambda number=number: number}
        assert not layer_over(monkeypatch, **changes).is_main_thread()


def test_else_the_layer_takes_the_importing_thread_for_the_main_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "another")
    monkeypatch.setattr(threading, "importer", 5 * 10**9)
    idents = [int("5000000000")]  # equal, but another object
    changes = {"_get_main_thread_ident": None, "get_ident": lambda: idents[0]}
    layer = layer_over(monkeypatch, **changes)
    assert layer.is_main_thread()
    for idents[0] in (5 * 10**9 - 1, 5 * 10**9 + 1):
        assert not layer.is_main_thread()
