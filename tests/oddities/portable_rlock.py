"""RLock is written in Python, over the low-level lock, with its owner and level in attributes."""

from oddities._base import own_copy

own_copy(__name__, RLock=None)
