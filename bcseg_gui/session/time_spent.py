"""How long a person worked on each picture."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindow

from bcseg_gui.core.errors import UserError

IDLE = 60.0
"""Seconds without input that count as an absence; so does a computer that slept."""
WRITTEN_EVERY = 60_000
"""Milliseconds between two writes while a picture stays in front."""
_LATER = 2_000
"""Milliseconds until the next attempt, while a stroke is being painted."""
_TOO_LITTLE = 1.0
"""Seconds that are not worth a write."""

_INPUT = frozenset(
    {
        *(QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.Wheel),
        *(QEvent.Type.KeyPress, QEvent.Type.KeyRelease),
        *(QEvent.Type.TabletMove, QEvent.Type.TabletPress, QEvent.Type.TabletRelease),
        *(QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.NativeGesture),
    }
)

log = logging.getLogger(__name__)


class TimeSpent(QObject):
    """Adds up the time between inputs that follow one another within `IDLE` seconds, while the app is in front.

    `store(path, seconds)` gets the seconds added since the last call. It returns False when there is nowhere to store
    them, as for a picture that was only looked at: then they are passed again together with what follows, and dropped
    when another picture comes to the front. A UserError counts as False: time is not worth a message.
    """

    def __init__(
        self,
        store: Callable[[Path, float], bool],
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._store, self._clock = store, clock
        self._path: Path | None = None
        self._seconds = 0.0
        self._last: float | None = None
        """time of the last input; None: the person is elsewhere, or there was none yet"""
        self._away = False
        self._timer = QTimer(self, interval=WRITTEN_EVERY)
        self._timer.timeout.connect(self._store_between)

    def watch(self, window: QWindow) -> None:
        """Count the input of this window: it gets all of it, and little else, before its widgets do."""
        window.installEventFilter(self)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._state_changed)

    @property
    def seconds(self) -> float:
        """Those of the picture in front that are not stored yet."""
        return self._seconds

    def begin(self, path: Path | None) -> None:
        """Another picture is in front, or none: store the seconds of the one before."""
        if path == self._path:
            return
        if not self._away:
            self._count()
        self.save()
        self._path, self._seconds = path, 0.0
        if path is None:
            self._timer.stop()
        else:
            self._timer.start(WRITTEN_EVERY)

    def save(self) -> None:
        """Store what is not stored yet, as when the picture is reviewed."""
        if self._path is None or self._seconds < _TOO_LITTLE:
            return
        try:
            is_stored = self._store(self._path, round(self._seconds, 1))
        except UserError as error:
            log.warning("The time spent is not stored: %s", error.template)
            return
        if is_stored:
            self._seconds = 0.0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _INPUT and not self._away and self._path is not None:
            self._count()
        return False

    def _count(self) -> None:
        """The person is here now."""
        now = self._clock()
        if self._last is not None and now - self._last <= IDLE:
            self._seconds += now - self._last
        self._last = now

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        away = state != Qt.ApplicationState.ApplicationActive
        if away and not self._away:
            self._count()
            self._last = None
        self._away = away

    def _store_between(self) -> None:
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._timer.start(_LATER)
            return
        self._timer.start(WRITTEN_EVERY)
        self.save()
