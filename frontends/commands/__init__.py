"""The commands of ``threadspec``, one module for each, or for a few that belong together.

Each module has a function ``add(commands)``, which adds its commands to a parser.  It sets the
default ``call`` of each command: a function that takes a console and the options, and returns the
exit status.
"""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
