"""To import the module takes half a second."""

import time

from threadspec.reference import *  # noqa: F403

time.sleep(0.5)
