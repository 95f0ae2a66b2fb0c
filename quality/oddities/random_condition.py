"""A notify wakes any of the waiting threads at random, notifyAll all in random order."""

import random

from quality.oddities._base import own_copy
from quality.oddities._queued import notify_all_by, notify_by

copy = own_copy(__name__)
notify_by(copy, random.choice)
notify_all_by(copy, random.choice)
