"""Timer objects of the reference, beyond what the battery tests."""

from __future__ import annotations

import threadspec.reference as threading


def test_who_decides_about_a_timer_first_decides() -> None:
    calls: list[int] = []
    timer = threading.Timer(60, calls.append, [1])
    lock = timer._threadspec_waiting

    class Late:
        release = lock.release

        def acquire(self, *_: object) -> bool:
            timer.cancel()
            return False  # the interruption came at the very end of the interval

    timer._threadspec_waiting = Late()
    timer.run()
    assert calls == []
