"""A thread of control takes up to 20 milliseconds to begin, after start() has returned."""

import random
import time

from quality.oddities._base import own_copy, starting

own_copy(__name__, start_new_thread=starting(before=lambda: time.sleep(random.random() / 50)))
