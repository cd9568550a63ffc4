"""Outlines of selections, previews and reviewed regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

DARK, LIGHT = QColor(0, 0, 0, 160), QColor(255, 255, 255)
REVIEWED, PICKED = QColor("#2fd3a0"), QColor("#ffd60a")
TAKEN_AWAY, DOUBTED = QColor("#ff9f8c"), QColor("#5ac8fa")
DARK_WIDTH, LIGHT_WIDTH = 4.0, 2.0
"""Device-independent pixels. White on black: one of the two shows on any picture."""


class OutlineItem(QGraphicsItem):
    """Outlines in scene coordinates = level-0 pixels, equally thin at any zoom."""

    def __init__(self, color: QColor = LIGHT) -> None:
        super().__init__()
        self.setZValue(50)
        self._color = color
        self._polygons: list[QPolygonF] = []
        self._closed = True
        self._pixel = 1.0
        self.hide()

    def show_outlines(self, outlines: Iterable[Sequence[tuple[float, float]]], *, closed: bool = True) -> None:
        """Replace the outlines; empty ones draw nothing."""
        polygons = [QPolygonF([QPointF(x, y) for x, y in outline]) for outline in outlines if outline]
        if (polygons, closed) != (self._polygons, self._closed):
            self.prepareGeometryChange()
            self._polygons, self._closed = polygons, closed
            self.setVisible(bool(polygons))

    def set_color(self, color: QColor) -> None:
        if color != self._color:
            self._color = color
            self.update()

    def set_pixel(self, pixel: float) -> None:
        """`pixel`: level-0 pixels per device-independent pixel."""
        if pixel != self._pixel:
            self.prepareGeometryChange()
            self._pixel = pixel

    def boundingRect(self) -> QRectF:
        margin = DARK_WIDTH * self._pixel
        everything = QRectF()
        for polygon in self._polygons:
            everything = everything.united(polygon.boundingRect())
        return everything.adjusted(-margin, -margin, margin, margin)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = painter.drawPolygon if self._closed else painter.drawPolyline
        for color, width in ((DARK, DARK_WIDTH), (self._color, LIGHT_WIDTH)):
            # Cosmetic pens measure in screen pixels.
            pen = QPen(color, width * painter.device().devicePixelRatio())
            pen.setCosmetic(True)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            for polygon in self._polygons:
                draw(polygon)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
