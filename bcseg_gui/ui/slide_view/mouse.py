"""Mouse, wheel, fingers and pen on the slide."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QInputDevice,
    QInputEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from ..tools import PLAIN, Hand
from .kinetic import KineticPan
from .pointer import PointerView

WHEEL_FACTOR = 1.25
"""Zoom of one notch of a mouse wheel; a touchpad's fractions of a notch zoom by the same power."""
NOTCH = 120
PIXELS_A_NOTCH = 40
"""Of touchpads that tell pixels alone."""


class MouseView(PointerView):
    """The middle button pans with any tool, also in the middle of a stroke, which then goes on.

    A flick glides on, the wheel and two fingers zoom, Ctrl and the wheel change the tool's size, Shift and the wheel
    how strong the mask is shown. Alt, the second button and a pen's eraser take away, Shift adds.
    """

    opacityStepped = Signal(float)
    """the mask is to be shown stronger by so many notches of the wheel, weaker when negative"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinetic = KineticPan(lambda dx, dy: self.pan_by(-dx, -dy), self)
        if sys.platform != "darwin":  # there the native gesture comes as well, and would zoom twice
            self.viewport().grabGesture(Qt.GestureType.PinchGesture)

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._kinetic.stop()
        if self._slide_size.isEmpty() or self._pen_down:
            return
        self._finish_by_keys()
        if self._gesture is not None:
            # The hand lets go of the stroke for a moment, and moves the picture.
            middle = event.button() == Qt.MouseButton.MiddleButton
            self._middle_held = self._middle_held or (self._gesture == "stroke" and middle)
            self._show_pointer()
            return
        self._by_keys = False
        self._pointer = event.position()
        self._gesture_button = event.button()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = "pan"
        elif self._tool.pans or self._space_held:
            self._gesture = "pan" if event.button() == Qt.MouseButton.LeftButton else None
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._press(_hand(event.modifiers(), subtract=event.button() == Qt.MouseButton.RightButton))
        if self._gesture == "pan":
            self._kinetic.drag(self._pointer, _seconds(event))
        self._show_pointer()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._finish_by_keys()
        if self._gesture is None:
            self._pointer = event.position()
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        free = self._gesture is None and not self._space_held and event.button() in buttons
        if not free or self.pointed is None or not self._tool.double_click(self.pointed):
            # Two quick dabs are two dabs.
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pen_down or (self._by_keys and self._gesture == "stroke"):
            return
        self._by_keys = False
        self._take_keyboard()
        if self._gesture == "pan":
            self._kinetic.drag(event.position(), _seconds(event))
        self._move_to(event.position(), _hand(event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._middle_held and event.button() == Qt.MouseButton.MiddleButton:
            self._middle_held = False
            self._go_on()
        elif self._gesture is not None and event.button() == self._gesture_button:
            self._pointer = event.position()
            if self._gesture == "pan":
                self._kinetic.release(_seconds(event))
            self._finish_gesture()
            self._hand = _hand(event.modifiers())
            self._show_pointer()

    def enterEvent(self, event: QEnterEvent) -> None:
        if self._by_keys and self._gesture == "stroke":
            return
        self._pointer = event.position()
        self._by_keys = False
        self._take_keyboard()
        self._show_pointer()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._by_keys:
            self._pointer = None
            self._hover()

    # -- wheel, fingers and pen -----------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._kinetic.stop()
        # With Shift or Alt, some systems turn the wheel's direction to the side.
        angle, pixels = event.angleDelta(), event.pixelDelta()
        notches = (angle.y() or angle.x()) / NOTCH or (pixels.y() or pixels.x()) / PIXELS_A_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._tool.resize(notches)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.opacityStepped.emit(notches)
        else:
            self._zoom_under(WHEEL_FACTOR**notches, event.position())
        event.accept()
        self._show_pointer()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QTabletEvent):
            # Not accepted, it comes again as a mouse's.
            event.setAccepted(self._pen(event))
            return event.isAccepted()
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._kinetic.stop()
                self._zoom_under(1 + event.value(), event.position())
            return True
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinch(pinch)
                event.accept()
                return True
        return super().viewportEvent(event)

    def _pinch(self, pinch: QPinchGesture) -> None:
        if pinch.state() == Qt.GestureState.GestureStarted:
            # What the first of the two fingers began was no stroke.
            self._abort_gesture()
        last, now = (QPointF(self.viewport().mapFromGlobal(p)) for p in (pinch.lastCenterPoint(), pinch.centerPoint()))
        way = (last - now).toPoint()
        self.pan_by(way.x(), way.y())
        self._zoom_under(pinch.scaleFactor(), now)

    def _pen(self, event: QTabletEvent) -> bool:
        """A pen that says more than a mouse: how hard it presses, or that its other end does."""
        erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        presses = event.pointingDevice().hasCapability(QInputDevice.Capability.Pressure)
        hand = _hand(event.modifiers(), subtract=erases, pressure=event.pressure() if presses else 1.0)
        if event.type() == QEvent.Type.TabletPress and not self._pen_down:
            self._finish_by_keys()
            before, self._pointer = self._pointer, event.position()
            left = event.button() == Qt.MouseButton.LeftButton and self._gesture is None and self.pointed is not None
            if not left or self._tool.pans or self._space_held or not (erases or (presses and self._tool.radius)):
                self._pointer = before
                return False
            self._kinetic.stop()
            self._by_keys, self._pen_down, self._gesture_button = False, True, event.button()
            self._press(hand)
            self._show_pointer()
        elif event.type() == QEvent.Type.TabletMove and self._pen_down:
            self._move_to(event.position(), hand)
        elif event.type() == QEvent.Type.TabletRelease and self._pen_down:
            self._pointer = event.position()
            self._finish_gesture()
        else:
            return False
        return True


def _hand(keys: Qt.KeyboardModifier, *, subtract: bool = False, pressure: float = 1.0) -> Hand:
    if keys == Qt.KeyboardModifier.NoModifier and not subtract and pressure == 1.0:
        return PLAIN
    alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
    return Hand(subtract or bool(keys & alt), bool(keys & shift), pressure)


def _seconds(event: QInputEvent) -> float:
    return event.timestamp() / 1000
