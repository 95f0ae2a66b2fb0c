"""A thread of control takes 0.1 seconds to begin, after start() has returned."""

import time

from quality.oddities._base import own_copy, starting

own_copy(__name__, start_new_thread=starting(before=lambda: time.sleep(0.1)))
