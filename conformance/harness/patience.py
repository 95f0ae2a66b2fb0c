"""Shortens the kit's waits for an implementation on which earlier ones were in vain.

A wait ends as soon as what it waits for comes.  Only a faulty implementation lets it last for its
whole duration, and one that does so everywhere would take very long to judge.  So when ``VAIN``
waits have lasted for the whole duration in vain, later ones get less time.  Nothing changes for an
implementation that lets none of them last that long, however slow it is.
"""

from threadspec.conformance.harness import blocking

# How many waits must be in vain before others are shortened.
VAIN = 2

# A shortened wait lasts this many times as long as the longest one that was not in vain; and half
# of that where at least ``MANY`` were in vain in the same chapter of the battery.
TIMES = 20
MANY = 6

# It lasts for at least this share of the whole duration where few were in vain in the same chapter
# of the battery: its cases may wait for something else, which is slower.
SHARE = 1.0 / 3

# How many seconds it lasts at least where others of the same chapter were in vain, too.
LEAST = 0.5

# By how many seconds a pause may be longer than it was meant to be, for that time to count.
LATE = 0.002


class Experience(object):
    """How waits on one implementation have come out.

    ``vain``: {chapter: the number of waits in vain}; ``longest``: {chapter:
    {what was waited for: the seconds of the longest wait that was not in vain}}; ``pace``: the
    seconds that an operation of the implementation takes (see ``pace``), or None.
    """

    def __init__(self):
        self.vain = {}
        self.longest = {}
        self.pace = None

    def fail(self, place):
        """Count a wait in vain in this chapter of the battery."""
        self.vain[place] = self.vain.get(place, 0) + 1

    def succeed(self, place, sort, seconds):
        """Learn how long something of this sort took to come in this chapter of the battery."""
        longest = self.longest.setdefault(place, {})
        longest[sort] = max(longest.get(sort, 0.0), seconds)

    def lets_wait(self):
        """Whether enough waits were in vain for others to be shortened."""
        return sum(self.vain.values()) >= VAIN

    def least(self, place, sort, whole, times, scale):
        """The seconds for which a wait is watched before it is given up, ``times * whole`` at most.

        One for ``times`` times as long as others has to outlast these.  ``scale`` multiplies
        ``LEAST``.
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
        """Take over what another process has learnt, as :meth:`told` there; not known here yet."""
        for place, count in news["vain"].items():
            self.vain[place] = self.vain.get(place, 0) + count
        self._take_over(news)

    def catch_up(self, known):
        """Take over what is known elsewhere, to which this one's own has been added there."""
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
        """The same as a plain dictionary."""
        longest = dict([(place, dict(here)) for place, here in self.longest.items()])
        return {"vain": dict(self.vain), "longest": longest, "pace": self.pace}


class Wait(object):
    """One wait for something that must happen.  Use :meth:`Durations.wait` to get one.

    ``whole``: the seconds that it may take in any case; ``least``: those for which it is watched
    before it is given up; ``end``: called with the seconds it has lasted, whether what was waited
    for has come, and whether the wait was in vain until its time was over.
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
        """How long it has lasted by now."""
        return blocking.clock() - self._began

    def is_over(self, pause):
        """Whether it has lasted for long enough; ``pause``: how long the caller meant to sleep.

        A caller that comes back late does so because the machine is busy.  The implementation is
        given as much more time.
        """
        now = blocking.clock()
        self._watched += min(now - self._last, pause + LATE)
        self._last = now
        lasts = now - self._began
        if lasts >= self._whole or (self._least < self._whole and self._watched >= self._least):
            self._is_over = True
        return self._is_over or (self._setback is not None and lasts >= self._setback)

    def hasten(self, seconds):
        """Let it last for ``seconds`` more at most, from the first call on."""
        if self._setback is None:
            self._setback = self.seconds + seconds

    def end(self, has_come):
        """Learn from it; ``has_come``: whether it was not in vain."""
        self._end(self.seconds, has_come, self._is_over and not has_come)
