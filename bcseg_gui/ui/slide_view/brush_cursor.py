"""The ring that shows the brush's position and size, and whether it adds or removes."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

DARK, LIGHT = QColor(0, 0, 0, 200), QColor(255, 255, 255)
DARK_WIDTH, LIGHT_WIDTH = 3.5, 1.5
"""Device-independent pixels. White on black: one of the two shows on any picture."""
COLOR_WIDTH = 2.0
"""Extra width of a ring that carries a class's colour inside the white."""
SIGN = 4.5
"""Half the length of the sign's strokes, device-independent pixels."""
ROOMY = 14.0
"""Radius, device-independent pixels, from which the sign fits inside the ring; else it is beside it."""
CROSS = QPointF(3.5, 11.0)
"""Start and end of the cross's arms, device-independent pixels; the gap keeps the point itself visible."""
LARGEST_CACHED = 600.0
"""Radius, device-independent pixels; a larger ring is not cached, since its pixmap would be huge."""


class BrushCursor(QGraphicsItem):
    """A circle of the brush's true size round the pointer, in scene coordinates = level-0 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(100)
        # Rendered once per size, then copied as it moves.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.hide()
        self._radius = 0.0
        self._pixel = 1.0
        self._sign = 0
        self._cross = False
        self._color: QColor | None = None

    @property
    def sign(self) -> int:
        """−1: the tool removes; +1: it adds; 0: its usual action."""
        return self._sign

    @property
    def has_cross(self) -> bool:
        return self._cross

    @property
    def color(self) -> QColor | None:
        return self._color

    def set_color(self, color: QColor | None) -> None:
        """Set the colour of the class being painted; None: a white ring."""
        if color != self._color:
            self.prepareGeometryChange()
            self._color = color
            self.update()

    def place(self, point: QPointF, radius: float, pixel: float, sign: int = 0, *, cross: bool = False) -> None:
        """Move to `point` (level 0). `radius`: level-0 pixels, 0 for no ring; `sign`: −1, 0 or +1.

        `pixel`: level-0 pixels per device-independent pixel; `cross`: also mark the point with a cross.
        """
        look = (radius, pixel, sign, cross)
        if look != (self._radius, self._pixel, self._sign, self._cross):
            self.prepareGeometryChange()
            self._radius, self._pixel, self._sign, self._cross = look
            small = radius <= LARGEST_CACHED * pixel
            mode = QGraphicsItem.CacheMode.DeviceCoordinateCache if small else QGraphicsItem.CacheMode.NoCache
            if self.cacheMode() != mode:
                self.setCacheMode(mode)
            self.update()
        self.setPos(point)

    def boundingRect(self) -> QRectF:
        # The pointer is at whole pixels; edges at half pixels never round differently, which would void the cache.
        ring = self._radius / self._pixel + DARK_WIDTH + COLOR_WIDTH
        extent = max(ring, CROSS.y() + DARK_WIDTH if self._cross else 0.0)
        if self._sign:
            extent = max(extent, self._sign_at() + SIGN + DARK_WIDTH)
        reach = (math.ceil(extent) + 0.5) * self._pixel
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Removing paints no class.
        color = self._color if self._sign >= 0 else None
        wider = 0.0 if color is None else COLOR_WIDTH
        lines = self._lines()
        for shade, width in ((DARK, DARK_WIDTH), (LIGHT, LIGHT_WIDTH)):
            if self._radius:
                self._ring(painter, shade, width + wider)
            painter.setPen(QPen(shade, width * self._pixel))
            painter.drawLines(lines)
        if self._radius and color is not None:
            self._ring(painter, color, LIGHT_WIDTH)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _ring(self, painter: QPainter, color: QColor, width: float) -> None:
        painter.setPen(QPen(color, width * self._pixel))
        painter.drawEllipse(QPointF(0, 0), self._radius, self._radius)

    def _sign_at(self) -> float:
        """Offset of the sign from the centre, right and down, in device-independent pixels."""
        radius = self._radius / self._pixel
        if radius >= ROOMY and not self._cross:
            return 0.0
        return max(radius * math.sqrt(0.5), CROSS.x() if self._cross else 0.0) + 2 * SIGN

    def _lines(self) -> list[QLineF]:
        """Lines of sign and cross, in level-0 pixels."""
        lines = []
        if self._sign:
            at = self._sign_at()
            lines.append(QLineF(at - SIGN, at, at + SIGN, at))
            if self._sign > 0:
                lines.append(QLineF(at, at - SIGN, at, at + SIGN))
        if self._cross:
            start, end = CROSS.x(), CROSS.y()
            lines += [QLineF(start, 0, end, 0), QLineF(-end, 0, -start, 0)]
            lines += [QLineF(0, start, 0, end), QLineF(0, -end, 0, -start)]
        return [QLineF(line.p1() * self._pixel, line.p2() * self._pixel) for line in lines]
