"""Every documented call takes up to 20 milliseconds longer, half of them before, half after."""

import random
import time

from quality.oddities._base import intercept, own_copy


def slowed(name, call):
    time.sleep(random.random() / 100)
    try:
        return call()
    finally:
        time.sleep(random.random() / 100)


intercept(own_copy(__name__), slowed)
