"""Cursors of tools without a ring: a cross, the tool's icon, and a sign when it adds or removes."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer

from bcseg_gui.core.resources import resource

SIDE, HOT = 32, 10
"""Side of the cursor and its hot spot, device-independent pixels."""
INK, RIM = QColor(20, 20, 22), QColor(255, 255, 255)
INK_WIDTH, RIM_WIDTH = 1.5, 4.0
"""Dark inside light: one of the two shows on any picture."""
GLYPH = QRectF(16, 16, 15, 15)
GLYPH_INK, GLYPH_RIM = "2", "6"
"""Stroke widths in the icons' own units, of which GLYPH shows 24 across its side."""
SIGN_AT, SIGN = QPointF(26.5, 5.5), 3.5


@cache
def tool_cursor(name: str, sign: int, ratio: float) -> QCursor:
    """`sign`: −1, 0 or +1; `ratio`: screen pixels per device-independent pixel. Without an icon: just the cross."""
    pixmap = QPixmap(round(SIDE * ratio), round(SIDE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lines = _cross() + _sign(sign)
    for color, width in ((RIM, RIM_WIDTH), (INK, INK_WIDTH)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLines(lines)
    _draw_glyph(painter, name)
    painter.end()
    return QCursor(pixmap, HOT, HOT)


def _cross() -> list[QLineF]:
    """Return the arms; the gap keeps what is pointed at visible."""
    middle = HOT + 0.5
    return [
        QLineF(middle + 3 * dx, middle + 3 * dy, middle + 8 * dx, middle + 8 * dy)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]


def _sign(sign: int) -> list[QLineF]:
    x, y = SIGN_AT.x(), SIGN_AT.y()
    lines = [QLineF(x - SIGN, y, x + SIGN, y), QLineF(x, y - SIGN, x, y + SIGN)]
    return lines if sign > 0 else lines[:1] if sign < 0 else []


def _draw_glyph(painter: QPainter, name: str) -> None:
    file = resource("icons", f"{name}.svg")
    if not file.is_file():
        return
    svg = file.read_text(encoding="utf-8")
    for color, width in ((RIM, GLYPH_RIM), (INK, GLYPH_INK)):
        drawn = svg.replace("currentColor", color.name()).replace('stroke-width="1.75"', f'stroke-width="{width}"')
        QSvgRenderer(QByteArray(drawn.encode())).render(painter, GLYPH)
