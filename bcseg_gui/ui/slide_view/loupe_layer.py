"""The loupe in the view: when, where and with what content it is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QPainter, QRegion, QTransform
from PySide6.QtWidgets import QGraphicsView, QStyleOptionGraphicsItem

from bcseg_gui.core.geometry import Region

from .brush_cursor import BrushCursor
from .gesture import Gesture
from .loupe import MAGNIFIES, SIDE, Loupe
from .mask_item import MaskItem
from .picture_layer import PictureLayer
from .pointer import Pointer
from .sketch import SketchLayer
from .viewport import Viewport

BETWEEN_PLACES = 16
"""Milliseconds between two moves of the loupe, so that it never slows the pointer."""


class LoupeLayer(QObject):
    """Magnifies what is under the pointer: slide, mask, sketch and ring."""

    def __init__(
        self,
        viewport: Viewport,
        gesture: Gesture,
        pointer: Pointer,
        layers: tuple[PictureLayer, MaskItem, SketchLayer],
        view: QGraphicsView,
    ) -> None:
        super().__init__(view)
        self.is_shown = False
        self._viewport, self._gesture, self._pointer, self._view = viewport, gesture, pointer, view
        self._picture, self._mask_item, self._sketch = layers
        self._loupe, self._ring = Loupe(), BrushCursor()
        self._wanted = False
        self._timer = QTimer(self, singleShot=True, interval=BETWEEN_PLACES)
        self._timer.timeout.connect(self._move)

    @property
    def rect(self) -> QRect:
        """Position of the glass in the port."""
        return self._loupe.rect

    def want(self, wanted: bool) -> None:
        """Show the glass whenever the pointer is on the slide, or no longer."""
        self._wanted = wanted

    def follow(self) -> None:
        """Call when the pointer or what it does has changed."""
        if (self._wanted or self.is_shown) and not self._timer.isActive():
            self._timer.start()

    def refresh(self, region: Region) -> None:
        """Call when `region` of slide or mask was repainted."""
        if self.is_shown and not self._timer.isActive() and not self._seen().intersected(region).is_empty:
            self._timer.start()

    def paint(self, painter: QPainter, exposed: QRegion) -> None:
        """`painter` and `exposed` are in device-independent pixels of the port."""
        if self.is_shown and exposed.intersects(self.rect):
            self._loupe.paint(painter, self._viewport.pixel_ratio, self._paint_content)

    def _move(self) -> None:
        before, was_shown = QRect(self.rect), self.is_shown
        self.is_shown = self._wanted and self._gesture.pointed is not None and not self._gesture.is_panning
        port = self._view.viewport()
        if self.is_shown and self._gesture.pointer is not None:
            self._loupe.place(QPointF(*self._gesture.pointer), port.rect())
            self._picture.read_also(self._seen(), MAGNIFIES * self._viewport.zoom)
            port.update(self.rect)
        if was_shown:
            port.update(before)

    def _seen(self) -> Region:
        """Return the level-0 region in the glass, which may reach beyond the slide."""
        return self._loupe.seen(self._view.viewportTransform())

    def _paint_content(self, painter: QPainter) -> None:
        to_glass = self._loupe.transform(self._view.viewportTransform())
        seen, rect = self._seen(), QRectF(self.rect)
        to_viewport = painter.worldTransform()
        self._picture.paint_enlarged(painter, seen, MAGNIFIES * self._viewport.zoom, to_glass, self.rect)
        option = QStyleOptionGraphicsItem()
        option.exposedRect = QRectF(seen.x, seen.y, seen.w, seen.h)
        self._mask_item.parts = [rect.translated(to_viewport.dx(), to_viewport.dy())]
        to_glass *= to_viewport
        for item in (self._mask_item, *self._sketch.items):
            if item.isVisible():
                painter.setWorldTransform(to_glass)
                item.paint(painter, option)
        self._paint_ring(painter, option, to_glass)

    def _paint_ring(self, painter: QPainter, option: QStyleOptionGraphicsItem, to_glass: QTransform) -> None:
        gesture, ring, here = self._gesture, self._pointer.ring, self._gesture.pointed
        if here is None:
            return
        pixel, radius = 1 / (MAGNIFIES * self._viewport.scale), gesture.tool.radius or 0.0
        shown = radius if ring.isVisible() and radius < SIDE / 2 * pixel else 0.0  # else a cross
        sign = gesture.tool.sign(gesture.hand) if radius and ring.isVisible() else 0
        self._ring.set_color(ring.color)
        self._ring.place(QPointF(*here), shown, pixel, sign, cross=not shown)
        painter.setWorldTransform(QTransform.fromTranslate(*here) * to_glass)
        self._ring.paint(painter, option)
