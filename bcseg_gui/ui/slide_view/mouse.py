"""Mouse and wheel on the slide, translated for the gesture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent, QInputEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from ..tools import PLAIN, Hand
from ..widgets.number_box import NumberBox
from .gesture import Button, Gesture, Phase
from .navigation import Navigation
from .viewport import Place

WHEEL_FACTOR = 1.25
"""Zoom of one notch of a mouse wheel; a touchpad's fractions of a notch zoom by the same power."""
NOTCH = 120
PIXELS_A_NOTCH = 40
"""For touchpads that report pixels only."""
_BUTTONS = {
    Qt.MouseButton.LeftButton: Button.LEFT,
    Qt.MouseButton.RightButton: Button.RIGHT,
    Qt.MouseButton.MiddleButton: Button.MIDDLE,
}


class MouseEvents:
    """The middle button pans with any tool, even during a stroke, which then continues.

    A flick glides on, the wheel zooms, Ctrl and wheel resize the tool, Shift and wheel change the opacity of the mask.
    Alt and the second button erase, Shift adds.
    """

    def __init__(
        self, gesture: Gesture, navigation: Navigation, view: QWidget, step_opacity: Callable[[float], None]
    ) -> None:
        self._gesture = gesture
        self._navigation = navigation
        self._view = view
        self._step_opacity = step_opacity

    def press(self, event: QMouseEvent) -> None:
        self._press(event, self._gesture.press)

    def double_click(self, event: QMouseEvent) -> None:
        self._press(event, self._gesture.double_click)

    def _press(self, event: QMouseEvent, press: Callable[[Place, Button, Hand], None]) -> None:
        self._navigation.kinetic.stop()
        was_idle, place, button = self._gesture.is_idle, event.position(), _button(event)
        press(place_of(place), button, hand_of(event.modifiers(), subtract=button is Button.RIGHT))
        if was_idle and self._gesture.phase is Phase.PAN:
            self._navigation.kinetic.drag(place, _seconds(event))

    def move(self, event: QMouseEvent) -> None:
        phase = self._gesture.phase
        if phase is not Phase.STEER and not self._gesture.ignores_mouse:
            self._focus_view()
        if phase is Phase.PAN:
            self._navigation.kinetic.drag(event.position(), _seconds(event))
        self._gesture.move(place_of(event.position()), hand_of(event.modifiers()))

    def release(self, event: QMouseEvent) -> None:
        panned = self._gesture.phase is Phase.PAN
        self._gesture.release(place_of(event.position()), _button(event), hand_of(event.modifiers()))
        if panned and self._gesture.is_idle:
            self._navigation.kinetic.release(_seconds(event))

    def enter(self, event: QEnterEvent) -> None:
        if not self._gesture.ignores_mouse:
            self._gesture.enter(place_of(event.position()))
            self._focus_view()

    def wheel(self, event: QWheelEvent) -> None:
        self._navigation.kinetic.stop()
        # Some systems scroll sideways with Shift or Alt.
        angle, pixels = event.angleDelta(), event.pixelDelta()
        notches = (angle.y() or angle.x()) / NOTCH or (pixels.y() or pixels.x()) / PIXELS_A_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._gesture.tool.resize(notches)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._step_opacity(notches)
        else:
            self._navigation.zoom_about(WHEEL_FACTOR**notches, place_of(event.position()))
        event.accept()

    def _focus_view(self) -> None:
        """Focus the view so that its keys work under the pointer, unless the user is typing elsewhere."""
        other = QApplication.focusWidget()
        typing = isinstance(other, QLineEdit) or (isinstance(other, NumberBox) and other.keeps_keyboard)
        if not self._view.hasFocus() and not typing:
            self._view.setFocus(Qt.FocusReason.MouseFocusReason)


def place_of(position: QPointF) -> Place:
    return (position.x(), position.y())


def hand_of(keys: Qt.KeyboardModifier, *, subtract: bool = False, pressure: float = 1.0) -> Hand:
    if keys == Qt.KeyboardModifier.NoModifier and not subtract and pressure == 1.0:
        return PLAIN
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    return Hand(subtract or bool(keys & alt), bool(keys & shift), pressure)


def _button(event: QMouseEvent) -> Button:
    return _BUTTONS.get(event.button(), Button.OTHER)


def _seconds(event: QInputEvent) -> float:
    return event.timestamp() / 1000
