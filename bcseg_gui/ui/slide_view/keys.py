"""Translates keys on the slide for gesture and navigation: they can do all that a mouse can."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from ..tools import Hand
from .gesture import Gesture
from .navigation import Navigation
from .sketch import SketchLayer
from .viewport import Viewport

ARROW_STEP, PAGE_STEP = 0.1, 0.9
"""Fractions of the view that an arrow pans by, without and with Shift."""
LARGE_STEP = 10
"""Screen pixels that an arrow moves the pointer by with Alt and Shift; one with Alt alone."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ONCE = (Qt.Key.Key_Space, Qt.Key.Key_P, *_ENTER)
"""Keys whose auto-repeat is ignored."""
_NONE, _SHIFT, _ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_HELD = {Qt.Key.Key_Alt: _ALT, Qt.Key.Key_Shift: _SHIFT}


class KeyEvents:
    """Arrows pan (Shift: by a page), Home fits, Space held pans with any tool, even during a stroke.

    Alt and arrows move the pointer, P puts the tool down and lifts it (Alt: to erase, Shift: to add), Enter finishes
    what the tool began, Backspace undoes a step of it, Esc aborts it. Tab held hides the mask; Shift+Tab and F6 leave
    for the rest of the window.
    """

    def __init__(
        self,
        gesture: Gesture,
        navigation: Navigation,
        viewport: Viewport,
        sketch: SketchLayer,
        *,
        peek: Callable[[bool], None],
        leave: Callable[[], object],
    ) -> None:
        self.is_peeking = False
        """Whether Tab is held and the mask hidden"""
        self._gesture = gesture
        self._navigation = navigation
        self._viewport = viewport
        self._sketch = sketch
        self._tell_peek = peek
        self._leave = leave

    def goes_first(self, event: QKeyEvent) -> bool:
        """Claim a key that window shortcuts or Qt's focus chain would get first; return whether it was."""
        if event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab and self._takes(event):
            self._peek(True)
            return True
        return False

    def press(self, event: QKeyEvent) -> bool:
        """Return False for a key that means nothing here."""
        self._navigation.kinetic.stop()
        key, keys = Qt.Key(event.key()), _modifiers(event)
        arrow = _ARROWS.get(key)
        if key in _HELD:
            self._gesture.hold(_hand(keys | _HELD[key]))
        elif arrow is not None and keys & _ALT:
            step = LARGE_STEP if keys & _SHIFT else 1
            self._gesture.step(step * arrow[0], step * arrow[1])
        elif arrow is not None:
            part, (width, height) = PAGE_STEP if keys & _SHIFT else ARROW_STEP, self._viewport.port_size
            self._navigation.pan_by(round(arrow[0] * part * width), round(arrow[1] * part * height))
        elif key == Qt.Key.Key_Home:
            self._navigation.fit()
        elif key == Qt.Key.Key_F6 and keys == _NONE:
            self._leave()
        elif not self._takes(event):
            return False
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif not event.isAutoRepeat() or key not in _ONCE:
            self._act(key, keys)
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Return False for a key that means nothing here."""
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            event.ignore()
        elif key == Qt.Key.Key_Space:
            self._gesture.hold_space(False)
        elif key == Qt.Key.Key_Tab:
            self._peek(False)
        elif key in _HELD:
            self._gesture.hold(_hand(_modifiers(event) & ~_HELD[key]))
        else:
            return False
        return True

    def lose_keyboard(self) -> None:
        """Call when key releases go elsewhere from now on."""
        self._peek(False)
        self._gesture.lose_keyboard()

    def _act(self, key: Qt.Key, keys: Qt.KeyboardModifier) -> None:
        if key == Qt.Key.Key_Space:
            self._gesture.hold_space(True)
        elif key == Qt.Key.Key_P:
            self._gesture.put_down(_hand(keys))
        elif key in _ENTER:
            self._gesture.tool.finish()
        elif key == Qt.Key.Key_Backspace:
            self._gesture.tool.back()
        else:
            self._gesture.undo_step()

    def _takes(self, event: QKeyEvent) -> bool:
        gesture, key, keys = self._gesture, Qt.Key(event.key()), _modifiers(event)
        if self._viewport.is_empty:
            return False
        if key == Qt.Key.Key_Escape:
            return gesture.is_busy or self._sketch.can_dismiss
        if key in _ENTER or key == Qt.Key.Key_Backspace:
            begun = gesture.tool.can_finish if key in _ENTER else gesture.tool.is_busy
            return keys == _NONE and begun and gesture.is_idle
        if event.matches(QKeySequence.StandardKey.Undo):  # even when the history has nothing to undo
            return gesture.tool.can_finish and gesture.is_idle
        if key == Qt.Key.Key_Alt:  # otherwise its release would open the menu bar
            return not gesture.tool.pans and gesture.pointer is not None
        if key == Qt.Key.Key_P:
            return keys in (_NONE, _SHIFT, _ALT) and not gesture.tool.pans
        if key in _ARROWS:
            return keys in (_ALT, _ALT | _SHIFT)
        return key in (Qt.Key.Key_Space, Qt.Key.Key_Tab) and keys == _NONE

    def _escape(self) -> None:
        if self._gesture.is_busy:
            self._gesture.escape()
        else:
            self._sketch.dismiss()

    def _peek(self, peeking: bool) -> None:
        if peeking != self.is_peeking:
            self.is_peeking = peeking
            self._tell_peek(peeking)


def _hand(keys: Qt.KeyboardModifier) -> Hand:
    return Hand(bool(keys & _ALT), bool(keys & _SHIFT))


def _modifiers(event: QKeyEvent) -> Qt.KeyboardModifier:
    return event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
