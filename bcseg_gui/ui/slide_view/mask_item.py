"""The mask over the picture: outlined, and filled or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QTransform, qRgba
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ...core.errors import UserError
from ...core.geometry import TILE_SIZE, Region, TileKey, tiles_covering
from ...core.masks import CLASS_BITS, MANUAL, Mask
from .tile_loader import level_for_scale

CONTOUR_WIDTH = 1.5
"""Device-independent pixels; rounded up to whole screen pixels."""


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """How the mask looks: tinted and outlined, or outlined alone. A class without a colour is not drawn."""

    opacity: float = 0.3
    visible: bool = True
    contour: bool = False
    colors: Mapping[int, QColor] = field(default_factory=dict)

    def fill_table(self) -> list[int]:
        return self._table(self.opacity)

    def line_table(self) -> list[int]:
        """A line hides little and is lost when it is pale: it is opaque long before a surface is."""
        return self._table(min(1.0, 2.5 * self.opacity))

    def _table(self, opacity: float) -> list[int]:
        """Colour of each of the 256 mask values; the manual bit changes nothing."""
        table = [0] * 256
        for class_id, color in self.colors.items():
            if class_id != 0:
                rgba = qRgba(color.red(), color.green(), color.blue(), round(255 * opacity))
                table[class_id] = table[class_id | MANUAL] = rgba
        return table


class MaskItem(QGraphicsItem):
    """Shows a mask in scene coordinates = level-0 pixels. Call `changed` for what was painted into it.

    `failed` is told, once a mask, that a part of it cannot be read.
    """

    def __init__(self, failed: Callable[[UserError], None] = lambda _error: None) -> None:
        super().__init__()
        self._failed = failed
        self._told = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._mask: Mask | None = None
        self._bounds = QRectF()
        self._style = OverlayStyle()
        self._fill_table, self._line_table = self._style.fill_table(), self._style.line_table()

    def set_mask(self, mask: Mask | None) -> None:
        self.prepareGeometryChange()
        self._mask = mask
        self._told = False
        self._bounds = QRectF() if mask is None else QRectF(0, 0, *mask.dimensions)
        self.update()

    def set_style(self, style: OverlayStyle) -> None:
        self._style = style
        self._fill_table, self._line_table = style.fill_table(), style.line_table()
        self.setVisible(style.visible)
        self.update()

    def changed(self, region: Region, scale: float) -> None:
        """Repaint `region`, and around it the few screen pixels that a smooth edge or an outline reaches."""
        margin = (2 + _contour_pixels(2)) / scale
        self.update(QRectF(region.x, region.y, region.w, region.h).adjusted(-margin, -margin, margin, margin))

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._mask is None or self._style.opacity == 0:
            return
        exposed = option.exposedRect.intersected(self._bounds)
        if exposed.isEmpty():
            return
        try:
            if not self._style.contour:
                self._paint_fill(painter, exposed, self._mask)
            self._paint_contour(painter, exposed, self._mask)
        except UserError as error:
            if not self._told:
                self._told = True
                # Not from within painting, which telling it starts anew.
                QTimer.singleShot(0, partial(self._failed, error))

    def _paint_fill(self, painter: QPainter, exposed: QRectF, mask: Mask) -> None:
        """The tile's array is the picture: no copy, no conversion."""
        scale = painter.worldTransform().m11() * painter.device().devicePixelRatio()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        level = _mask_level(mask, scale)
        side = TILE_SIZE << level
        rect = exposed.toAlignedRect()
        x, y = rect.left() >> level, rect.top() >> level
        right, bottom = (rect.right() >> level) + 1, (rect.bottom() >> level) + 1
        for key in tiles_covering(Region(x, y, right - x, bottom - y), level):
            tile = _mask_tile(mask, key)
            if tile is not None:
                painter.drawImage(QRectF(key.col * side, key.row * side, side, side), _indexed(tile, self._fill_table))

    def _paint_contour(self, painter: QPainter, exposed: QRectF, mask: Mask) -> None:
        """The outline is made of screen pixels: as thin and crisp at any magnification, and never costlier than them.

        It lies on the inside of a cell, so that the thin gap between two touching cells stays open.
        """
        ratio = painter.device().devicePixelRatio()
        transform = painter.worldTransform()
        width = _contour_pixels(ratio)
        d_rect = _scaled(transform.mapRect(exposed), ratio).toAlignedRect()
        d_around = d_rect.adjusted(-width, -width, width, width)
        scale = transform.m11() * ratio
        classes = _sample(mask, d_around, scale, transform.dx() * ratio, transform.dy() * ratio)
        outline = _inner_outline(classes, width)[width:-width, width:-width]
        image = _indexed(np.ascontiguousarray(outline), self._line_table)
        image.setDevicePixelRatio(ratio)
        painter.setWorldTransform(QTransform())
        painter.drawImage(QPointF(d_rect.x() / ratio, d_rect.y() / ratio), image)
        painter.setWorldTransform(transform)


def _indexed(values: NDArray[np.uint8], table: list[int]) -> QImage:
    """`values` as an image on the same memory; it must not outlive them."""
    height, width = values.shape
    image = QImage(values.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table)
    return image


def _contour_pixels(ratio: float) -> int:
    return int(np.ceil(CONTOUR_WIDTH * ratio - 0.25))


def _mask_level(mask: Mask, scale: float) -> int:
    return min(level_for_scale(scale), mask.level_count - 1)


def _mask_tile(mask: Mask, key: TileKey) -> NDArray[np.uint8] | None:
    return mask.tile(key) if key.level == 0 else mask.overview_tile(key)


def _scaled(rect: QRectF, factor: float) -> QRectF:
    return QRectF(rect.x() * factor, rect.y() * factor, rect.width() * factor, rect.height() * factor)


def _sample(mask: Mask, d_rect: QRect, scale: float, dx: float, dy: float) -> NDArray[np.uint8]:
    """Class ids (h, w) under the centres of the screen's pixels `d_rect`; 0 outside the mask.

    Screen pixel centre = level-0 position · `scale` + (`dx`, `dy`).
    """
    level = _mask_level(mask, scale)
    result = np.zeros((d_rect.height(), d_rect.width()), np.uint8)
    step = scale * (1 << level)
    cols = np.floor((np.arange(d_rect.left(), d_rect.right() + 1) + 0.5 - dx) / step).astype(np.intp)
    rows = np.floor((np.arange(d_rect.top(), d_rect.bottom() + 1) + 0.5 - dy) / step).astype(np.intp)
    covered = Region(int(cols[0]), int(rows[0]), int(cols[-1] - cols[0]) + 1, int(rows[-1] - rows[0]) + 1)
    for key in tiles_covering(covered, level):
        tile = _mask_tile(mask, key)
        if tile is None:
            continue
        place = key.level_region()
        first_col, last_col = np.searchsorted(cols, (place.x, place.right))
        first_row, last_row = np.searchsorted(rows, (place.y, place.bottom))
        part = tile.take(rows[first_row:last_row] - place.y, axis=0)
        result[first_row:last_row, first_col:last_col] = part.take(cols[first_col:last_col] - place.x, axis=1)
    result &= CLASS_BITS
    return result


def _inner_outline(classes: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """`classes` where another class is at most `width` steps to a 4-neighbour away, else 0."""
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inside = cv2.erode(classes, kernel, iterations=width) == cv2.dilate(classes, kernel, iterations=width)
    return np.where(inside, 0, classes).astype(np.uint8, copy=False)
