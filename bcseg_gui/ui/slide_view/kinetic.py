"""A flicked picture glides on for a moment."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QPointF, QTimer

TICK = 0.016
DECAY = 0.12
"""Seconds in which the speed falls to 1/e: after half a second 1.5 % are left."""
SLOWEST, FASTEST = 60.0, 6000.0
"""Device-independent pixels a second: slower is no flick and ends a glide, faster would lose the place."""
MEMORY = 0.08
"""Seconds of a drag that its speed is taken from; a pointer at rest for as long before its release does not flick."""


class KineticPan(QObject):
    """Follows a drag and glides on after its release; `move_by` gets the distance in whole pixels."""

    def __init__(self, move_by: Callable[[int, int], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._move_by = move_by
        self._way: deque[tuple[float, QPointF]] = deque()
        self._speed = QPointF()
        self._rest = QPointF()
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 * TICK))
        self._timer.timeout.connect(self._tick)

    @property
    def is_gliding(self) -> bool:
        return self._timer.isActive()

    def drag(self, at: QPointF, seconds: float) -> None:
        """The pointer is `at` a place of the viewport at a time; stops a glide."""
        self.stop_gliding()
        self._way.append((seconds, QPointF(at)))
        self._forget_before(seconds - MEMORY)

    def release(self, seconds: float) -> None:
        """End the drag at a time; glide on when it was quick until then."""
        self._forget_before(seconds - MEMORY)
        way, self._way = list(self._way), deque()
        span = seconds - way[0][0] if way else 0.0
        if span < TICK / 2:
            return
        self._speed = (way[-1][1] - way[0][1]) / span
        fast = math.hypot(self._speed.x(), self._speed.y())
        if fast >= SLOWEST:
            self._speed *= min(1.0, FASTEST / fast)
            self._rest = QPointF()
            self._clock.start()
            self._timer.start()

    def stop(self) -> None:
        """End a glide, and forget the drag."""
        self._way.clear()
        self.stop_gliding()

    def stop_gliding(self) -> None:
        self._timer.stop()

    def advance(self, seconds: float) -> None:
        """Glide on for so long."""
        slower = math.exp(-seconds / DECAY)
        self._rest += self._speed * (DECAY * (1 - slower))
        self._speed *= slower
        if math.hypot(self._speed.x(), self._speed.y()) < SLOWEST:
            self.stop_gliding()
        whole = self._rest.toPoint()
        if not whole.isNull():
            self._rest -= QPointF(whole)
            self._move_by(whole.x(), whole.y())

    def _tick(self) -> None:
        # A late tick glides no further than a few would have: after a stall the picture must not leap.
        self.advance(min(self._clock.restart() / 1000, 3 * TICK))

    def _forget_before(self, seconds: float) -> None:
        while self._way and self._way[0][0] < seconds:
            self._way.popleft()
