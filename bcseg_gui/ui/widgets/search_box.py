"""A search field above a list."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class SearchBox(QLineEdit):
    """Keeps Enter, Down and Escape from the window: the first two go to the list, Escape ends the search."""

    entered = Signal()
    left = Signal()
    givenUp = Signal()
    """Escape was pressed in an empty field"""
    _KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Down)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in self._KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case Qt.Key.Key_Down:
                self.left.emit()
            case Qt.Key.Key_Escape:
                if not self.text():
                    self.givenUp.emit()
                self.clear()
                self.clearFocus()
            case _:
                super().keyPressEvent(event)
