"""The pointer over the slide, and the tool it holds."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from ..tools import PLAIN, Hand, PanTool, Point, Tool
from ..widgets.number_box import NumberBox
from .brush_cursor import BrushCursor
from .cursors import tool_cursor
from .navigation import NavigationView

RING_WIDTH = 4.0
SMALLEST_RING = 3.0
"""Radius in device-independent pixels under which a ring no longer shows the pointer's place and a cross does."""
LINGER = 60
"""Milliseconds the pointer stands still until a tool may show a preview that takes time."""


class PointerView(NavigationView):
    """Hands the pointer to a tool in level-0 pixels. What moves it, mouse or keys, its heirs say."""

    cursorMoved = Signal(object)
    """(x, y) of the level-0 pixel under the pointer, or None outside the slide"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._tool: Tool = PanTool()
        self._hand = PLAIN
        self._gesture: str | None = None
        self._gesture_button = Qt.MouseButton.NoButton
        self._space_held = self._middle_held = self._pen_down = False
        self._pointer: QPointF | None = None
        self._by_keys = False
        """The pointer was moved by keys last, and the mouse is left alone"""
        self._draws_on = False
        """What moves under the pointer is drawn over, not skipped"""
        self._pixel: tuple[int, int] | None = None
        self._cursor: object = None
        self._ring = BrushCursor()
        super().__init__(parent)
        self._linger_timer = QTimer(self, singleShot=True, interval=LINGER)
        self._linger_timer.timeout.connect(self._linger)
        self.scene().addItem(self._ring)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._show_pointer()

    def set_tool(self, tool: Tool) -> None:
        """Put a tool in hand. A stroke under way is finished, not lost; anything else that was begun is given up."""
        self._let_go()
        self._tool = tool
        self._show_pointer()

    @property
    def is_busy(self) -> bool:
        """A stroke, an outline … is begun."""
        return self._gesture == "stroke" or self._tool.is_busy

    def settle(self) -> bool:
        """Call before anything else is done with the picture while a button may be held.

        A brush's stroke is finished. What another tool began with this press is given up (True then): half of it would
        be no edit. What clicks began before, such as corners, stays. The button does nothing more until it is let go.
        """
        if self._gesture != "stroke":
            return False
        given_up = self._tool.settle()
        self._end_gesture()
        self._show_pointer()
        return given_up

    def undo_step(self) -> bool:
        """Take back the last of what the tool has begun; False when Undo is for the history."""
        return self.settle() or self._tool.undo_step()

    def set_class_color(self, color: QColor | None) -> None:
        """Of the class in hand, which the ring shows; None where there is but one."""
        self._ring.set_color(color)

    def update_tool_size(self) -> None:
        """Redraw the ring after the tool's radius changed elsewhere."""
        self._show_pointer()

    @property
    def pointed(self) -> Point | None:
        """Where the pointer is on the slide, in level-0 pixels; None when it is elsewhere."""
        elsewhere = self._pointer is None or self._slide_size.isEmpty() or self._is_on_overview
        return None if elsewhere or self._pointer is None else _point(self.to_level0(self._pointer))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        # The pointer stands still while the picture moves under it.
        self._show_pointer()

    def _moved(self) -> None:
        super()._moved()
        if self._gesture == "stroke" and self._pointer is not None and not self._draws_on:
            self._tool.skip(_point(self.to_level0(self._pointer)))

    # -- state of the hand ----------------------------------------------------------------------------------------

    @property
    def _is_paused(self) -> bool:
        """In the middle of a stroke the hand moves the picture."""
        return self._gesture == "stroke" and (self._space_held or self._middle_held)

    def _press(self, hand: Hand) -> None:
        if self._pointer is not None:
            self._linger_timer.stop()
            self._gesture, self._hand = "stroke", hand
            self._tool.press(_point(self.to_level0(self._pointer)), hand)

    def _move_to(self, place: QPointF, hand: Hand) -> None:
        """The pointer is at another place of the viewport."""
        last, self._pointer = self._pointer, place
        if (self._gesture == "pan" or self._is_paused) and last is not None:
            way = last.toPoint() - place.toPoint()
            self.pan_by(way.x(), way.y())
        elif self._gesture == "stroke":
            # What the stroke does was settled when it began.
            if hand.pressure != self._hand.pressure:
                self._hand = Hand(self._hand.subtract, self._hand.add, hand.pressure)
            self._tool.move(_point(self.to_level0(place)), self._hand)
        if self._gesture is None:
            self._hand = hand
            self._hover()
        else:
            self._show_pointer()

    def _hover(self) -> None:
        """The pointer, or the way it is held, is another, and nothing is pressed."""
        self._tool.hover(self.pointed, self._hand)
        self._linger_timer.start()
        self._show_pointer()

    def _linger(self) -> None:
        if self._gesture is None and self.pointed is not None and not (self._tool.pans or self._space_held):
            self._tool.linger(self.pointed, self._hand)

    def _go_on(self) -> None:
        """The picture is in place; a stroke that waited for it goes on where the pointer is now."""
        if self._gesture == "stroke" and self._pointer is not None and not self._is_paused:
            self._tool.skip(_point(self.to_level0(self._pointer)))
        self._show_pointer()

    def _finish_gesture(self) -> None:
        """End what the pointer is doing, as if its button were released."""
        if self._gesture == "stroke" and self._pointer is not None:
            if self._is_paused:
                self._tool.skip(_point(self.to_level0(self._pointer)))
            self._tool.release(_point(self.to_level0(self._pointer)))
        self._end_gesture()
        self._show_pointer()

    def _finish_by_keys(self) -> None:
        """End a stroke of the keys where they are, for the mouse comes into play."""
        if self._gesture == "stroke" and self._by_keys:
            self._finish_gesture()

    def _let_go(self) -> None:
        """Leave nothing begun."""
        self.settle()
        self._finish_gesture()  # of the picture
        if self._tool.is_busy:
            self._tool.abort()

    def _abort_gesture(self) -> None:
        """End what the pointer is doing, as if it had never begun."""
        if self._gesture == "stroke":
            self._tool.abort()
        self._end_gesture()

    def _end_gesture(self) -> None:
        self._gesture, self._hand = None, PLAIN
        self._middle_held = self._pen_down = False

    def _take_keyboard(self) -> None:
        """With the pointer over the picture its keys work, whatever was clicked before; typing is not cut short."""
        other = QApplication.focusWidget()
        typing = isinstance(other, QLineEdit) or (isinstance(other, NumberBox) and other.keeps_keyboard)
        if not self.hasFocus() and not typing:
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    # -- what the pointer looks like ------------------------------------------------------------------------------

    def _show_pointer(self) -> None:
        """Set the pointer's shape, the ring and `cursorMoved` right, after anything they depend on."""
        here = self.pointed
        panning = self._gesture == "pan" or self._is_paused
        grips = panning or (self._gesture is None and (self._tool.pans or self._space_held))
        radius = None if grips else self._tool.radius
        if radius is not None and radius * self._logical_zoom < SMALLEST_RING:
            radius = None
        sign = self._tool.sign(self._hand)
        ring_shown = here is not None and not grips and (radius is not None or self._by_keys)
        if here is not None and ring_shown:
            # Of a ring round all of the view nothing would be seen, and of one nearly so large next to nothing.
            port, reach = self.viewport().size(), (radius or 0.0) * self._logical_zoom
            cross = self._by_keys or 2 * reach > min(port.width(), port.height())
            shown = 0.0 if radius is None or reach > self._farthest_corner() + RING_WIDTH else radius
            self._ring.place(QPointF(*here), shown, 1 / self._logical_zoom, sign, cross=cross)
        self._ring.setVisible(ring_shown)
        shape: Qt.CursorShape | tuple[str, int, float]
        if self._slide_size.isEmpty():
            shape = Qt.CursorShape.ArrowCursor
        elif self._is_on_overview:
            shape = Qt.CursorShape.PointingHandCursor
        elif grips:
            shape = Qt.CursorShape.ClosedHandCursor if panning else Qt.CursorShape.OpenHandCursor
        elif self._by_keys and self._gesture == "stroke":
            shape = Qt.CursorShape.CrossCursor  # the mouse is seen to be alive, though it does not draw
        elif radius is not None or self._by_keys:
            shape = Qt.CursorShape.BlankCursor
        else:
            shape = (self._tool.name, sign, self.devicePixelRatioF())
        if shape != self._cursor:
            self._cursor = shape
            self.viewport().setCursor(tool_cursor(*shape) if isinstance(shape, tuple) else shape)
        self._tell_pixel(here)

    def _farthest_corner(self) -> float:
        """Device-independent pixels from the pointer to the view's corner that is farthest from it."""
        port, at = self.viewport().rect(), self._pointer or QPointF()
        return math.hypot(max(at.x(), port.width() - at.x()), max(at.y(), port.height() - at.y()))

    @property
    def _is_on_overview(self) -> bool:
        """The pointer is on something that lies over the slide."""
        return False

    def _tell_pixel(self, here: Point | None) -> None:
        pixel = None
        if here is not None:
            x, y = math.floor(here[0]), math.floor(here[1])
            if 0 <= x < self._slide_size.width() and 0 <= y < self._slide_size.height():
                pixel = (x, y)
        if pixel != self._pixel:
            self._pixel = pixel
            self.cursorMoved.emit(pixel)


def _point(place: QPointF) -> Point:
    return (place.x(), place.y())
