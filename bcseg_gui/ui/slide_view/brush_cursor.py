"""The ring that shows where and how large the brush is."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

DARK, LIGHT = QColor(0, 0, 0, 200), QColor(255, 255, 255)
DARK_WIDTH, LIGHT_WIDTH = 3.5, 1.5
"""Device-independent pixels. White on black: one of the two shows on any picture."""


class BrushCursor(QGraphicsItem):
    """A circle of the brush's true size round the pointer, in scene coordinates = level-0 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(100)
        # Drawn smoothly once a size, then copied from place to place.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.hide()
        self._radius = 0.0
        self._pixel = 1.0

    def place(self, point: QPointF, radius: float, pixel: float) -> None:
        """`pixel`: level-0 pixels a device-independent pixel shows."""
        if (radius, pixel) != (self._radius, self._pixel):
            self.prepareGeometryChange()
            self._radius, self._pixel = radius, pixel
        self.setPos(point)

    def boundingRect(self) -> QRectF:
        # The pointer is at a whole pixel, so edges at half ones are safe from rounding, which would void the cache.
        reach = (math.ceil(self._radius / self._pixel + DARK_WIDTH) + 0.5) * self._pixel
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((DARK, DARK_WIDTH), (LIGHT, LIGHT_WIDTH)):
            painter.setPen(QPen(color, width * self._pixel))
            painter.drawEllipse(QPointF(0, 0), self._radius, self._radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
