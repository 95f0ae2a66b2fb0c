"""The console on which commands print tables and colours."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from threadspec.frontends.commands import drop_output


class Output(Console):
    """A console on standard output, whose reader may close it early, as ``head`` does.

    The rest of the output is then dropped, and the command comes to its usual exit status.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Print like any console, but without blanks at the ends of lines in a file."""
        if self.is_terminal or self.quiet:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        lines = captured.get().split("\n")
        try:
            self.file.write("\n".join(line.rstrip(" ") for line in lines))
            self.file.flush()
        except BrokenPipeError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Drop what is printed from now on."""
        self.quiet = True
        drop_output()
