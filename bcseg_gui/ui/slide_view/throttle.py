"""Limits the rate of changes: the first passes at once, those that follow together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from bcseg_gui.core.geometry import Region


class Throttle(QObject):
    """Passes regions on to `tell`; those within `milliseconds` of the last wait and are merged."""

    def __init__(self, milliseconds: int, tell: Callable[[Region], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tell = tell
        self._waiting = Region(0, 0, 0, 0)
        self._timer = QTimer(self, singleShot=True, interval=milliseconds)
        self._timer.timeout.connect(self.flush)

    @property
    def is_waiting(self) -> bool:
        return not self._waiting.is_empty

    def add(self, region: Region) -> None:
        self._waiting = self._waiting.united(region)
        if not self._timer.isActive():
            self.flush()

    def flush(self) -> None:
        """Pass on what is pending."""
        waiting, self._waiting = self._waiting, Region(0, 0, 0, 0)
        if not waiting.is_empty:
            self._timer.start()
            self._tell(waiting)
