"""A number field for a window that uses Enter and letters as shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QSpinBox, QWidget

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberBox(QSpinBox):
    """Enter commits the number and drops the focus instead of triggering the window's shortcut."""

    emptied = Signal()
    """The field was left, or Enter pressed, while it was empty; it shows its last value again"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stepped = False

    @property
    def is_typed_in(self) -> bool:
        """Whether the text differs from the value because the user is typing."""
        return self.hasFocus() and self.cleanText() != self._settled_text()

    @property
    def keeps_keyboard(self) -> bool:
        """Whether the user is about to type: the field has the focus and was not just stepped with its arrows."""
        return self.is_typed_in or (self.hasFocus() and not self._stepped)

    def _settled_text(self) -> str:
        special = self.value() == self.minimum() and self.specialValueText()
        return special or self.textFromValue(self.value())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in _ENTER:
                event.accept()
                return True
            if self._leaves(event):
                event.ignore()
                return True
        return super().event(event)

    def _leaves(self, event: QKeyEvent) -> bool:
        """Whether the key is none of a number field: a tool's letter, or Undo when nothing was typed."""
        keys = QKeySequence.StandardKey
        if event.matches(keys.Undo) or event.matches(keys.Redo):
            return not self.lineEdit().isUndoAvailable()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        return plain and Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._stepped = False
        if event.key() in _ENTER:
            self._tell_if_empty()
        super().keyPressEvent(event)
        if event.key() in _ENTER:
            event.accept()
            self.clearFocus()

    def stepBy(self, steps: int) -> None:
        self._stepped = True
        super().stepBy(steps)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._stepped = False
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._tell_if_empty()
        super().focusOutEvent(event)

    def _tell_if_empty(self) -> None:
        if not self.cleanText().strip():
            self.setValue(self.value())  # restores the text
            self.emptied.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore the wheel unless focused: it scrolls the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
