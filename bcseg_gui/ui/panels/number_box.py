"""A number field that gets on with a window whose Enter is a shortcut."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSpinBox

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberBox(QSpinBox):
    """Enter takes the number and gives the keyboard back, instead of being the window's own Enter."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in _ENTER:
            event.accept()
            self.clearFocus()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel that passes by changes nothing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
