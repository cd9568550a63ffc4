"""Hatching over parts of a slide that cannot be read or that a segmentation skips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QTransform

from bcseg_gui.core.geometry import Region


@dataclass(frozen=True, slots=True)
class Hatching:
    """Diagonal lines, dark beside light so that they show on any picture, over a grey veil."""

    spacing: int
    """Device-independent pixels from line to line"""
    strength: int
    """Opacity of the lines, 0 to 255"""
    veil: int
    """Opacity of the grey over the picture, 0 to 255"""
    rising: bool


MISSING = Hatching(spacing=10, strength=110, veil=90, rising=True)
EMPTY = Hatching(spacing=16, strength=48, veil=0, rising=False)


def paint_hatching(painter: QPainter, rects: Iterable[QRectF], hatching: Hatching, origin: QPointF) -> None:
    """`painter` is in device-independent pixels; the lines move with `origin`, so with the slide."""
    brush = _brush(hatching, painter.device().devicePixelRatio())
    # Modulo the spacing: the corner of a large slide is farther off than QPainter accepts an origin.
    painter.setBrushOrigin(QPointF(origin.x() % hatching.spacing, origin.y() % hatching.spacing))
    for rect in rects:
        painter.fillRect(rect, brush)


@cache
def _brush(hatching: Hatching, ratio: float) -> QBrush:
    side = round(hatching.spacing * ratio)
    tile = QPixmap(side, side)
    tile.fill(QColor(128, 128, 128, hatching.veil))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, shift in ((QColor(0, 0, 0, hatching.strength), 0.0), (QColor(255, 255, 255, hatching.strength), ratio)):
        painter.setPen(QPen(color, ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        for start in (-side, 0, side):
            left, right = (side, 0) if hatching.rising else (0, side)
            painter.drawLine(QLineF(start + left + shift, 0, start + right + shift, side))
    painter.end()
    brush = QBrush(tile)
    brush.setTransform(QTransform.fromScale(hatching.spacing / side, hatching.spacing / side))
    return brush


def merged(regions: Iterable[Region]) -> list[Region]:
    """Return the same area in fewer rectangles: adjacent blocks form rows, equal rows one rectangle."""
    rows: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.y, r.h, r.x)):
        last = rows[-1] if rows else None
        if last is not None and (last.y, last.h, last.right) == (region.y, region.h, region.x):
            rows[-1] = Region(last.x, last.y, last.w + region.w, last.h)
        else:
            rows.append(region)
    columns: list[Region] = []
    for row in sorted(rows, key=lambda r: (r.x, r.w, r.y)):
        last = columns[-1] if columns else None
        if last is not None and (last.x, last.w, last.bottom) == (row.x, row.w, row.y):
            columns[-1] = Region(last.x, last.y, last.w, last.h + row.h)
        else:
            columns.append(row)
    return columns
