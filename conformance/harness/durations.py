"""The table of named durations: every bounded wait of the kit takes its bound from here."""

from threadspec.conformance.harness.patience import Experience, Wait

# name -> (seconds, what it bounds).  ``--impl-time-scale`` multiplies the seconds.
TABLE = {
    "start": (30.0, "the start of a worker, until the implementation is loaded"),
    "case": (15.0, "one case, as the host allows it"),
    "program": (12.0, "the start of a program of the battery, until the implementation is loaded"),
    "positive": (6.0, "something that must happen"),
    "setback": (0.25, "waits for helper threads after one they depend on has failed"),
    "stall": (0.1, "how long a deadlock is watched before it is reported"),
    "window": (0.05, "how long something that must not happen is watched for, without a proof"),
    "follow": (10.0, "a wait with a time-out that is watched until it ends"),
    "cleanup": (0.5, "the end of the helper threads after a case"),
    "stacks": (2.0, "the output of a hung worker's stacks"),
}


# The share of a case's duration that its waits in vain may take altogether.
WASTE = 0.8

# The durations that an adapter's start_scale multiplies, too.
STARTS = ("start", "program")


class Durations(object):
    """Look-up of named durations, in seconds.

    ``scale`` multiplies every entry; ``durations["window"]`` is the scaled number of seconds and
    raises KeyError for a name that is not in the table.  ``start_scale`` also multiplies what an
    interpreter may take to start; a case has that much longer, because it may start a program.
    ``experience``: the results of earlier waits for something that must happen on the
    implementation.
    """

    def __init__(self, scale=1.0, start_scale=1.0):
        self.scale = scale
        self.start_scale = start_scale
        self.experience = Experience()
        self._news = Experience()
        self._place = None
        self._spent = {}
        self._wasted = 0.0  # seconds of waits in vain since the case began

    def __getitem__(self, name):
        seconds = TABLE[name][0]
        if name in STARTS:
            seconds *= self.start_scale
        elif name == "case":
            seconds += TABLE["program"][0] * max(0.0, self.start_scale - 1.0)
        return seconds * self.scale

    def begin(self, place):
        """Begin a case from this chapter of the battery."""
        self._place = place
        self._spent = {}
        self._wasted = 0.0
        self._news = Experience()

    def wait(self, name, sort, times=1):
        """Begin a wait of at most ``times`` the named duration.

        It is shortened if earlier waits on this implementation were in vain (see ``patience``), and
        if others of the same case were: all of them end before the case has to.  ``sort``: what is
        waited for, in one word; only waits of the same sort are compared.
        """

        def end(seconds, has_come, in_vain):
            self.spend(name, seconds)
            if not has_come:
                self._wasted += seconds
            for one in (self.experience, self._news):
                if has_come:
                    one.succeed(self._place, sort, seconds)
                elif in_vain:
                    one.fail(self._place)

        least = self.experience.least(self._place, sort, self[name], times, self.scale)
        whole = times * self[name]
        if self._wasted:
            # Each takes at most half of what is left, so that any number of them leaves some.
            left = max(0.0, WASTE * self["case"] - self._wasted)
            whole = min(whole, left / 2)
        return Wait(whole, min(least, whole), end)

    def spend(self, name, seconds):
        """Add ``seconds`` to the time spent in waits bounded by the duration ``name``."""
        self._spent[name] = self._spent.get(name, 0.0) + seconds

    @property
    def spent(self):
        """The time spent waiting since the case began, as {name of the duration: seconds}."""
        return dict([(name, round(seconds, 6)) for name, seconds in self._spent.items()])

    def learn(self, news):
        """Add what another process has learnt during this case."""
        self.experience.add(news)
        self._news.add(news)

    def pace(self, measure):
        """The pace of the implementation (see ``pace``); calls ``measure()`` if it is unknown."""
        if self.experience.pace is None:
            self.experience.pace = self._news.pace = measure()
        return self.experience.pace

    @property
    def news(self):
        """What has been learnt since the case began, as :meth:`Experience.told` gives it."""
        return self._news.told()
