"""A timer calls its function 50 milliseconds late: the interval may not be exact."""

from quality.oddities._base import late_timer
from threadspec.reference import *  # noqa: F403

Timer = late_timer(seconds=0.05, after=0.01)
