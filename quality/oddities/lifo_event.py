"""set() wakes the waiting threads last come, first served, and takes its time between them."""

import time

from quality.oddities._base import own_copy
from quality.oddities._queued import last, set_by

set_by(own_copy(__name__), last, pause=lambda: time.sleep(0.003))
