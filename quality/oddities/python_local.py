"""local is written in Python; what an alien thread has stored outlives it, its end being unseen."""

from quality.oddities._base import own_copy, starting
from quality.oddities._python_local import forget, forget_at_the_end, local

# At first, a thread forgets what an alien thread with the same identifier has left.
start = starting(before=forget, after=forget)
forget_at_the_end(own_copy(__name__, local=local, start_new_thread=start))
