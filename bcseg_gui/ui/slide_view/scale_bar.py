"""The scale bar."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QPainter, QPen

LONGEST = 160.0
"""Length limit, device-independent pixels."""
PLATE, INK = QColor(18, 18, 20, 165), QColor(255, 255, 255)
"""White on a dark plate, legible on any picture."""
PADDING, TICK = 8.0, 6.0


def round_length(longest: float) -> float:
    """Return the largest of …1, 2, 5, 10, 20, 50… that is at most `longest` > 0."""
    power = 10.0 ** math.floor(math.log10(longest))
    # A thousandth of tolerance for rounding errors.
    return max(step * power for step in (1, 2, 5, 10) if step * power <= longest * 1.001)


def scale_text(length: float, unit: str) -> str:
    """Format a length in "µm" or "px", with µm as nm or mm where that reads better."""
    if unit == "µm" and length >= 1000:
        length, unit = length / 1000, "mm"
    elif unit == "µm" and length < 1:
        length, unit = length * 1000, "nm"
    return f"{length:g} {unit}" if length < 10_000 else f"{length:,.0f} {unit}".replace(",", "\u202f")


class ScaleBar:
    """A bar of round length in µm or mm, or in px when the slide's scale is unknown. Painted by the view."""

    def __init__(self) -> None:
        self.rect = QRect()
        """Position in the viewport"""
        self.length, self.text = 0.0, ""
        """Length in device-independent pixels, and the length on the slide in words"""
        self._mpp: float | None = None
        self._zoom = 1.0
        self._measure()

    def set_mpp(self, mpp: float | None) -> None:
        """`mpp`: µm per level-0 pixel; None when unknown."""
        self._mpp = mpp
        self._measure()

    def set_zoom(self, zoom: float) -> None:
        """`zoom`: device-independent pixels per level-0 pixel."""
        self._zoom = zoom
        self._measure()

    def paint(self, painter: QPainter) -> None:
        """`painter` is in device-independent pixels of the viewport."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(PLATE)
        painter.drawRoundedRect(QRectF(self.rect), 6, 6)
        painter.setPen(INK)
        words = QRectF(self.rect).adjusted(0, PADDING - 2, 0, -TICK - PADDING)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text)
        painter.setPen(QPen(INK, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin))
        left, bottom = self.rect.x() + (self.rect.width() - self.length) / 2, self.rect.bottom() + 1 - PADDING
        right = left + self.length
        corners = [(left + 1, bottom - TICK), (left + 1, bottom), (right - 1, bottom), (right - 1, bottom - TICK)]
        painter.drawPolyline([QPointF(x, y) for x, y in corners])
        painter.restore()

    def _measure(self) -> None:
        a_pixel = (self._mpp or 1.0) / self._zoom
        length = round_length(LONGEST * a_pixel)
        if self._mpp is None:
            length = max(1.0, length)
        self.length = length / a_pixel
        self.text = scale_text(length, "px" if self._mpp is None else "µm")
        metrics = QFontMetricsF(QGuiApplication.font())
        width = max(self.length, metrics.horizontalAdvance(self.text)) + 2 * PADDING
        self.rect.setSize(QSize(math.ceil(width), math.ceil(metrics.height() + TICK + 2 * PADDING)))
