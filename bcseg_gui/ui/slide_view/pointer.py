"""What the pointer looks like over the slide."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QWidget

from ..tools import Point
from .brush_cursor import BrushCursor
from .cursors import tool_cursor
from .gesture import Gesture
from .viewport import Viewport

RING_WIDTH = 4.0
SMALLEST_RING = 3.0
"""Radius, device-independent pixels, below which a cross marks the pointer better than a ring."""


class Pointer:
    """A ring of the tool's size, or a cursor on `port`. `pixel_changed` gets the level-0 pixel under it."""

    def __init__(
        self,
        gesture: Gesture,
        viewport: Viewport,
        port: QWidget,
        pixel_changed: Callable[[tuple[int, int] | None], None],
    ) -> None:
        self.ring = BrushCursor()
        self._gesture = gesture
        self._viewport = viewport
        self._port = port
        self._pixel_changed = pixel_changed
        self._pixel: tuple[int, int] | None = None
        self._cursor: object = None

    def show(self) -> None:
        """Call after anything that ring, cursor or pixel depend on has changed."""
        gesture, scale = self._gesture, self._viewport.scale
        here = gesture.pointed
        grips = gesture.is_panning or (gesture.is_idle and (gesture.tool.pans or gesture.space_held))
        radius = None if grips else gesture.tool.radius
        if radius is not None and radius * scale < SMALLEST_RING:
            radius = None
        sign = gesture.tool.sign(gesture.hand)
        ring_shown = here is not None and not grips and (radius is not None or gesture.by_keys)
        if here is not None and ring_shown:
            # A ring around the whole view would be invisible, and one nearly as large almost so.
            reach = (radius or 0.0) * scale
            cross = gesture.by_keys or 2 * reach > min(self._viewport.port_size)
            shown = 0.0 if radius is None or reach > self._farthest_corner() + RING_WIDTH else radius
            self.ring.place(QPointF(*here), shown, 1 / scale, sign, cross=cross)
        self.ring.setVisible(ring_shown)
        self._set_cursor(self._shape(radius, sign, grips=grips))
        self._tell_pixel(here)

    def _shape(self, radius: float | None, sign: int, *, grips: bool) -> Qt.CursorShape | tuple[str, int, float]:
        gesture = self._gesture
        if self._viewport.is_empty:
            return Qt.CursorShape.ArrowCursor
        if gesture.is_on_minimap:
            return Qt.CursorShape.PointingHandCursor
        if grips:
            return Qt.CursorShape.ClosedHandCursor if gesture.is_panning else Qt.CursorShape.OpenHandCursor
        if gesture.by_keys and gesture.is_stroke:
            return Qt.CursorShape.CrossCursor  # shows that the mouse works, though it does not draw
        if radius is not None or gesture.by_keys:
            return Qt.CursorShape.BlankCursor
        return (gesture.tool.name, sign, self._viewport.pixel_ratio)

    def _set_cursor(self, shape: Qt.CursorShape | tuple[str, int, float]) -> None:
        if shape != self._cursor:
            self._cursor = shape
            self._port.setCursor(tool_cursor(*shape) if isinstance(shape, tuple) else shape)

    def _farthest_corner(self) -> float:
        """Return the distance from the pointer to the farthest corner of the port, device-independent pixels."""
        (width, height), (x, y) = self._viewport.port_size, self._gesture.pointer or (0.0, 0.0)
        return math.hypot(max(x, width - x), max(y, height - y))

    def _tell_pixel(self, here: Point | None) -> None:
        pixel = None
        if here is not None:
            x, y = math.floor(here[0]), math.floor(here[1])
            width, height = self._viewport.slide_size
            if 0 <= x < width and 0 <= y < height:
                pixel = (x, y)
        if pixel != self._pixel:
            self._pixel = pixel
            self._pixel_changed(pixel)
