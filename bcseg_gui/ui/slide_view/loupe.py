"""The loupe: a round glass beside the pointer that magnifies the slide under it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform

from bcseg_gui.core.geometry import Region

SIDE = 184
"""Device-independent pixels."""
MAGNIFIES = 4.0
AWAY = 36
"""Device-independent pixels from the pointer to the glass, which must not hide what is being painted."""
EDGE, RIM = QColor(0, 0, 0, 200), QColor(255, 255, 255)
EDGE_WIDTH, RIM_WIDTH = 6.0, 2.5
_MARGIN = EDGE_WIDTH / 2 + 1
_GLASS = QRectF(_MARGIN, _MARGIN, SIDE - 2 * _MARGIN, SIDE - 2 * _MARGIN)


class Loupe:
    """Position and contents of the glass. Painted by the view, like everything over the slide."""

    def __init__(self) -> None:
        self.rect = QRect(QPoint(), QSize(SIDE, SIDE))
        """Position of the glass in the viewport"""
        self._pointer = QPointF()
        self._content = self._hole = self._rim = QImage()

    def place(self, pointer: QPointF, port: QRect) -> None:
        """Put the glass above and to the right of the pointer, or where there is room."""
        self._pointer = QPointF(pointer)
        at, way = pointer.toPoint(), SIDE + AWAY
        x = at.x() + AWAY if at.x() + way <= port.right() else at.x() - way
        y = at.y() - way if at.y() - way >= port.top() else at.y() + AWAY
        x = min(max(x, port.left()), max(port.left(), port.right() - SIDE))
        y = min(max(y, port.top()), max(port.top(), port.bottom() - SIDE))
        self.rect.moveTopLeft(QPoint(x, y))

    def transform(self, to_viewport: QTransform) -> QTransform:
        """Return the transform from level 0 to the viewport inside the glass, centred on the pointer."""
        middle = QRectF(self.rect).center()
        enlarged = QTransform.fromTranslate(-self._pointer.x(), -self._pointer.y())
        enlarged *= QTransform.fromScale(MAGNIFIES, MAGNIFIES)
        return to_viewport * enlarged * QTransform.fromTranslate(middle.x(), middle.y())

    def seen(self, to_viewport: QTransform) -> Region:
        """Return the level-0 region in the glass, which may reach beyond the slide."""
        inverse, _invertible = self.transform(to_viewport).inverted()
        part = inverse.mapRect(QRectF(self.rect)).toAlignedRect()
        return Region(part.x(), part.y(), part.width(), part.height())

    def paint(self, painter: QPainter, ratio: float, paint_content: Callable[[QPainter], None]) -> None:
        """`paint_content` gets a painter in device-independent viewport pixels; `ratio`: screen pixels in each."""
        if self._content.isNull() or self._content.devicePixelRatio() != ratio:
            self._content, self._hole, self._rim = _blank(ratio), _hole(ratio), _rim(ratio)
        corner = QPointF(self.rect.topLeft())
        with QPainter(self._content) as inner:
            inner.translate(-corner)
            inner.setClipRect(self.rect)
            paint_content(inner)
            inner.resetTransform()
            # Far cheaper than a round clip, and antialiased.
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
    """Return a mask that is opaque inside the glass."""
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
