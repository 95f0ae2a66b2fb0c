# The names and types of the reference: a program may take the one module or the other.

from threadspec.reference import BoundedSemaphore as BoundedSemaphore
from threadspec.reference import Condition as Condition
from threadspec.reference import Event as Event
from threadspec.reference import Lock as Lock
from threadspec.reference import RLock as RLock
from threadspec.reference import Semaphore as Semaphore
from threadspec.reference import Thread as Thread
from threadspec.reference import ThreadError as ThreadError
from threadspec.reference import Timer as Timer
from threadspec.reference import activeCount as activeCount
from threadspec.reference import currentThread as currentThread
from threadspec.reference import enumerate as enumerate
from threadspec.reference import local as local
from threadspec.reference import setprofile as setprofile
from threadspec.reference import settrace as settrace
from threadspec.reference import stack_size as stack_size

__all__ = [
    "BoundedSemaphore",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "Semaphore",
    "Thread",
    "ThreadError",
    "Timer",
    "activeCount",
    "currentThread",
    "enumerate",
    "local",
    "setprofile",
    "settrace",
    "stack_size",
]
