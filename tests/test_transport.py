"""The transports: verdicts do not depend on how messages travel, and what goes wrong is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import miniatures
from miniatures import lock_with, run_case
from threadspec.adapters.adapter import Implementation, read, resolve
from threadspec.adapters.file_format import TransportName
from threadspec.adapters.interpreters import Interpreter
from threadspec.adapters.runner import process
from threadspec.adapters.runner.process import CannotStart, WorkerProcess, load_request
from threadspec.conformance.errors import UserError
from threadspec.conformance.harness import serve

LOCK = "threadspec.conformance.battery.lock"
NO_VALUE = (f"{LOCK}.release", "test_release_returns_none")
METHODS = (f"{LOCK}.general", "test_a_lock_has_acquire_and_release")
HELD = (f"{LOCK}.acquire", "test_acquire_blocks_while_the_lock_is_held")
FORGED = f"@threadspec {json.dumps({'outcome': 'ok', 'observed': 'forged'})}"

# Programs that an adapter can name as its command.  The arguments are the worker's script, the
# option --connect and the host's address.
CONNECTING = """
import os, socket, sys

def connect():
    host, port = sys.argv[3].split(":")
    return socket.create_connection((host, int(port)))
"""
STRANGER = CONNECTING + "connection = connect()\nconnection.sendall(b'guess\\n')\n"
LATE = "import time\ntime.sleep(1000)\n"
PASSED_ON = "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"

MakeWorker = Callable[..., WorkerProcess]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWorker]:
    """Make a worker for an implementation with this source, or with this program as its command."""
    monkeypatch.chdir(tmp_path)
    workers = []

    def make_worker(
        source: str, transport: TransportName, program: str = "", scale: float = 1.0
    ) -> WorkerProcess:
        (tmp_path / "subject.py").write_text(textwrap.dedent(source), encoding="utf-8")
        (tmp_path / "program.py").write_text(program, encoding="utf-8")
        lines = ['module = "subject"', f'transport = "{transport}"']
        if program:
            lines.append(f"command = {json.dumps([sys.executable, './program.py'])}")
        path = tmp_path / "mine.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        workers.append(WorkerProcess(resolve(str(path)), scale))
        return workers[-1]

    yield make_worker
    for worker in workers:
        worker.close()


@pytest.fixture(params=["pipes", "socket"])
def transport(request: pytest.FixtureRequest) -> TransportName:
    name: TransportName = request.param
    return name


# -- both transports ------------------------------------------------------------------------------


def test_verdicts_and_output_are_the_same(make: MakeWorker, transport: TransportName) -> None:
    printing = "import os, sys; print('Python'); os.write(1, b'system'); sys.stderr.write('error')"
    worker = make(
        f"{printing}\n" + lock_with(f"def release(self):\n    {printing}\n    return 1"), transport
    )
    assert worker.load()["file"].endswith("subject.py")
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "violated"
    assert "release() returned 1" in (outcome.observed or "")
    assert all(word in outcome.output for word in ("Python", "system", "error"))
    assert run_case(worker, *METHODS).output == ""


def test_a_printed_reply_is_output_only(make: MakeWorker, transport: TransportName) -> None:
    forging = f"import os; os.write(1, {FORGED.encode()!r} + b'\\n')"
    worker = make(lock_with(f"def release(self):\n    {forging}\n    return 1"), transport)
    outcome = run_case(worker, *NO_VALUE)
    assert outcome.kind == "violated"
    assert FORGED in outcome.output


def test_a_worker_that_ends_is_noticed_and_replaced(
    make: MakeWorker, transport: TransportName
) -> None:
    worker = make("import os\n" + lock_with("def release(self): os._exit(3)"), transport)
    outcome = run_case(worker, *NO_VALUE)
    assert (outcome.kind, outcome.observed) == ("crash", "the process ended: exit status 3")
    assert run_case(worker, *NO_VALUE).kind == "crash"


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_a_worker_ends_with_its_input(make: MakeWorker, transport: TransportName) -> None:
    worker = make(miniatures.FAITHFUL, transport)
    worker.load()
    started = worker._process
    assert started is not None and worker._transport is not None
    worker._transport.close()
    assert started.wait(timeout=10) == 0


# -- a socket -------------------------------------------------------------------------------------


def test_one_who_does_not_know_the_token_is_ignored(make: MakeWorker) -> None:
    program = f"{STRANGER}{CONNECTING}\nconnect().close()\n{PASSED_ON}"
    worker = make(miniatures.FAITHFUL, "socket", program)
    assert worker.load()["version"] == "1.2.3"
    assert run_case(worker, *HELD).kind == "ok"


def test_the_implementation_does_not_see_the_token(make: MakeWorker) -> None:
    seen = "import os, sys\nsys.stderr.write(repr([one for one in os.environ if 'TOKEN' in one]))\n"
    worker = make(miniatures.FAITHFUL + seen + "raise SystemExit('stop')", "socket")
    with pytest.raises(CannotStart, match=r"SystemExit: stop$"):
        worker.load()


@pytest.mark.parametrize(
    ("program", "scale", "said"),
    [
        (LATE, 0.03, "was started but did not load subject in time; it did not connect to the hos"),
        (
            STRANGER + LATE,
            0.1,
            "did not load subject in time; what connected to the host did not send the value of "
            "THREADSPEC_TOKEN first; --impl-time-scale=0.1 shortens that time$",
        ),
        (
            "raise SystemExit('no page')",
            1.0,
            r"the worker ended \(exit status 1\) while it loaded subject; it did not connect to "
            "the host's socket; it printed: no page$",
        ),
        (
            STRANGER,
            1.0,
            r"the worker ended \(exit status 0\) while it loaded subject; what connected to the "
            "host did not send the value of THREADSPEC_TOKEN first$",
        ),
    ],
    ids=["never connects", "no token", "ends", "ends without the token"],
)
def test_a_worker_that_does_not_connect(
    make: MakeWorker, program: str, scale: float, said: str
) -> None:
    worker = make(miniatures.FAITHFUL, "socket", program, scale)
    with pytest.raises(CannotStart, match=said):
        worker.load()


def test_jython_gets_what_it_needs_unless_its_adapter_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jython = Interpreter(Path("/bin/jython"), "jython2.7", Version("2.7"))
    path = tmp_path / "mine.toml"
    path.write_text('module = "threading"', encoding="utf-8")
    one = Implementation("mine", read(path), jython)
    assert one.transport == "socket"
    assert replace(one, adapter=replace(one.adapter, transport="pipes")).transport == "pipes"
    assert replace(one, interpreter=replace(jython, label="3.9")).transport == "pipes"
    monkeypatch.delenv("JAVA_TOOL_OPTIONS", raising=False)
    assert one.environment.keys() == {"JAVA_TOOL_OPTIONS"}
    assert (one.start_scale, one.workers) == (4, 1)
    assert replace(one, adapter=replace(one.adapter, start_scale=2, workers=3)).start_scale == 8
    assert replace(one, adapter=replace(one.adapter, start_scale=2, workers=3)).workers == 3
    own = replace(one.adapter, environment={"JAVA_TOOL_OPTIONS": "-Xmx1g"})
    assert replace(one, adapter=own).environment == {"JAVA_TOOL_OPTIONS": "-Xmx1g"}
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx2g")
    assert one.environment == {}


# -- messages -------------------------------------------------------------------------------------


def test_a_page_answers_messages_by_a_function(tmp_path: Path) -> None:
    """The function of the worker's script gives the replies that the script itself gives."""
    (tmp_path / "subject.py").write_text(miniatures.SILENT, encoding="utf-8")
    adapter = tmp_path / "mine.toml"
    adapter.write_text('module = "subject"', encoding="utf-8")
    requests = [
        load_request(resolve(str(adapter)), 1.0),
        {"op": "run", "module": NO_VALUE[0], "function": NO_VALUE[1], "known": None},
        {"op": "run", "module": "no.such.module", "function": "none", "known": None},
        {"op": "run", "module": NO_VALUE[0], "function": NO_VALUE[1], "known": None},
    ]
    page = "import sys; from serve import answerer; answer = answerer()\n"
    page += "for line in sys.stdin: sys.stdout.write('> ' + answer(line) + '\\n')\n"
    printed = subprocess.run(
        [sys.executable, "-c", page],
        input="".join(json.dumps(one) + "\n" for one in requests),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(serve.__file__).parent)},
        text=True,
        check=True,
    ).stdout
    answers = [part.strip() for part in printed.split("> ")[1:]]
    replies = [json.loads(one.removeprefix(serve.PREFIX)) for one in answers[:3]]
    assert replies[0]["description"]["file"].endswith("subject.py")
    assert replies[1]["outcome"] == "ok"
    assert replies[2]["spoiled"] is True
    assert answers[3:] == [""], "a spoiled process answers no more"


