"""set() wakes the waiting threads in random order."""

import random

from quality.oddities._base import own_copy
from quality.oddities._queued import set_by

set_by(own_copy(__name__), random.choice)
