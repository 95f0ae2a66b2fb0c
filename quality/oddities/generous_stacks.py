"""Threads get half as much stack again as was asked for: room for a signal handler, say."""

import _thread

from quality.oddities._base import own_copy


def stack_size(size=0):
    if size:
        _thread.stack_size(size + size // 2 // 4096 * 4096)
        return size
    return _thread.stack_size(0)


own_copy(__name__, stack_size=stack_size)
