"""Kinetic panning: a flicked slide glides on."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QPointF, QTimer

TICK = 0.016
DECAY = 0.12
"""Seconds for the speed to fall to 1/e; 1.5 % is left after half a second."""
SLOWEST, FASTEST = 60.0, 6000.0
"""Device-independent pixels per second: slower is no flick and ends a glide; faster would lose the place."""
MEMORY = 0.08
"""Seconds of a drag that its speed is measured over; a pointer at rest that long does not flick."""


class KineticPan(QObject):
    """Follows a drag and glides on after its release; `move_by` gets whole pixels."""

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
        """Record the pointer's place and time during a drag; stop a glide."""
        self.stop_gliding()
        self._way.append((seconds, QPointF(at)))
        self._forget_before(seconds - MEMORY)

    def release(self, seconds: float) -> None:
        """End the drag, and glide on if it was fast."""
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
        """Stop gliding and forget the drag."""
        self._way.clear()
        self.stop_gliding()

    def stop_gliding(self) -> None:
        self._timer.stop()

    def advance(self, seconds: float) -> None:
        """Glide for `seconds`."""
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
        # Cap a late tick: the slide must not leap after a stall.
        self.advance(min(self._clock.restart() / 1000, 3 * TICK))

    def _forget_before(self, seconds: float) -> None:
        while self._way and self._way[0][0] < seconds:
            self._way.popleft()
