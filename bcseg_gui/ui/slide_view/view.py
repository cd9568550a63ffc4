"""The slide on the screen, the mask and the selection over it, and where on the slide one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QTransform,
)
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import Mask

from ..tools import Hand
from .brush_cursor import BrushCursor
from .loupe import MAGNIFIES, SIDE, Loupe
from .mask_item import MaskItem, OverlayStyle
from .minimap import Minimap
from .overview_refresher import OverviewRefresher
from .picture_view import BACKGROUND, rects
from .scale_bar import ScaleBar
from .sketch_view import SketchView
from .slide_layer import paint_slide, visible_tiles, wanted_tiles
from .throttle import Throttle

BETWEEN_CHANGES = 50
"""Milliseconds between two repaintings for a mask that a model writes."""
BETWEEN_LOUPES = 16
"""Milliseconds between two places of the loupe: it follows the pointer without holding it up."""
MANY_PARTS = 6
TOGETHER = 200 * 200
"""From so many parts on, or within so many screen pixels, to paint what lies between them costs less than to paint each
by itself."""
MARGIN = 12
_MARGINS = QPoint(MARGIN, MARGIN)
ROOM_FOR_MINIMAP = QSize(460, 320)
"""Device-independent pixels: of overview and scale bar to the edges, and of a view that has room for both."""


class SlideView(SketchView):
    """Shows a slide, its mask and what is drawn over both, with an overview and a scale bar in the corners."""

    paintedUnseen = Signal()
    """a tool paints while the mask is hidden; told once until it is shown again"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._mask: Mask | None = None
        self._unseen_told = False
        self._minimap, self._minimap_wanted, self._steering = Minimap(), True, False
        self._scale_bar = ScaleBar()
        self._corners: list[Minimap | ScaleBar] = []
        self._loupe, self._loupe_wanted, self._loupe_shown = Loupe(), False, False
        self._loupe_ring = BrushCursor()
        self._mask_item = MaskItem(lambda error: self.readFailed.emit(error))
        super().__init__(parent)
        self.scene().addItem(self._mask_item)
        self._mask_throttle = Throttle(BETWEEN_CHANGES, self._show_mask_change, self)
        self._loupe_timer = QTimer(self, singleShot=True, interval=BETWEEN_LOUPES)
        self._loupe_timer.timeout.connect(self._move_loupe)
        self._refresher = OverviewRefresher(
            self._mask_tiles_in_view, self._mask_throttle.add, lambda error: self.readFailed.emit(error), self
        )
        self._place_corners()

    # -- what is shown --------------------------------------------------------------------------------------------

    def set_mpp(self, mpp: float | None) -> None:
        """µm per level-0 pixel, for the scale bar; None when nobody knows."""
        self._scale_bar.set_mpp(mpp)
        self._place_corners()

    def set_cell_diameter(self, diameter: float) -> None:
        """Level-0 pixels; cells too small on the screen are not outlined."""
        self._mask_item.set_cell_diameter(diameter)

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        super().set_empty_regions(regions)
        self._minimap.set_empty_regions(self._empty)

    def show_minimap(self, wanted: bool) -> None:
        self._minimap_wanted = wanted
        self._place_corners()

    def show_loupe(self, wanted: bool) -> None:
        """A glass beside the pointer that enlarges what it is at."""
        self._loupe_wanted = wanted
        self._show_pointer()

    def set_mask(self, mask: Mask | None) -> None:
        self._mask = mask
        self._mask_item.set_mask(mask)
        self._refresher.set_mask(mask)

    def mask_changed(self, region: Region, *, at_once: bool = False) -> None:
        """Repaint the part of the mask that was painted into: at once under the hand, else not too often."""
        level = self._mask_item.level_at(self.zoom)
        if self._gesture == "stroke":
            # The overviews are brought up to date when the hand rests: it must not wait for them.
            if self._mask is not None and level:
                self._mask.preview(region, level)
            self._show_mask_change(region)
            return
        self._refresher.wake()
        if at_once:
            if level:
                self._refresher.work(self._mask_tiles_in_view(region))
            self._show_mask_change(region)
        else:
            self._mask_throttle.add(region)

    def set_overlay(self, style: OverlayStyle) -> None:
        """How the mask is shown."""
        self._mask_item.set_style(style)
        self._unseen_told = self._unseen_told and not style.visible

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        # Two edges after a scroll have the whole view for their bounding rectangle; those of a stroke lie together.
        parts, around = rects(event.region()), event.rect()
        pixels = around.width() * around.height() * self.devicePixelRatioF() ** 2
        together = len(parts) > MANY_PARTS or pixels <= TOGETHER
        self._mask_item.parts = [QRectF(part) for part in ([around] if together else parts)]
        super().paintEvent(event)
        corners = [corner for corner in self._corners if event.region().intersects(corner.rect)]
        if corners:
            painter = QPainter(self.viewport())
            for corner in corners:
                corner.paint(painter)
            painter.end()
        if self._loupe_shown and event.region().intersects(self._loupe.rect):
            with QPainter(self.viewport()) as painter:
                self._loupe.paint(painter, self.devicePixelRatioF(), self._paint_enlarged)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        self._mask_item.coarse = self._is_coarse
        super().drawBackground(painter, rect)

    def _tile_arrived(self, key: TileKey) -> None:
        super()._tile_arrived(key)
        if self._loader is not None:
            self._refresh_loupe(self._loader.shown(key))
        if self._loader is not None and key.level == self._loader.top_level:
            self._minimap.set_picture(self._loader.cache.shown(key))

    def _redress(self) -> None:
        super()._redress()
        if self._loader is not None:
            self._minimap.set_slide(self._slide_size.width(), self._slide_size.height(), self._quarter_turns)
            self._minimap.set_picture(self._loader.cache.shown(TileKey(self._loader.top_level, 0, 0)))
        self._place_corners()

    def _show_mask_change(self, region: Region) -> None:
        self._mask_item.changed(region, self._logical_zoom)
        self._refresh_loupe(region)

    def _mask_tiles_in_view(self, part: Region | None = None) -> Iterable[TileKey]:
        level = self._mask_item.level_at(self.zoom)
        seen = self.visible_region() if part is None else self.visible_region().intersected(part)
        x, y = seen.x >> level, seen.y >> level
        return tiles_covering(Region(x, y, (seen.right >> level) + 1 - x, (seen.bottom >> level) + 1 - y), level)

    # -- the view itself ------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresher.wake()

    def hideEvent(self, event: QHideEvent) -> None:
        self._refresher.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_corners()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        for lying_over in (*self._corners, *([self._loupe] if self._loupe_shown else [])):
            # Stays where it is, and leaves no trace where it was scrolled to.
            self.viewport().update(lying_over.rect)
            self.viewport().update(lying_over.rect.translated(dx, dy))

    def _moved(self) -> None:
        super()._moved()
        self._place_corners()

    def _place_corners(self) -> None:
        """Overview at the bottom left, scale bar at the bottom right, each where it says something."""
        port, seen = self.viewport().size(), self.visible_region()
        minimap, bar = self._minimap, self._scale_bar
        for corner in self._corners:
            self.viewport().update(corner.rect)
        minimap.set_visible_part(seen)
        minimap.rect.moveTopLeft(QPoint(MARGIN, port.height() - minimap.rect.height() - MARGIN))
        bar.set_zoom(self._logical_zoom)
        bar.rect.moveTopLeft(QPoint(port.width() - bar.rect.width(), port.height() - bar.rect.height()) - _MARGINS)
        whole = (seen.w, seen.h) == (self._slide_size.width(), self._slide_size.height())
        room = port.width() >= ROOM_FOR_MINIMAP.width() and port.height() >= ROOM_FOR_MINIMAP.height()
        self._corners = []
        if not self._slide_size.isEmpty() and port.width() >= bar.rect.width() + 2 * MARGIN:
            self._corners.append(bar)
        if not self._slide_size.isEmpty() and self._minimap_wanted and room and not whole:
            self._corners.append(minimap)
        for corner in self._corners:
            self.viewport().update(corner.rect)

    def _press(self, hand: Hand) -> None:
        self._refresher.stop()
        hidden = self._tool.paints and not self._mask_item.isVisible() and not self._peeking
        if hidden and not self._unseen_told:
            self._unseen_told = True
            self.paintedUnseen.emit()
        super()._press(hand)

    def _end_gesture(self) -> None:
        super()._end_gesture()
        self._refresher.wake()

    # -- the loupe ------------------------------------------------------------------------------------------------

    def _show_pointer(self) -> None:
        super()._show_pointer()
        if (self._loupe_wanted or self._loupe_shown) and not self._loupe_timer.isActive():
            self._loupe_timer.start()

    def _move_loupe(self) -> None:
        before, was_shown = QRect(self._loupe.rect), self._loupe_shown
        panning = self._gesture == "pan" or self._is_paused
        self._loupe_shown = self._loupe_wanted and self.pointed is not None and not panning
        if self._loupe_shown and self._pointer is not None:
            self._loupe.place(self._pointer, self.viewport().rect())
            self._ask_for_enlarged()
            self.viewport().update(self._loupe.rect)
        if was_shown:
            self.viewport().update(before)

    def _refresh_loupe(self, region: Region) -> None:
        if not self._loupe_shown or self._loupe_timer.isActive():
            return
        if not self._loupe.seen(self.viewportTransform()).intersected(region).is_empty:
            self._loupe_timer.start()

    def _ask_for_enlarged(self) -> None:
        """Have the tiles read that the glass needs; the view itself goes first."""
        if self._loader is not None and not self.is_moving:
            whole = Region(0, 0, self._slide_size.width(), self._slide_size.height())
            seen = self._loupe.seen(self.viewportTransform()).intersected(whole)
            enlarged = visible_tiles(seen, MAGNIFIES * self.zoom, self._loader.top_level)
            if any(key not in self._loader.cache and not self._loader.is_missing(key) for key in enlarged):
                self._loader.request([*wanted_tiles(self.visible_region(), self.zoom, self._loader), *enlarged])

    def _paint_enlarged(self, painter: QPainter) -> None:
        to_glass = self._loupe.transform(self.viewportTransform())
        seen, rect = self._loupe.seen(self.viewportTransform()), QRectF(self._loupe.rect)
        to_viewport = painter.worldTransform()
        painter.fillRect(rect, BACKGROUND)
        if self._loader is not None:
            whole = Region(0, 0, self._slide_size.width(), self._slide_size.height())
            part, scale = seen.intersected(whole), MAGNIFIES * self.zoom
            paint_slide(painter, self._loader, part, scale, to_glass, QRegion(self._loupe.rect), smooth=True)
        option = QStyleOptionGraphicsItem()
        option.exposedRect = QRectF(seen.x, seen.y, seen.w, seen.h)
        self._mask_item.parts = [rect.translated(to_viewport.dx(), to_viewport.dy())]
        to_glass *= to_viewport
        for item in (self._mask_item, *self._outline_items):
            if item.isVisible():
                painter.setWorldTransform(to_glass)
                item.paint(painter, option)
        if self.pointed is not None:
            here, pixel, radius = QPointF(*self.pointed), self.pixel / MAGNIFIES, self._tool.radius or 0.0
            ring = radius if self._ring.isVisible() and radius < SIDE / 2 * pixel else 0.0  # beyond the glass: a cross
            sign = self._tool.sign(self._hand) if radius and self._ring.isVisible() else 0
            self._loupe_ring.set_color(self._ring.color)
            self._loupe_ring.place(here, ring, pixel, sign, cross=not ring)
            painter.setWorldTransform(QTransform.fromTranslate(here.x(), here.y()) * to_glass)
            self._loupe_ring.paint(painter, option)

    # -- steering by the overview ---------------------------------------------------------------------------------

    @property
    def _is_on_overview(self) -> bool:
        if self._gesture is not None or self._pointer is None:
            return False
        return self._steering or (
            self._minimap in self._corners and self._minimap.rect.contains(self._pointer.toPoint())
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._finish_by_keys()
        if self._gesture is None:
            self._pointer = event.position()
        if not self._is_on_overview:
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._kinetic.stop()
            self._steering = True
            self.center_on(self._minimap.to_level0(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._steering:
            self._pointer = event.position()
            self.center_on(self._minimap.to_level0(event.position()))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._steering and event.button() == Qt.MouseButton.LeftButton:
            self._steering = False
            self._show_pointer()
        else:
            super().mouseReleaseEvent(event)
