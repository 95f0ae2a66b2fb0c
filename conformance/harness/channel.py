"""The worker's ends of the transports: lines come from the host, and lines go to it.

``conformance/PROTOCOL.md`` describes the transports.  Whatever an implementation or a case prints
goes to standard error, so it cannot corrupt a reply.
"""

import os
import sys

# The option of the worker's script whose value is the address of the host's socket, HOST:PORT, and
# the environment variable with the secret that shows the host that its own worker has connected.
CONNECT = "--connect"
TOKEN = "THREADSPEC_TOKEN"


def connect(arguments):
    """The channel that the script's arguments ask for: a socket with an address, else the pipes."""
    if arguments[:1] == [CONNECT]:
        return Socket(arguments[1], os.environ.pop(TOKEN, ""))
    return Pipes()


class Pipes(object):
    """Standard input and output, moved out of reach of the implementation's input and output.

    They are read and written by the functions that are there before the set-up code runs: those of
    a green-thread library would let its scheduler run, with whatever a case has left in it.
    """

    def __init__(self):
        self._read, self._write = os.read, os.write
        self._input = os.dup(0)
        self._output = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)

    def lines(self):
        """Yield the lines that the host sends, until it closes its end."""
        return _lines(lambda: self._read(self._input, 65536))

    def write(self, line):
        """Send a line to the host."""
        data = line.encode("ascii")
        while data:
            data = data[self._write(self._output, data) :]


class Socket(object):
    """A connection to the host, made by this end.

    ``address``: where the host listens, as HOST:PORT; ``token``: the secret that is sent first.
    """

    def __init__(self, address, token):
        import socket

        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)))
        # Replies are short, and the host waits for each of them.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.write(token + "\n")

    def lines(self):
        """Yield the lines that the host sends, until it closes its end."""
        return _lines(lambda: self._socket.recv(65536))

    def write(self, line):
        """Send a line to the host."""
        self._socket.sendall(line.encode("ascii"))


def _lines(read):
    """Yield whole lines from ``read``, a function that returns some bytes, or none at the end."""
    rest = ""
    while True:
        while "\n" not in rest:
            try:
                more = read()
            except (EnvironmentError, KeyboardInterrupt):
                error = sys.exc_info()[1]
                if getattr(error, "errno", 4) == 4:  # EINTR: a signal that arrived meanwhile
                    continue
                raise
            if not more:
                return
            rest += more.decode("ascii")
        line, rest = rest.split("\n", 1)
        yield line
