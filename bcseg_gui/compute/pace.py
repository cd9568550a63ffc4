"""How long work will still take."""

from __future__ import annotations

import time


class Pace:
    """Guesses the time left from the work done since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def left(self, done: float, total: float) -> float | None:
        """Seconds; `done` and `total` in whatever unit, without what was done before. None while nothing is done."""
        return self.seconds / done * (total - done) if done else None
