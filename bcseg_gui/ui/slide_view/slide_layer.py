"""The slide's picture, painted from tiles."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ...core.geometry import TILE_SIZE, Region, TileKey, tiles_covering
from .tile_loader import TileLoader, level_for_scale

PIXELS_FROM_SCALE = 4.0
"""From this magnification on, pixels are drawn as squares: who works that close wants to see them."""


def visible_tiles(visible: Region, scale: float, top_level: int) -> list[TileKey]:
    """The tiles that show `visible` at `scale` screen pixels a level-0 pixel, from its centre outwards."""
    level = min(level_for_scale(scale), top_level)
    right, bottom = -(-visible.right >> level), -(-visible.bottom >> level)
    x, y = visible.x >> level, visible.y >> level
    l_visible = Region(x, y, right - x, bottom - y)
    center_col = (l_visible.x + l_visible.w / 2) / TILE_SIZE - 0.5
    center_row = (l_visible.y + l_visible.h / 2) / TILE_SIZE - 0.5
    keys = tiles_covering(l_visible, level)
    return sorted(keys, key=lambda key: (key.col - center_col) ** 2 + (key.row - center_row) ** 2)


def paint_slide(painter: QPainter, loader: TileLoader, exposed: Region, scale: float) -> None:
    """Paint what is here of `exposed`: sharp tiles, and under the missing ones a coarser picture of the same place.

    `painter` is in level-0 pixels, `exposed` within the slide.
    """
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < PIXELS_FROM_SCALE)
    for key in visible_tiles(exposed, scale, loader.top_level):
        _paint_tile(painter, loader, key)


def _paint_tile(painter: QPainter, loader: TileLoader, key: TileKey) -> None:
    place = loader.shown(key)
    for level in range(key.level, loader.top_level + 1):
        up = level - key.level
        ancestor = TileKey(level, key.row >> up, key.col >> up)
        image = loader.get(ancestor)
        if image is None:
            continue
        whole = loader.shown(ancestor)
        # Not 2^level: a tile at the slide's edge shows a rest that need not divide.
        sx, sy = image.width() / whole.w, image.height() / whole.h
        source = QRectF((place.x - whole.x) * sx, (place.y - whole.y) * sy, place.w * sx, place.h * sy)
        painter.drawImage(QRectF(place.x, place.y, place.w, place.h), image, source)
        return
