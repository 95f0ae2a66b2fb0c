"""A timer calls its function 0.4 seconds late, and ends 0.1 seconds after that."""

from quality.oddities._base import late_timer
from threadspec.reference import *  # noqa: F403

Timer = late_timer(seconds=0.4, after=0.1)
