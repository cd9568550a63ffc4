"""Which tiles show a part of a slide, and painting from them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QRegion, QTransform

from bcseg_gui.core.geometry import TILE_SIZE, Region, TileKey, tiles_covering

from .hatching import MISSING, paint_hatching
from .tile_loader import TileLoader, level_for_scale

PIXELS_FROM_SCALE = 4.0
"""Scale from which pixels are drawn as squares: at that zoom they matter."""
COARSER = 3
"""Levels by which stand-in tiles are coarser, until the sharp ones are here: one instead of 64."""


def visible_tiles(visible: Region, scale: float, top_level: int) -> list[TileKey]:
    """Return the tiles that show `visible` at `scale` screen pixels per level-0 pixel, centre first."""
    return _from_centre(visible, min(level_for_scale(scale), top_level), 0)


def tiles_around(visible: Region, scale: float, loader: TileLoader) -> list[TileKey]:
    """Return the tiles around those of `visible`, nearest first."""
    level = min(level_for_scale(scale), loader.top_level)
    seen = frozenset(_from_centre(visible, level, 0))
    return [
        key for key in _from_centre(visible, level, TILE_SIZE) if key not in seen and not loader.shown(key).is_empty
    ]


def wanted_tiles(visible: Region, scale: float, loader: TileLoader) -> list[TileKey]:
    """Return what to read for `visible`, in order: coarse tiles, then sharp ones."""
    return list(
        dict.fromkeys([*coarse_tiles(visible, scale, loader), *visible_tiles(visible, scale, loader.top_level)])
    )


def coarse_tiles(visible: Region, scale: float, loader: TileLoader) -> list[TileKey]:
    """Return the tiles that stand in for sharp ones until they are here.

    First the one tile of the whole slide, which covers any view; then some in between, if the file has such a level.
    """
    whole = TileKey(loader.top_level, 0, 0)
    between = min(level_for_scale(scale), loader.top_level) + COARSER
    if between >= loader.top_level or not loader.reads_cheaply(between):
        return [whole]
    return [whole, *_from_centre(visible, between, 0)]


def _from_centre(visible: Region, level: int, l_margin: int) -> list[TileKey]:
    if visible.is_empty:
        return []
    right, bottom = -(-visible.right >> level), -(-visible.bottom >> level)
    x, y = visible.x >> level, visible.y >> level
    center_col = (x + right) / 2 / TILE_SIZE - 0.5
    center_row = (y + bottom) / 2 / TILE_SIZE - 0.5
    left, top = max(0, x - l_margin), max(0, y - l_margin)
    keys = tiles_covering(Region(left, top, right + l_margin - left, bottom + l_margin - top), level)
    return sorted(keys, key=lambda key: (key.col - center_col) ** 2 + (key.row - center_row) ** 2)


def paint_slide(
    painter: QPainter,
    loader: TileLoader,
    exposed: Region,
    scale: float,
    transform: QTransform,
    v_exposed: QRegion,
    *,
    smooth: bool,
) -> None:
    """Paint what is here of `exposed`: sharp tiles, and coarser ones in place of those missing.

    `painter` and `v_exposed` are in viewport pixels, to which `transform` maps level 0; only the intersection of
    `exposed` and `v_exposed` needs painting. `exposed` lies within the slide.
    """
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth and scale < PIXELS_FROM_SCALE)
    place = _placing(loader, transform)
    missing: list[QRectF] = []
    for key in visible_tiles(exposed, scale, loader.top_level):
        target = place(key)
        if not v_exposed.intersects(target.toAlignedRect()):
            continue
        _paint_tile(painter, loader, key, place)
        if loader.is_missing(key):
            missing.append(target)
    paint_hatching(painter, missing, MISSING, transform.map(QPointF()))


def _placing(loader: TileLoader, transform: QTransform) -> Callable[[TileKey], QRectF]:
    """Return a function from a tile to its rectangle in the viewport."""

    def place(key: TileKey) -> QRectF:
        region = loader.shown(key)
        return transform.mapRect(QRectF(region.x, region.y, region.w, region.h))

    return place


def _paint_tile(painter: QPainter, loader: TileLoader, key: TileKey, place: Callable[[TileKey], QRectF]) -> None:
    target = place(key)
    image = loader.cache.shown(key)
    if image is not None:
        painter.drawImage(target, image, QRectF(image.rect()))
        return
    # After zooming out, the finer tiles are still here.
    below = [child for child in _children(key) if not loader.shown(child).is_empty]
    finer = [(place(child), image) for child in below if (image := loader.cache.shown(child)) is not None]
    if not finer or len(finer) < len(below):
        _paint_from_above(painter, loader, key, place, target)
    for part, image in finer:
        painter.drawImage(part, image, QRectF(image.rect()))


def _paint_from_above(
    painter: QPainter, loader: TileLoader, key: TileKey, place: Callable[[TileKey], QRectF], target: QRectF
) -> None:
    for level in range(key.level + 1, loader.top_level + 1):
        up = level - key.level
        ancestor = TileKey(level, key.row >> up, key.col >> up)
        image = loader.cache.shown(ancestor)
        if image is None:
            continue
        whole = place(ancestor)
        # Not 2^level: a tile at the slide's edge need not divide evenly.
        sx, sy = image.width() / whole.width(), image.height() / whole.height()
        x, y = (target.x() - whole.x()) * sx, (target.y() - whole.y()) * sy
        painter.drawImage(target, image, QRectF(x, y, target.width() * sx, target.height() * sy))
        return


def _children(key: TileKey) -> list[TileKey]:
    if key.level == 0:
        return []
    return [TileKey(key.level - 1, 2 * key.row + down, 2 * key.col + right) for down in (0, 1) for right in (0, 1)]
