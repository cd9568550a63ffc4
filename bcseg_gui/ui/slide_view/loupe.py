"""A round glass beside the pointer that shows the place it is at enlarged."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform

from bcseg_gui.core.geometry import Region

SIDE = 184
"""Device-independent pixels."""
MAGNIFIES = 4.0
AWAY = 36
"""Device-independent pixels from the pointer to the glass: what is being painted stays in sight."""
EDGE, RIM = QColor(0, 0, 0, 200), QColor(255, 255, 255)
EDGE_WIDTH, RIM_WIDTH = 6.0, 2.5
_MARGIN = EDGE_WIDTH / 2 + 1
_GLASS = QRectF(_MARGIN, _MARGIN, SIDE - 2 * _MARGIN, SIDE - 2 * _MARGIN)


class Loupe:
    """Where the glass is, and how it shows the slide. Painted by the view, like all that lies over the slide."""

    def __init__(self) -> None:
        self.rect = QRect(QPoint(), QSize(SIDE, SIDE))
        """Of the whole glass in the viewport"""
        self._pointer = QPointF()
        self._content = self._hole = self._rim = QImage()

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

    def paint(self, painter: QPainter, ratio: float, paint_content: Callable[[QPainter], None]) -> None:
        """`paint_content` gets a painter in the viewport's device-independent pixels; `ratio`: screen pixels each."""
        if self._content.isNull() or self._content.devicePixelRatio() != ratio:
            self._content, self._hole, self._rim = _blank(ratio), _hole(ratio), _rim(ratio)
        corner = QPointF(self.rect.topLeft())
        with QPainter(self._content) as inner:
            inner.translate(-corner)
            inner.setClipRect(self.rect)
            paint_content(inner)
            inner.resetTransform()
            # Far cheaper than painting within a round clip, and smooth.
            inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            inner.drawImage(QPointF(), self._hole)
        painter.drawImage(corner, self._content)
        painter.drawImage(corner, self._rim)


def _blank(ratio: float) -> QImage:
    image = QImage(QSize(SIDE, SIDE) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _hole(ratio: float) -> QImage:
    """Opaque where one looks through the glass."""
    image = _blank(ratio)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        painter.drawEllipse(_GLASS)
    return image


def _rim(ratio: float) -> QImage:
    image = _blank(ratio)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((EDGE, EDGE_WIDTH), (RIM, RIM_WIDTH)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(_GLASS)
    return image
