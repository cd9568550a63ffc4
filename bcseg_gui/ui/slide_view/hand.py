"""The hand on the slide: mouse, wheel, touch and keys, and the tool it holds."""

from __future__ import annotations

import math
import sys

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QInputEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QGestureEvent, QPinchGesture, QWidget

from ..tools import PanTool, Tool
from .brush_cursor import BrushCursor
from .kinetic import KineticPan
from .navigation import NavigationView

WHEEL_FACTOR = 1.25
"""Zoom of one notch of a mouse wheel; a touchpad's fractions of a notch zoom by the same power."""
NOTCH = 120
PIXELS_A_NOTCH = 40
"""Of touchpads that tell pixels alone."""
ARROW_STEP, PAGE_STEP = 0.1, 0.9
"""Parts of the view that an arrow key moves it by, without and with Shift."""
SMALLEST_RING = 3.0
"""Radius in device-independent pixels under which a ring no longer shows the pointer's place and a cross does."""

_ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}


class HandView(NavigationView):
    """Hands the pointer to a tool in level-0 pixels.

    Space held or the middle button pan with any tool, a flick glides on, the wheel and two fingers zoom, arrows pan
    (Shift: by a page), Home fits, Ctrl and the wheel change the tool's size, Esc takes a stroke under way back, the
    right button erases.
    """

    cursorMoved = Signal(object)
    """(x, y) of the level-0 pixel under the pointer, or None outside the slide"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._tool: Tool = PanTool()
        self._gesture: str | None = None
        self._gesture_button = Qt.MouseButton.NoButton
        self._space_held = False
        self._pointer: QPointF | None = None
        self._pixel: tuple[int, int] | None = None
        self._ring = BrushCursor()
        super().__init__(parent)
        self._kinetic = KineticPan(lambda dx, dy: self.pan_by(-dx, -dy), self)
        self.scene().addItem(self._ring)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        if sys.platform != "darwin":  # there the native gesture comes as well, and would zoom twice
            self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self._show_pointer()

    def set_tool(self, tool: Tool) -> None:
        """Put a tool in hand. A stroke under way is finished, not lost."""
        self._finish_gesture()
        self._tool = tool
        self._show_pointer()

    def update_tool_size(self) -> None:
        """Redraw the ring after the tool's radius changed elsewhere."""
        self._show_pointer()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        # The pointer stands still while the picture moves under it.
        self._show_pointer()

    # -- pointer --------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._kinetic.stop()
        if self._gesture is not None or self._slide_size.isEmpty():
            return
        self._pointer = event.position()
        self._gesture_button = event.button()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = "pan"
        elif self._tool.pans or self._space_held:
            self._gesture = "pan" if event.button() == Qt.MouseButton.LeftButton else None
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._gesture = "stroke"
            self._tool.press(_point(self.to_level0(self._pointer)), erase=event.button() == Qt.MouseButton.RightButton)
        if self._gesture == "pan":
            self._kinetic.drag(self._pointer, _seconds(event))
        self._show_pointer()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # Two quick dabs are two dabs.
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        last, self._pointer = self._pointer, event.position()
        self._take_keyboard()
        if self._gesture == "pan" and last is not None:
            self._kinetic.drag(self._pointer, _seconds(event))
            way = last.toPoint() - self._pointer.toPoint()
            self.pan_by(way.x(), way.y())
        elif self._gesture == "stroke":
            self._tool.move(_point(self.to_level0(self._pointer)))
        self._show_pointer()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None and event.button() == self._gesture_button:
            self._pointer = event.position()
            if self._gesture == "pan":
                self._kinetic.release(_seconds(event))
            self._finish_gesture()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._pointer = event.position()
        self._take_keyboard()
        self._show_pointer()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self._show_pointer()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._kinetic.stop()
        notches = event.angleDelta().y() / NOTCH or event.pixelDelta().y() / PIXELS_A_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._tool.resize(notches)
        else:
            self._zoom_under(WHEEL_FACTOR**notches, event.position())
        event.accept()
        self._show_pointer()

    def viewportEvent(self, event: QEvent) -> bool:
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

    # -- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Before a shortcut of the window takes a key that belongs to the hand on the picture.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._kinetic.stop()
        arrow = _ARROWS.get(Qt.Key(event.key()))
        if arrow is not None:
            step = PAGE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else ARROW_STEP
            port = self.viewport().size()
            self.pan_by(round(arrow.x() * step * port.width()), round(arrow.y() * step * port.height()))
        elif event.key() == Qt.Key.Key_Home:
            self.fit()
        elif not self._takes(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        elif not event.isAutoRepeat():
            self._space_held = True
        self._show_pointer()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._space_held = self._space_held and event.isAutoRepeat()
            self._show_pointer()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # The release of Space goes elsewhere now.
        self._space_held = False
        self._show_pointer()
        super().focusOutEvent(event)

    def _take_keyboard(self) -> None:
        """With the pointer over the picture its keys work, whatever was clicked before; a number may be typed out."""
        if not self.hasFocus() and not isinstance(QApplication.focusWidget(), QAbstractSpinBox):
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return self._can_escape()
        return event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier

    def _can_escape(self) -> bool:
        """Esc has something to take back here."""
        return self._gesture == "stroke"

    def _escape(self) -> None:
        self._abort_gesture()

    # -- state of the hand ----------------------------------------------------------------------------------------

    def _finish_gesture(self) -> None:
        """End what the pointer is doing, as if its button were released."""
        if self._gesture == "stroke" and self._pointer is not None:
            self._tool.release(_point(self.to_level0(self._pointer)))
        self._gesture = None
        self._show_pointer()

    def _abort_gesture(self) -> None:
        """End what the pointer is doing, as if it had never begun."""
        if self._gesture == "stroke":
            self._tool.abort()
        self._gesture = None

    def _show_pointer(self) -> None:
        """Set the pointer's shape, the ring and `cursorMoved` right, after anything they depend on."""
        elsewhere = self._pointer is None or self._slide_size.isEmpty() or self._is_on_overview
        here = None if elsewhere or self._pointer is None else self.to_level0(self._pointer)
        panning = self._gesture == "pan"
        hand = panning or (self._gesture is None and (self._tool.pans or self._space_held))
        radius = None if hand else self._tool.radius
        if here is not None and radius is not None:
            self._ring.place(here, radius, 1 / self._logical_zoom)
        self._ring.setVisible(here is not None and radius is not None)
        if self._slide_size.isEmpty():
            shape = Qt.CursorShape.ArrowCursor
        elif self._is_on_overview:
            shape = Qt.CursorShape.PointingHandCursor
        elif hand:
            shape = Qt.CursorShape.ClosedHandCursor if panning else Qt.CursorShape.OpenHandCursor
        elif radius is not None and radius * self._logical_zoom >= SMALLEST_RING:
            shape = Qt.CursorShape.BlankCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)
        self._tell_pixel(here)

    @property
    def _is_on_overview(self) -> bool:
        """The pointer is on something that lies over the slide."""
        return False

    def _tell_pixel(self, here: QPointF | None) -> None:
        pixel = None
        if here is not None:
            x, y = math.floor(here.x()), math.floor(here.y())
            if 0 <= x < self._slide_size.width() and 0 <= y < self._slide_size.height():
                pixel = (x, y)
        if pixel != self._pixel:
            self._pixel = pixel
            self.cursorMoved.emit(pixel)


def _point(place: QPointF) -> tuple[float, float]:
    return (place.x(), place.y())


def _seconds(event: QInputEvent) -> float:
    return event.timestamp() / 1000
