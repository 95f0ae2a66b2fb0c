"""set() wakes the waiting threads in the order of their identifiers, greatest first."""

from quality.oddities._base import own_copy
from quality.oddities._queued import Ticket, greatest, set_by

copy = own_copy(__name__)
copy.event.allocate_lock = Ticket  # with which a waiter makes its ticket
set_by(copy, greatest)
