"""The one table of named durations: every wait of the kit that has a bound takes it from here."""

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
    KeyError for a name that is not in the table.  ``spent`` says for how many seconds the kit has
    waited within each of them.
    """

    def __init__(self, scale=1.0):
        self.scale = scale
        self.spent = {}

    def __getitem__(self, name):
        return TABLE[name][0] * self.scale

    def spend(self, name, seconds):
        """Count a wait of so many seconds that the duration ``name`` bounds."""
        self.spent[name] = self.spent.get(name, 0.0) + seconds

    def settle(self):
        """What has been spent since the last time, as {name: seconds}."""
        spent, self.spent = self.spent, {}
        return dict([(name, round(seconds, 6)) for name, seconds in spent.items()])