# -- a command in place of an interpreter ---------------------------------------------------------


def test_a_command_starts_the_interpreter(make: MakeWorker) -> None:
    worker = make(miniatures.FAITHFUL, "pipes", "import os, sys\n" + PASSED_ON)
    assert worker.load()["version"] == "1.2.3"
    assert run_case(worker, *HELD).kind == "ok"


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        (
            'command = ["node"]\npython = "3.9"',
            "",
            "mine.toml, line 3: it has both command and python; leave out one of them.",
        ),
        (
            "command = []",
            "",
            "command is an empty list; it must be a program and its arguments, such as [",
        ),
        (
            'command = ["no-such-node", "./host.mjs"]',
            "",
            'mine.toml, line 2, has command = ["no-such-node", "./host.mjs"]. There is no program '
            "no-such-node; install it, or give the path of its executable.",
        ),
        (
            'command = ["./no-such-node"]',
            "",
            "There is no program {folder}/no-such-node; install it",
        ),
        (
            'command = ["sh"]',
            "@3.9",
            'has command = ["sh"]. So mine has no interpreter to choose; leave out @3.9.',
        ),
        ('transport = "socks"', "", 'transport is "socks"; it must be one of pipes, socket.'),
    ],
)
def test_what_a_file_says_wrongly(tmp_path: Path, text: str, value: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'module = "threading"\n{text}\n', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        resolve(f"{path}{value}")
    assert said.format(folder=tmp_path) in str(caught.value)


def test_a_program_that_is_no_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> bool:
        raise AssertionError("a command need not be a Python interpreter")

    monkeypatch.setattr(process, "_is_python", never)
    path = tmp_path / "mine.toml"
    command = json.dumps([sys.executable, "-c", "raise SystemExit(7)"])
    path.write_text(f'module = "threading"\ncommand = {command}\n', encoding="utf-8")
    worker = WorkerProcess(resolve(str(path)))
    with pytest.raises(CannotStart, match=r"^the worker ended \(exit status 7\) while it loaded"):
        worker.load()
