"""Shortens the kit's waits on an implementation where earlier waits were in vain.

A wait ends as soon as the expected thing happens.  Only a faulty implementation lets a wait last
for its whole duration, and one that always does so would take very long to judge.  So after
``VAIN`` waits have lasted for the whole duration in vain, later ones are shorter.  Nothing changes
for an implementation that lets no wait last that long, however slow it is.
"""

from threadspec.conformance.harness import blocking

# The number of waits in vain after which others are shortened.
VAIN = 2

# A shortened wait lasts this many times as long as the longest wait that was not in vain, and half
# of that if at least ``MANY`` waits were in vain in the same chapter of the battery.
TIMES = 20
MANY = 6

# It lasts for at least this share of the whole duration if few waits were in vain in the same
# chapter of the battery: its cases may wait for something slower.
SHARE = 1.0 / 3

# It lasts for at least this many seconds if other waits of the same chapter were in vain, too.
LEAST = 0.5

# The largest delay of a pause, in seconds, that still counts as watching.
LATE = 0.002

# A wait is checked for a deadlock once its pauses are this long, in seconds: what happens soon is
# not worth the processor time of the check.
STALL_PAUSE = 0.005


class Experience(object):
    """The results of waits on one implementation.

    ``vain``: {chapter: the number of waits in vain}; ``longest``: {chapter:
    {what was waited for: the seconds of the longest wait that was not in vain}}; ``pace``: the
    duration of one operation of the implementation in seconds (see ``pace``), or None;
    ``spinning``: the functions in which threads of this process have spun (see ``spinning``).
    """

    def __init__(self):
        self.vain = {}
        self.longest = {}
        self.pace = None
        self.spinning = set()

    def fail(self, place):
        """Count a wait in vain in this chapter of the battery."""
        self.vain[place] = self.vain.get(place, 0) + 1

    def succeed(self, place, sort, seconds):
        """Record how long a wait of this sort took in this chapter of the battery."""
        longest = self.longest.setdefault(place, {})
        longest[sort] = max(longest.get(sort, 0.0), seconds)

    def lets_wait(self):
        """Whether enough waits were in vain to shorten others."""
        return sum(self.vain.values()) >= VAIN

    def least(self, place, sort, whole, times, scale):
        """The seconds after which a wait may be given up, at most ``times * whole``.

        A wait with ``times`` above 1 must outlast the other waits.  ``scale`` multiplies ``LEAST``.
        """
        if not self.lets_wait():
            return times * whole
        least = LEAST * scale
        vain = self.vain.get(place, 0)
        if vain < VAIN:
            least = max(least, SHARE * whole)
        multiple = TIMES if vain < MANY else TIMES / 2.0
        here = self.longest.get(place, {})
        if times > 1:
            longest = max(list(here.values()) + [0.0])
        else:
            longest = here.get(sort, 0.0)
        return times * min(whole, max(least, multiple * longest))

    def add(self, news):
        """Add what another process has newly learnt, as its :meth:`told` returns it."""
        for place, count in news["vain"].items():
            self.vain[place] = self.vain.get(place, 0) + count
        self._take_over(news)

    def catch_up(self, known):
        """Take over the total of another process, which already includes what is known here."""
        for place, count in known["vain"].items():
            self.vain[place] = max(self.vain.get(place, 0), count)
        self._take_over(known)

    def _take_over(self, other):
        for place, here in other["longest"].items():
            for sort, seconds in here.items():
                self.succeed(place, sort, seconds)
        if self.pace is None:
            self.pace = other["pace"]

    def told(self):
        """These results as a plain dictionary."""
        longest = dict([(place, dict(here)) for place, here in self.longest.items()])
        return {"vain": dict(self.vain), "longest": longest, "pace": self.pace}


class Wait(object):
    """One wait for something that must happen.  Use :meth:`Durations.wait` to get one.

    ``whole``: the longest duration in seconds; ``least``: the seconds of watching after which it
    may be given up; ``end``: called with the seconds that it lasted, whether the expected thing
    happened, and whether the wait lasted for its whole time in vain.
    """

    def __init__(self, whole, least, end):
        self._whole = whole
        self._least = least
        self._end = end
        self._setback = None
        self._watched = 0.0
        self._is_over = False
        self._began = self._last = blocking.clock()

    @property
    def seconds(self):
        """How long it has lasted so far."""
        return blocking.clock() - self._began

    @property
    def longest_pause(self):
        """How many seconds a caller may sleep between two looks.

        Each look costs time, so a long wait is checked less often.
        """
        return max(STALL_PAUSE, min(self.seconds / 50, 0.05))

    def is_over(self, pause):
        """Whether it has lasted long enough; ``pause``: the seconds the caller meant to sleep.

        A caller that returns late does so because the machine is busy, so the wait is extended by
        the delay.
        """
        now = blocking.clock()
        self._watched += min(now - self._last, pause + LATE)
        self._last = now
        lasts = now - self._began
        if lasts >= self._whole or (self._least < self._whole and self._watched >= self._least):
            self._is_over = True
        return self._is_over or (self._setback is not None and lasts >= self._setback)

    def hasten(self, seconds):
        """Let it last for at most ``seconds`` more, counted from the first call."""
        if self._setback is None:
            self._setback = self.seconds + seconds

    def end(self, has_come):
        """Record its result; ``has_come``: whether the expected thing happened."""
        self._end(self.seconds, has_come, self._is_over and not has_come)
