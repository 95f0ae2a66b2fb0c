"""The one table of named durations: every wait of the kit that has a bound takes it from here."""

from threadspec.conformance.harness.patience import Experience, Wait

# name -> (seconds, what it bounds).  ``--impl-time-scale`` multiplies the seconds.
TABLE = {
    "start": (30.0, "a worker loads its implementation and says hello"),
    "case": (15.0, "the host lets one case run"),
    "program": (12.0, "a program of the battery starts and loads the implementation"),
    "positive": (6.0, "something that must happen may take"),
    "setback": (0.25, "helper threads may take after one they depend on has failed"),
    "stall": (
        0.1,
        "a process in which nothing can run any more is watched before that is believed",
    ),
    "window": (0.05, "something that must not happen is watched where it cannot be proved"),
    "follow": (10.0, "a wait that ends by itself is watched to that end"),
    "cleanup": (0.5, "helper threads may take to end after a case"),
    "stacks": (2.0, "a hung worker may take to write its stacks"),
}


class Durations(object):
    """Look-up of named durations, in seconds.

    ``scale`` multiplies every entry; ``durations["window"]`` gives the scaled seconds and raises
    KeyError for a name that is not in the table.  ``experience``: how the waits for something that
    must happen have come out on the implementation.
    """

    def __init__(self, scale=1.0):
        self.scale = scale
        self.experience = Experience()
        self._news = Experience()
        self._place = None
        self._spent = {}

    def __getitem__(self, name):
        return TABLE[name][0] * self.scale

    def begin(self, place):
        """Begin with a case of this chapter of the battery."""
        self._place = place
        self._spent = {}
        self._news = Experience()

    def wait(self, name, sort, times=1):
        """A wait that the named duration bounds, ``times`` over.

        It is shortened where others on this implementation were in vain (see ``patience``).
        ``sort``: what is waited for, in a word; the time that it takes is compared with that of
        others of its sort.
        """

        def end(seconds, has_come, in_vain):
            self.spend(name, seconds)
            for one in (self.experience, self._news):
                if has_come:
                    one.succeed(self._place, sort, seconds)
                elif in_vain:
                    one.fail(self._place)

        least = self.experience.least(self._place, sort, self[name], times, self.scale)
        return Wait(times * self[name], least, end)

    def spend(self, name, seconds):
        """Count a wait of so many seconds that the duration ``name`` bounds."""
        self._spent[name] = self._spent.get(name, 0.0) + seconds

    @property
    def spent(self):
        """What has been spent since the case began, as {name: seconds}."""
        return dict([(name, round(seconds, 6)) for name, seconds in self._spent.items()])

    def learn(self, news):
        """Take over what has been learnt in another process during this case."""
        self.experience.add(news)
        self._news.add(news)

    def pace(self, measure):
        """The pace of the implementation (see ``pace``), ``measure()`` where it is not known."""
        if self.experience.pace is None:
            self.experience.pace = self._news.pace = measure()
        return self.experience.pace

    @property
    def news(self):
        """What has been learnt since the case began, as :meth:`Experience.told` gives it."""
        return self._news.told()
