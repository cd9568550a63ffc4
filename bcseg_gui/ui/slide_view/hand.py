"""The keys of the hand on the slide, which can do all that a mouse does."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from ..tools import PLAIN, Hand
from .mouse import MouseView

ARROW_STEP, PAGE_STEP = 0.1, 0.9
"""Parts of the view that an arrow key moves it by, without and with Shift."""
LARGE_STEP = 10
"""Screen pixels that an arrow moves the pointer by with Alt and Shift; with Alt alone it is one."""

_ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ONCE = (Qt.Key.Key_Space, Qt.Key.Key_P, *_ENTER)
"""Held, they do no more than at the first press."""
_NONE, _SHIFT, _ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_HELD = {Qt.Key.Key_Alt: _ALT, Qt.Key.Key_Shift: _SHIFT}


class HandView(MouseView):
    """Arrows pan (Shift: by a page), Home fits, Space held moves the picture with any tool, also within a stroke.

    Alt and arrows move the pointer, P puts the tool down and lifts it (Alt: to take away, Shift: to add), Enter
    finishes what the tool began, Backspace takes a step of it back, Esc gives it up. Tab held hides the mask; Shift+Tab
    and F6 leave for the rest of the window.
    """

    maskPeek = Signal(bool)
    """the mask is to be hidden, as long as Tab is held"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._peeking = False
        super().__init__(parent)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent):
            # Before a shortcut of the window takes a key that belongs to the hand on the picture.
            if event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
                event.accept()
                return True
            # Before Qt goes to the next widget.
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab and self._takes(event):
                self._peek(True)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._kinetic.stop()
        key, keys = Qt.Key(event.key()), _modifiers(event)
        arrow = _ARROWS.get(key)
        if key in _HELD:
            self._hold(keys | _HELD[key])
        elif arrow is not None and keys & _ALT:
            self._step(arrow * (LARGE_STEP if keys & _SHIFT else 1))
        elif arrow is not None:
            step = PAGE_STEP if keys & _SHIFT else ARROW_STEP
            port = self.viewport().size()
            self.pan_by(round(arrow.x() * step * port.width()), round(arrow.y() * step * port.height()))
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key == Qt.Key.Key_F6 and keys == _NONE:
            self.focusNextChild()
        elif not self._takes(event):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif not event.isAutoRepeat() or key not in _ONCE:
            self._act(key, keys)
        self._show_pointer()

    def _act(self, key: Qt.Key, keys: Qt.KeyboardModifier) -> None:
        if key == Qt.Key.Key_Space:
            self._space_held = True
        elif key == Qt.Key.Key_P:
            self._put_down(Hand(bool(keys & _ALT), bool(keys & _SHIFT)))
        elif key in _ENTER:
            self._tool.finish()
        elif key == Qt.Key.Key_Backspace:
            self._tool.back()
        else:
            self.undo_step()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            event.ignore()
        elif key == Qt.Key.Key_Space:
            self._space_held = False
            self._go_on()
        elif key == Qt.Key.Key_Tab:
            self._peek(False)
        elif key in _HELD:
            self._hold(_modifiers(event) & ~_HELD[key])
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # The release of a key goes elsewhere now.
        self._space_held = False
        self._peek(False)
        self._hold(_NONE)
        if self._by_keys:
            self.settle()
        self._go_on()
        super().focusOutEvent(event)

    # -- what keys do ---------------------------------------------------------------------------------------------

    def _takes(self, event: QKeyEvent) -> bool:
        key, keys = Qt.Key(event.key()), _modifiers(event)
        if self._slide_size.isEmpty():
            return False
        if key == Qt.Key.Key_Escape:
            return self._can_escape()
        if key in _ENTER or key == Qt.Key.Key_Backspace:
            begun = self._tool.can_finish if key in _ENTER else self._tool.is_busy
            return keys == _NONE and begun and self._gesture is None
        if event.matches(QKeySequence.StandardKey.Undo):  # also where the history has nothing to take back
            return self._tool.can_finish and self._gesture is None
        if key == Qt.Key.Key_Alt:  # else it would go to the menus when it is let go
            return not self._tool.pans and self._pointer is not None
        if key == Qt.Key.Key_P:
            return keys in (_NONE, _SHIFT, _ALT) and not self._tool.pans
        if key in _ARROWS:
            return keys in (_ALT, _ALT | _SHIFT)
        return key in (Qt.Key.Key_Space, Qt.Key.Key_Tab) and keys == _NONE

    def _can_escape(self) -> bool:
        """Esc has something to take back here."""
        return self.is_busy

    def _escape(self) -> None:
        if self._gesture is not None:
            self._abort_gesture()
        else:
            self._tool.abort()

    def _hold(self, keys: Qt.KeyboardModifier) -> None:
        """Show what the tool would do with Alt or Shift."""
        # Alt moves a pointer that keys move: it takes nothing away then.
        if self._gesture is None and not self._by_keys:
            self._hand = Hand(bool(keys & _ALT), bool(keys & _SHIFT))
            if self._pointer is not None:
                self._hover()

    def _step(self, way: QPoint) -> None:
        """Move the pointer by screen pixels; from the middle of the view when it is elsewhere."""
        if self._slide_size.isEmpty() or (self._gesture is not None and not self._by_keys):
            return
        ratio = self.devicePixelRatioF()
        port = self.viewport().rect()
        place = QPointF(self._pointer if self._pointer is not None else port.center())
        self._by_keys = True
        place += QPointF(way) / ratio
        inside = QPointF(min(max(place.x(), 0.0), port.width() - 1.0), min(max(place.y(), 0.0), port.height() - 1.0))
        if inside != place:  # the picture comes along
            self._draws_on = True
            self.pan_by(way.x(), way.y())
            self._draws_on = False
        self._move_to(inside, PLAIN)

    def _put_down(self, hand: Hand) -> None:
        if self._gesture == "stroke":
            self._finish_by_keys()
        elif self._gesture is None:
            if self._pointer is None:
                self._step(QPoint())
            self._by_keys, self._gesture_button = True, Qt.MouseButton.NoButton
            self._press(hand)

    def _peek(self, peeking: bool) -> None:
        if peeking != self._peeking:
            self._peeking = peeking
            self.maskPeek.emit(peeking)


def _modifiers(event: QKeyEvent) -> Qt.KeyboardModifier:
    return event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
