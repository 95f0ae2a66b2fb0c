"""Ends a worker, and removes its files, when the process that started it dies in whatever way."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

# The shell reads from a pipe that only the host can write to.  The second `read` returns when the
# kernel closes the host's end, which it does however the host dies, also by SIGKILL.  The folder is
# tried again because killed processes may still be creating a file when it is removed.
_SCRIPT = """
trap '' HUP INT QUIT TERM
read -r group
read -r end
[ -z "$group" ] || kill -s KILL -- "-$group"
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"""
_SHELL = Path("/bin/sh")


class Watchdog:
    """A folder for a worker's files, and a process that outlives this one just to clean up.

    When this process dies, the watchdog kills the worker's process group and removes ``folder``.
    Call :meth:`watch` before the worker gets anything to do that could keep it from ending by
    itself, and :meth:`close` to do the same cleaning now.  Without ``/bin/sh`` there is no such
    process, and ``folder`` is removed by ``close`` alone.  Raises OSError where the folder cannot
    be made or the process cannot be started.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.gettempdir(), f"threadspec-{uuid.uuid4().hex}")
        self._process: subprocess.Popen[bytes] | None = None
        if os.name == "posix" and _SHELL.exists():
            self._process = subprocess.Popen(
                [str(_SHELL), "-c", _SCRIPT, "threadspec-watchdog", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # a signal to the host's group must not reach it
            )
        try:
            # Only now: from its first moment on there is somebody to remove it.
            self.folder.mkdir(mode=0o700)
        except BaseException:
            self._dismiss()
            raise

    def watch(self, group: int) -> None:
        """Name the process group to kill when this process dies."""
        if self._process is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):  # somebody has killed the watchdog
                self._process.stdin.write(b"%d\n" % group)
                self._process.stdin.flush()

    def close(self) -> None:
        """Remove the folder and end the watchdog.  The worker must have been killed already."""
        for _ in range(10):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                break
            time.sleep(0.01)  # a killed process was still creating a file
        self._dismiss()

    def _dismiss(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()
