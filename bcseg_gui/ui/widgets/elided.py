"""Text that is cut short where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """One line that ends in “…” where it is cut; its tool tip has all of it.

    One that may shrink to nothing is not shown where there is no room for half of it.
    """

    def __init__(self, smallest: int = 0) -> None:
        """`smallest`: device-independent pixels that a text of this length or more is left."""
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
            return  # less than half of a sentence says nothing
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, room, self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
            )
