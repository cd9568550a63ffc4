"""Schedules the thumbnails of the worklist: visible rows first, then those nearby."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QListView

from .thumbnails import Key, Thumbnails
from .worklist_model import WorklistModel

_NEAR = 200
"""Rows above and below that are loaded before they are scrolled to; all fit into `Thumbnails`."""
_PAUSE = 40
"""Milliseconds between thumbnails that are not visible yet."""


class ThumbnailQueue(QObject):
    def __init__(self, rows: QListView, model: WorklistModel, thumbnails: Thumbnails) -> None:
        super().__init__(rows)
        self._list, self._model, self._thumbnails = rows, model, thumbnails
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._soon.timeout.connect(self._load_seen)
        self._later.timeout.connect(self._load_near)
        rows.verticalScrollBar().valueChanged.connect(self.load_soon)
        rows.verticalScrollBar().rangeChanged.connect(self.load_soon)
        thumbnails.loaded.connect(self.load_soon)

    @property
    def is_busy(self) -> bool:
        """Whether a thumbnail is being read."""
        return self._thumbnails.is_busy

    def load_soon(self) -> None:
        """Call when the visible rows may have changed."""
        self._later.stop()
        self._soon.start()

    def stop(self) -> None:
        """Wait for a thumbnail under way, unless its drive hangs."""
        self._soon.stop()
        self._later.stop()
        self._thumbnails.stop()

    def seen(self) -> range:
        """The visible rows."""
        count = self._model.rowCount()
        first, second = (self._list.visualRect(self._model.index(row)) for row in (0, 1))
        height = second.top() - first.top() if count > 1 else first.height()
        if not count or height <= 0:
            return range(0)
        above = max(0, -first.top() // height)
        return range(min(above, count), min(count, above + self._list.viewport().height() // height + 2))

    def _load_seen(self) -> None:
        if self.is_busy or not self._is_shown():
            return
        if not self._load_first(self.seen()):
            self._later.start()

    def _load_near(self) -> None:
        if not self.is_busy and self._is_shown():
            seen = self.seen()
            around = (row for step in range(_NEAR) for row in (seen.stop + step, seen.start - 1 - step))
            self._load_first(row for row in around if 0 <= row < self._model.rowCount())

    def _load_first(self, rows: Iterator[int] | range) -> bool:
        keys: Iterator[Key | None] = (self._model.unloaded(row) for row in rows)
        key = next((key for key in keys if key is not None), None)
        if key is not None:
            self._thumbnails.load(key, self._list.devicePixelRatio())
        return key is not None

    def _is_shown(self) -> bool:
        panel = self._list.parentWidget()
        return panel is not None and panel.isVisible()
