"""Draws the mask over the slide: filled, outlined, or both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import floor
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QTransform, qRgba
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, Mask
from bcseg_gui.core.project.classes import UNLISTED_COLOR

from .mask_sampling import DARK, LIGHT, OUTLINE, VEIL, VEIL_LINE, marked, outlined, sample
from .tile_loader import level_for_scale, tile_region

CONTOUR_WIDTH = 1.5
"""Device-independent pixels; rounded up to whole screen pixels."""
UNMEASURED_DIAMETER = 42.0
"""Assumed cell diameter while unmeasured, level-0 pixels."""
OUTLINED_FROM = 10.0
"""Diameter on screen, device-independent pixels, from which cells are outlined; smaller ones would be all outline."""
MANUAL_FROM = 0.25
"""Screen pixels per level-0 pixel from which manual changes can be shown: overviews do not hold them."""
_MARKS = {DARK: (0, 0, 0, 150), LIGHT: (255, 255, 255, 200), VEIL: (255, 255, 255, 140), VEIL_LINE: (0, 0, 0, 130)}
"""No hue: dark beside light shows on any stain and class, to all eyes; what was erased is pale."""
READING_TIME, READING_TIME_MOVING = 0.006, 0.002
"""Seconds that one repaint may spend fetching mask tiles; the rest follow in the next."""
TILES_HELD = 96


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """How the mask looks: tinted and outlined, or only outlined. Ids without a colour are grey.

    `show_manual`: hatch what was painted by hand, and veil what was erased by hand.
    """

    opacity: float = 0.3
    visible: bool = True
    contour: bool = False
    colors: Mapping[int, QColor] = field(default_factory=dict)
    show_manual: bool = False

    def fill_table(self) -> list[int]:
        return self._table(self.opacity)

    def small_table(self) -> list[int]:
        """Colours for cells of a few pixels: without outlines, and less transparent, or they would be lost."""
        return self._table(min(1.0, 1.75 * self.opacity))

    def outlined_table(self) -> list[int]:
        """Colours of classes, and of those with OUTLINE.

        A line hides little and is lost when pale, so it turns opaque long before a surface does.
        """
        fill = [0] * 256 if self.contour else self.fill_table()
        line = self._table(min(1.0, 2.5 * self.opacity))
        return [*fill[:OUTLINE], *line[OUTLINE:]]

    def marks_table(self) -> list[int]:
        """Colours of marks and outlines."""
        marks = [qRgba(*_MARKS[value]) if value in _MARKS else 0 for value in range(OUTLINE)]
        return [*marks, *self.outlined_table()[OUTLINE:]]

    def _table(self, opacity: float) -> list[int]:
        """Return a colour for each of the 256 mask values, whatever their manual bit."""
        alpha, unlisted = round(255 * opacity), QColor(UNLISTED_COLOR)
        colors = [self.colors.get(class_id, unlisted) for class_id in range(1, CLASS_BITS + 1)]
        half = [0, *(qRgba(color.red(), color.green(), color.blue(), alpha) for color in colors)]
        return [*half, *half]


class MaskItem(QGraphicsItem):
    """Shows a mask in scene coordinates = level-0 pixels. Call `changed` for what was painted into it.

    Fetched and drawn at screen resolution: equally crisp at any zoom, at a cost bounded by the pixels repainted.
    `failed` is called once per mask when a part of it cannot be read.
    """

    def __init__(self, failed: Callable[[UserError], None] = lambda _error: None) -> None:
        super().__init__()
        self.coarse = False
        """Paint at half the resolution of a dense screen, while the slide moves"""
        self.parts: list[QRectF] = []
        """Parts of the viewport being repainted, device-independent pixels; nothing else is painted"""
        self._failed = failed
        self._reported = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._mask: Mask | None = None
        self._held: OrderedDict[TileKey, NDArray[np.uint8]] = OrderedDict()
        self._painting: set[TileKey] = set()
        self._deadline = 0.0
        self._is_late = False
        self._bounds = QRectF()
        self._cell_diameter = UNMEASURED_DIAMETER
        self.set_style(OverlayStyle())

    def set_mask(self, mask: Mask | None) -> None:
        self.prepareGeometryChange()
        self._mask = mask
        self._held.clear()
        self._reported = False
        self._bounds = QRectF() if mask is None else QRectF(0, 0, *mask.dimensions)
        self.update()

    def set_style(self, style: OverlayStyle) -> None:
        self._style = style
        self._small_table, self._outlined_table = style.small_table(), style.outlined_table()
        self._marks_table = style.marks_table()
        self.setVisible(style.visible)
        self.update()

    def set_cell_diameter(self, diameter: float) -> None:
        """`diameter`: level-0 pixels; decides from which zoom on cells are outlined."""
        if diameter != self._cell_diameter:
            self._cell_diameter = diameter
            self.update()

    def changed(self, region: Region, scale: float) -> None:
        """Repaint `region`, and the few screen pixels around it that a smooth edge or an outline reaches."""
        for key in [key for key in self._held if key.level and not tile_region(key).intersected(region).is_empty]:
            del self._held[key]
        margin = (2 + _contour_pixels(2)) / scale
        self.update(QRectF(region.x, region.y, region.w, region.h).adjusted(-margin, -margin, margin, margin))

    def level_at(self, zoom: float) -> int:
        """Return the mask level shown at `zoom` screen pixels per level-0 pixel."""
        return 0 if self._mask is None else min(level_for_scale(zoom), self._mask.level_count - 1)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        exposed = option.exposedRect.intersected(self._bounds)
        if self._mask is None or self._style.opacity == 0 or exposed.isEmpty():
            return
        reading = READING_TIME_MOVING if self.coarse else READING_TIME
        self._deadline, self._is_late = perf_counter() + reading, False
        self._painting.clear()
        to_viewport = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        v_exposed = to_viewport.mapRect(exposed)
        try:
            for part in self.parts:
                self._paint(painter, part.intersected(v_exposed), to_viewport)
        except UserError as error:
            if not self._reported:
                self._reported = True
                # Not while painting: a message would trigger another repaint.
                QTimer.singleShot(0, self.scene(), partial(self._failed, error))
        painter.setWorldTransform(to_viewport)
        if self._is_late:
            # On the scene, since the item may be gone by then.
            QTimer.singleShot(0, self.scene(), partial(self.update, exposed))

    def _paint(self, painter: QPainter, v_exposed: QRectF, to_viewport: QTransform) -> None:
        """`painter` and `v_exposed` are in device-independent pixels of the viewport."""
        if v_exposed.isEmpty():
            return
        ratio = min(1.0, painter.device().devicePixelRatio()) if self.coarse else painter.device().devicePixelRatio()
        to_screen = to_viewport * QTransform.fromScale(ratio, ratio)
        scale = abs(to_screen.m11()) + abs(to_screen.m12())
        with_outlines = self._cell_diameter * scale / ratio >= OUTLINED_FROM
        width = _contour_pixels(ratio) if with_outlines else 0
        d_rect = QTransform.fromScale(ratio, ratio).mapRect(v_exposed).toAlignedRect()
        d_around = d_rect.adjusted(-width, -width, width, width)
        with_marks = self._style.show_manual and scale >= MANUAL_FROM
        level, bits = (0, CLASS_BITS | MANUAL) if with_marks else (self.level_at(scale), CLASS_BITS)
        values = sample(self._tile, level, d_around, to_screen, bits)
        if not values.any():
            return
        inner = (slice(width, -width or None),) * 2
        classes = values & np.uint8(CLASS_BITS) if with_marks else values
        lined = np.ascontiguousarray(outlined(classes, width)[inner]) if with_outlines else classes
        table = self._outlined_table if with_outlines else self._small_table
        if not with_marks or values.max() < MANUAL:
            self._draw(painter, d_rect, ratio, lined, table)
            return
        origin = floor(to_screen.dx()) - d_rect.x(), floor(to_screen.dy()) - d_rect.y()
        marks = marked(values[inner], origin, max(1, round(ratio)))
        np.maximum(marks, cv2.threshold(lined, OUTLINE - 1, 0, cv2.THRESH_TOZERO)[1], out=marks)
        self._draw(painter, d_rect, ratio, np.ascontiguousarray(classes[inner]), table)
        self._draw(painter, d_rect, ratio, marks, self._marks_table)

    def _draw(
        self, painter: QPainter, d_rect: QRect, ratio: float, values: NDArray[np.uint8], table: list[int]
    ) -> None:
        image = _indexed(values, table)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(d_rect.x() / ratio, d_rect.y() / ratio), image)

    def _tile(self, key: TileKey) -> NDArray[np.uint8] | None:
        tile = self._held.get(key)
        if tile is None:
            if self._is_late or self._mask is None:
                return None
            tile = self._mask.overview_tile(key) if key.level else self._mask.tile(key)
            self._is_late = perf_counter() > self._deadline
        if tile is not None:
            self._held[key] = tile
            self._held.move_to_end(key)
            self._painting.add(key)
            # None that this repaint shows, or it would repeat forever.
            if len(self._held) > TILES_HELD and (oldest := next(iter(self._held))) not in self._painting:
                del self._held[oldest]
        return tile


def _indexed(values: NDArray[np.uint8], table: list[int]) -> QImage:
    """Return an image that shares the memory of `values` and must not outlive them."""
    height, width = values.shape
    image = QImage(values.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table)
    return image


def _contour_pixels(ratio: float) -> int:
    return int(np.ceil(CONTOUR_WIDTH * ratio - 0.25))
