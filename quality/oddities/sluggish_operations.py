"""Every documented call takes 30 milliseconds longer than it must."""

import time

from quality.oddities._base import intercept, own_copy


def slowed(name, call):
    time.sleep(0.03)
    return call()


intercept(own_copy(__name__), slowed)
