"""The worker protocol: its description matches the messages of host and worker."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from miniatures import SILENT, run_case
from quality.judging import cases_of, implementation
from threadspec.adapters.file_format import TransportName
from threadspec.adapters.runner.process import CannotStart, WorkerProcess
from threadspec.conformance.harness import channel, serve
from threadspec.conformance.outcome import Kind

TEXT = (Path(__file__).parent.parent / "conformance" / "PROTOCOL.md").read_text(encoding="utf-8")
TYPES = {
    "string": str,
    "number": int | float,
    "boolean": bool,
    "object": dict,
    "list": list,
    "null": type(None),
}


def tables(heading: str) -> list[dict[str, str]]:
    """The tables of a section, each as {key in the first column: type in the second}."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = []
    for lines in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE):
        rows = [line.split("|")[1:3] for line in lines.splitlines()[2:]]
        found.append({key.strip().strip("`"): kind.strip() for key, kind in rows})
    return found


def check(message: dict[str, Any], table: dict[str, str]) -> None:
    """Check that a message has the keys of a table, with values of the given types."""
    assert message.keys() == table.keys()
    for key, kind in table.items():
        allowed = [TYPES[word] for word in kind.replace(" of strings", "").split(" or ")]
        if kind == "list of numbers":
            allowed = [list]
        assert any(isinstance(message[key], one) for one in allowed), (key, message[key], kind)


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The messages between a host and its worker, as (sender, message)."""
    (tmp_path / "silent.py").write_text(SILENT, encoding="utf-8")
    said: list[tuple[str, dict[str, Any]]] = []
    send, answer = WorkerProcess._send, WorkerProcess._answer

    def noted_send(self: WorkerProcess, request: dict[str, Any]) -> None:
        said.append(("host", json.loads(json.dumps(request))))
        send(self, request)

    def noted_answer(self: WorkerProcess, *args: Any) -> dict[str, Any]:
        reply = answer(self, *args)
        said.append(("worker", dict(reply)))
        return reply

    monkeypatch.setattr(WorkerProcess, "_send", noted_send)
    monkeypatch.setattr(WorkerProcess, "_answer", noted_answer)
    worker = WorkerProcess(implementation("silent", "silent", tmp_path))
    try:
        worker.load()
        for case in cases_of(["lock", "event"])[:60]:
            run_case(worker, case.module, case.function)
    finally:
        worker.close()
    return said


def test_requests_and_replies_are_as_described(talk: list[tuple[str, dict[str, Any]]]) -> None:
    load, replies, description = tables("Load")
    run, outcome, _ = tables("Run")
    (learnt,) = tables("What is learnt")
    assert [message["op"] for who, message in talk if who == "host"][:2] == ["load", "run"]
    kinds = set()
    for who, message in talk:
        if who == "host":
            check(message, load if message["op"] == "load" else run)
        elif "outcome" in message:
            check(message, outcome)
            check(message["learnt"], learnt)
            kinds.add(message["outcome"])
        else:
            assert message.keys() <= replies.keys()
            if "description" in message:
                check(message["description"], description)
    assert kinds >= {"ok", "violated"}


def test_the_version_is_that_of_the_code() -> None:
    assert TEXT.startswith(f"# The worker protocol, version {serve.PROTOCOL}\n")
    assert f"`{serve.PREFIX}`" in TEXT


def test_every_transport_is_described() -> None:
    section = TEXT.split("\n## Transport\n")[1].split("\n## ")[0]
    headings = [heading.lower() for heading in re.findall(r"^### (.*)", section, re.MULTILINE)]
    assert headings == [*get_args(TransportName), "messages"]
    assert f"`{channel.CONNECT} HOST:PORT`" in section
    assert f"`{channel.TOKEN}`" in section
    assert f"`{serve.answerer.__name__}`" in section


def test_every_outcome_is_described() -> None:
    *_, outcomes = tables("Run")
    assert {*outcomes, "timeout", "crash"} == set(get_args(Kind))


def test_a_worker_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PROTOCOL", 2)
    worker = WorkerProcess(implementation("reference", "threadspec.reference", tmp_path))
    with pytest.raises(CannotStart, match="version 1 of the protocol, and the host version 2"):
        worker.load()
