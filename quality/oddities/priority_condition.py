"""A notify wakes the waiting thread with the greatest identifier, a priority of a kind."""

from quality.oddities._base import own_copy
from quality.oddities._queued import Ticket, greatest, notify_by

copy = own_copy(__name__)
copy.condition.allocate_lock = Ticket  # with which a waiter makes its ticket
notify_by(copy, greatest)
