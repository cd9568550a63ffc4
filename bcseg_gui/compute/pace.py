"""How long something will still take."""

from __future__ import annotations

import time


class Pace:
    """Estimates the time left from the pace since it was created."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def left(self, done: float, total: float) -> float | None:
        """Seconds; `done` and `total` in any unit, without what was done earlier. None while nothing is done."""
        return self.seconds / done * (total - done) if done else None
