"""The whole slide in a corner of the view, with a frame around the visible part."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QTransform

from bcseg_gui.core.geometry import Region

from .hatching import EMPTY, paint_hatching

LARGEST = QSize(190, 150)
BORDER = 3
"""Device-independent pixels of dark border, which sets the minimap off from any slide."""
SMALLEST_FRAME = 7.0
PLATE, EDGE, PAPER = QColor(18, 18, 20, 200), QColor(255, 255, 255, 90), QColor(119, 119, 119)
DARK, LIGHT = QColor(0, 0, 0, 220), QColor(255, 214, 10)


class Minimap:
    """Painted by the view itself: with a widget on top, every pan would repaint the whole viewport."""

    def __init__(self) -> None:
        self.rect = QRect()
        """Position in the viewport"""
        self._picture = QPixmap()
        self._still = QPixmap()
        self._frame = QRectF()
        self._empty: list[Region] = []
        self._to_map = QTransform()

    def set_slide(self, width: int, height: int, quarter_turns: int) -> None:
        """Set the slide's level-0 size and rotation, and drop the picture of the one before."""
        turned = QTransform().rotate(90 * quarter_turns)
        upright = turned.mapRect(QRectF(0, 0, max(1, width), max(1, height)))
        scale = min(LARGEST.width() / upright.width(), LARGEST.height() / upright.height())
        # Never too narrow to click.
        size = QSize(max(8, round(upright.width() * scale)), max(8, round(upright.height() * scale)))
        sx, sy = size.width() / upright.width(), size.height() / upright.height()
        shift = QTransform.fromTranslate(-upright.x(), -upright.y()) * QTransform.fromScale(sx, sy)
        self._to_map = turned * shift * QTransform.fromTranslate(BORDER, BORDER)
        self.rect.setSize(size + QSize(2 * BORDER, 2 * BORDER))
        self._picture = self._still = QPixmap()

    def set_picture(self, picture: QImage | None) -> None:
        """`picture`: the whole slide, rotated and with its look."""
        self._picture = QPixmap() if picture is None else QPixmap.fromImage(picture)
        self._still = QPixmap()

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        self._empty = list(regions)
        self._still = QPixmap()

    def set_visible_part(self, part: Region) -> None:
        self._frame = self._to_map.mapRect(QRectF(part.x, part.y, part.w, part.h))

    def to_level0(self, place: QPointF) -> QPointF:
        """Return the level-0 point shown at a place of the viewport."""
        back, _invertible = self._to_map.inverted()
        return back.map(place - self.rect.topLeft())

    def paint(self, painter: QPainter) -> None:
        """`painter` is in device-independent pixels of the viewport."""
        painter.save()
        painter.translate(self.rect.topLeft())
        painter.drawPixmap(0, 0, self._painted(painter.device().devicePixelRatio()))
        inside = QRectF(QPointF(), self.rect.size()).adjusted(BORDER, BORDER, -BORDER, -BORDER)
        grow_x = max(0.0, SMALLEST_FRAME - self._frame.width()) / 2
        grow_y = max(0.0, SMALLEST_FRAME - self._frame.height()) / 2
        frame = self._frame.adjusted(-grow_x, -grow_y, grow_x, grow_y).intersected(inside)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((DARK, 3.5), (LIGHT, 1.75)):
            painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(frame)
        painter.restore()

    def _painted(self, ratio: float) -> QPixmap:
        """Return everything but the frame, painted once and cached."""
        if not self._still.isNull() and self._still.devicePixelRatio() == ratio:
            return self._still
        made = QPixmap(self.rect.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(EDGE)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(QRectF(QPointF(), self.rect.size()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inside = QRect(QPoint(BORDER, BORDER), self.rect.size() - QSize(2 * BORDER, 2 * BORDER))
        if self._picture.isNull():
            painter.fillRect(inside, PAPER)
        else:
            size = inside.size() * ratio
            # Averaged: without it a smear of single cells turns to noise.
            small = self._picture.scaled(size, mode=Qt.TransformationMode.SmoothTransformation)
            painter.drawPixmap(QRectF(inside), small, QRectF(small.rect()))
        rects = [self._to_map.mapRect(QRectF(r.x, r.y, r.w, r.h)) for r in self._empty]
        paint_hatching(painter, rects, EMPTY, QPointF(BORDER, BORDER))
        painter.end()
        self._still = made
        return made
