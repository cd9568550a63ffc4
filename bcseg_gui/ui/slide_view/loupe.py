"""A round glass beside the pointer that shows the place it is at enlarged."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from ...core.geometry import Region

SIDE = 184
"""Device-independent pixels."""
MAGNIFIES = 4.0
AWAY = 36
"""Device-independent pixels from the pointer to the glass: what is being painted stays in sight."""
EDGE, RIM = QColor(0, 0, 0, 200), QColor(255, 255, 255)
EDGE_WIDTH, RIM_WIDTH = 6.0, 2.5


class Loupe:
    """Where the glass is, and how it shows the slide. Painted by the view, like all that lies over the slide."""

    def __init__(self) -> None:
        self.rect = QRect(QPoint(), QSize(SIDE, SIDE))
        """Of the whole glass in the viewport"""
        self._pointer = QPointF()

    def place(self, pointer: QPointF, port: QRect) -> None:
        """Above the pointer and to its right, or where there is room."""
        self._pointer = QPointF(pointer)
        at, way = pointer.toPoint(), SIDE + AWAY
        x = at.x() + AWAY if at.x() + way <= port.right() else at.x() - way
        y = at.y() - way if at.y() - way >= port.top() else at.y() + AWAY
        x = min(max(x, port.left()), max(port.left(), port.right() - SIDE))
        y = min(max(y, port.top()), max(port.top(), port.bottom() - SIDE))
        self.rect.moveTopLeft(QPoint(x, y))

    def transform(self, to_viewport: QTransform) -> QTransform:
        """From level-0 pixels to the viewport, as the glass shows them: the pointer's place is in its middle."""
        middle = QRectF(self.rect).center()
        enlarged = QTransform.fromTranslate(-self._pointer.x(), -self._pointer.y())
        enlarged *= QTransform.fromScale(MAGNIFIES, MAGNIFIES)
        return to_viewport * enlarged * QTransform.fromTranslate(middle.x(), middle.y())

    def seen(self, to_viewport: QTransform) -> Region:
        """The level-0 pixels in the glass, some of which may lie beyond the slide."""
        inverse, _invertible = self.transform(to_viewport).inverted()
        part = inverse.mapRect(QRectF(self.rect)).toAlignedRect()
        return Region(part.x(), part.y(), part.width(), part.height())

    def clip(self, painter: QPainter) -> None:
        """Paint within the glass from here on."""
        glass = QPainterPath()
        glass.addEllipse(self._glass())
        painter.setClipPath(glass)

    def paint_rim(self, painter: QPainter) -> None:
        """Covers the jagged edge of what was painted within."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((EDGE, EDGE_WIDTH), (RIM, RIM_WIDTH)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(self._glass())

    def _glass(self) -> QRectF:
        margin = EDGE_WIDTH / 2 + 1
        return QRectF(self.rect).adjusted(margin, margin, -margin, -margin)
