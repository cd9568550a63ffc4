"""A label that elides its text."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """One line, elided where it does not fit; the tool tip has the full text.

    A label without a `smallest` width shows nothing once less than half its text fits.
    """

    def __init__(self, smallest: int = 0) -> None:
        """`smallest`: minimum width of a text that is at least this long, device-independent pixels."""
        super().__init__()
        self._smallest = smallest

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), self._smallest), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        if 2 * room.width() < self.fontMetrics().horizontalAdvance(self.text()) and not self._smallest:
            return  # less than half a sentence says nothing
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, room, self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
            )
