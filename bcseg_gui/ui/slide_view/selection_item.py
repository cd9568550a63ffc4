"""The outline of what a person selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

DARK, LIGHT = QColor(0, 0, 0, 160), QColor(255, 255, 255)
DARK_WIDTH, LIGHT_WIDTH = 4.0, 2.0
"""Device-independent pixels. White on black: one of the two shows on any picture."""


class SelectionItem(QGraphicsItem):
    """A closed outline in scene coordinates = level-0 pixels, as thin at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(50)
        self._polygon = QPolygonF()
        self._pixel = 1.0

    def show_outline(self, outline: Sequence[tuple[float, float]]) -> None:
        """Nothing is drawn of an empty one."""
        self.prepareGeometryChange()
        self._polygon = QPolygonF([QPointF(x, y) for x, y in outline])

    def set_pixel(self, pixel: float) -> None:
        """`pixel`: level-0 pixels a device-independent pixel shows."""
        if pixel != self._pixel:
            self.prepareGeometryChange()
            self._pixel = pixel

    def boundingRect(self) -> QRectF:
        margin = DARK_WIDTH * self._pixel
        return self._polygon.boundingRect().adjusted(-margin, -margin, margin, margin)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._polygon.isEmpty():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((DARK, DARK_WIDTH), (LIGHT, LIGHT_WIDTH)):
            pen = QPen(color, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPolygon(self._polygon)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
