"""The host's ends of the transports: how requests get to a worker, and replies come back.

``conformance/PROTOCOL.md`` describes both transports, and ``conformance/harness/channel.py`` has
the worker's ends.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Protocol

from threadspec.adapters.file_format import TransportName
from threadspec.conformance.harness import channel

# Seconds between two looks whether the host has given up, while no worker has connected.
LOOK = 0.1

# How long whoever has connected may take to show the token, in seconds.
PATIENCE = 2.0


class Transport(Protocol):
    """Starts one worker process and exchanges lines with it."""

    def start(
        self, command: Sequence[str], errors: IO[bytes], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start the worker in a process group of its own; raises OSError.

        ``command``: the program and its arguments, of which the last is the worker's script;
        ``errors``: the file for what it prints.
        """

    def send(self, line: bytes) -> None:
        """Send a line.  Raises OSError if the worker does not read it."""

    def lines(self) -> Iterator[bytes]:
        """The lines that the worker sends, until it closes its end."""

    def close(self) -> None:
        """Close the host's end, which makes the worker end and :meth:`lines` return."""

    @property
    def trouble(self) -> str:
        """Why no line has come yet, as the end of a sentence; empty if that is unknown."""


def open_transport(name: TransportName) -> Transport:
    """A new transport of this kind.  Raises OSError if the system does not allow it."""
    return Socket() if name == "socket" else Pipes()


class Pipes:
    """The worker's standard input and output."""

    trouble = ""

    def start(
        self, command: Sequence[str], errors: IO[bytes], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
        return self._process

    def send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def lines(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        with self._process.stdout as stream, contextlib.suppress(OSError, ValueError):
            yield from stream

    def close(self) -> None:
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()


class Socket:
    """A connection that the worker makes to a socket of this process.

    What is sent before it has connected is kept.  Others on this machine can connect as well, so
    the worker shows a secret that it has got in its environment.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LOOK)
        self._token = secrets.token_hex(16)
        self._connection: socket.socket | None = None
        self._unsent: list[bytes] = []
        self._changing = threading.Lock()  # guards both, and the order of what is sent
        self._is_closed = False
        self._strangers = 0

    def start(
        self, command: Sequence[str], errors: IO[bytes], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        host, port = self._listener.getsockname()
        return subprocess.Popen(
            [*command, channel.CONNECT, f"{host}:{port}"],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**environment, channel.TOKEN: self._token},
            start_new_session=True,
        )

    def send(self, line: bytes) -> None:
        with self._changing:
            if self._connection is None:
                self._unsent.append(line)
            else:
                self._connection.sendall(line)

    def lines(self) -> Iterator[bytes]:
        with self._listener, contextlib.suppress(OSError, ValueError):
            while not self._is_closed:
                connection = self._accept()
                if connection is None:
                    continue
                with connection, connection.makefile("rb") as stream:
                    if not self._is_ours(connection, stream):
                        self._strangers += 1
                        continue
                    self._listener.close()
                    with self._changing:
                        self._connection = connection
                        connection.sendall(b"".join(self._unsent))
                    yield from stream
                    return

    def _accept(self) -> socket.socket | None:
        """The next connection, or None if none is made for a moment."""
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return None
        # Requests are short, and the worker waits for them.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _is_ours(self, connection: socket.socket, stream: IO[bytes]) -> bool:
        """Whether the first line of a connection is the token."""
        connection.settimeout(PATIENCE)
        try:
            shown = stream.readline(len(self._token) + 1)
        except OSError:
            return False
        connection.settimeout(None)
        return hmac.compare_digest(shown, f"{self._token}\n".encode("ascii"))

    def close(self) -> None:
        self._is_closed = True
        with self._changing:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    @property
    def trouble(self) -> str:
        if self._connection is not None:
            return ""
        if self._strangers:
            return f"what connected to the host did not send the value of {channel.TOKEN} first"
        return "it did not connect to the host's socket"
