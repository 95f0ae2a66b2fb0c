"""Calls return something else wherever the manual promises no value, or no more than a truth."""

from quality.oddities._base import intercept, own_copy


class Odd:
    """A value that is true or false, and good for nothing else."""

    def __init__(self, truth):
        self._truth = truth

    def __bool__(self):
        return self._truth

    def __eq__(self, other):
        raise TypeError("not to be compared")

    __hash__ = None


class Words(str):
    """A string of a kind of its own."""


class Threads(list):
    """A list of a kind of its own."""


def number(value):
    return type("Number", (int,), {})(value)


TRUTHS = {
    "Lock.acquire": Odd,
    "RLock.acquire": lambda truth: [0] if truth else [],
    "Semaphore.acquire": lambda truth: 17 if truth else 0,
    "BoundedSemaphore.acquire": lambda truth: "yes" if truth else "",
    "Event.isSet": Odd,
    "Thread.isAlive": lambda truth: 1.5 if truth else 0.0,
    "Thread.isDaemon": lambda truth: {"daemon": 1} if truth else {},
}
OTHERS = {
    "Condition.wait": lambda value: Odd(not value),
    "Condition.notify": lambda value: Odd(True),
    "Condition.notifyAll": lambda value: 3,
    "Semaphore.release": lambda value: Odd(False),
    "BoundedSemaphore.release": lambda value: NotImplemented,
    "Event.set": lambda value: Odd(True),
    "Event.clear": lambda value: Odd(True),
    "Event.wait": lambda value: Odd(not value),
    "Thread.start": lambda value: Odd(True),
    "Thread.run": lambda value: "ran",
    "Thread.getName": Words,
    "Thread.setName": lambda value: "renamed",
    "Thread.setDaemon": lambda value: Odd(False),
    "Timer.cancel": lambda value: Odd(True),
    "Timer.run": lambda value: Odd(False),
    "activeCount": number,
    "enumerate": Threads,
    "settrace": lambda value: "traced",
    "setprofile": lambda value: Odd(True),
    "stack_size": number,
}


def changed(name, call):
    value = call()
    if name in TRUTHS:
        return value if value is None else TRUTHS[name](value)
    return OTHERS.get(name, lambda value: value)(value)


intercept(own_copy(__name__), changed)
