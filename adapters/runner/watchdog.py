"""Ends a worker and removes its files when the host dies, however it dies."""

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
# kernel closes the host's end, which it does however the host dies, including by SIGKILL.  Removing
# the folder is tried twice because a killed process may still be creating a file in it.
_SCRIPT = """
trap '' HUP INT QUIT TERM
read -r group
read -r end
[ -z "$group" ] || kill -s KILL -- "-$group"
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"""
_SHELL = Path("/bin/sh")


class Watchdog:
    """A folder for a worker's files, and a process that outlives this one to clean up after it.

    When this process dies, the watchdog kills the worker's process group and removes ``folder``.
    Call :meth:`watch` before the worker receives any request that could keep it from ending by
    itself, and :meth:`close` to clean up immediately.  Where ``/bin/sh`` is missing there is no
    such process, and only ``close`` removes ``folder``.  Raises OSError where the folder cannot be
    created or the process cannot be started.
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
            # Not earlier: the process that removes the folder must exist before the folder does.
            self.folder.mkdir(mode=0o700)
        except BaseException:
            self._dismiss()
            raise

    def watch(self, group: int) -> None:
        """Set the process group that is killed when this process dies."""
        if self._process is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):  # the watchdog has been killed
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
