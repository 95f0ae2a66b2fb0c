"""Every thread that the low-level module starts has a dummy thread object from its beginning."""

import _thread

from quality.oddities._base import own_copy, starting

start_known = starting(before=lambda: copy.currentThread())
copy = own_copy(__name__)
_thread.start_new_thread = _thread.start_new = start_known
