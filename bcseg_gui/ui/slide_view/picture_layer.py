"""The slide in a view: which tiles to read, and when to paint them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QRegion, QTransform
from PySide6.QtWidgets import QGraphicsView

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look

from .hatching import EMPTY, merged, paint_hatching
from .navigation import Navigation
from .slide_tiles import coarse_tiles, paint_slide, tiles_around, visible_tiles, wanted_tiles
from .tile_loader import TileLoader
from .viewport import Viewport

BACKGROUND = QColor(119, 119, 119)
"""Neutral mid-grey, which does not bias the perception of colours."""
SMOOTH_AT_ONCE = 400_000
"""Screen pixels. While the slide moves, larger areas are painted coarsely, and well a moment later."""
BAND = 800_000
"""Screen pixels painted well at a time, so that the pointer never waits."""
BETWEEN_BANDS = BETWEEN_ARRIVALS = 20
"""Milliseconds between repaints of two bands, and for tiles that arrived."""
ZOOM_PAUSE = 40
"""Milliseconds after the last zoom until its tiles are read."""
TILES_AHEAD = 16
"""Tiles read around the view in idle time."""


class PictureLayer(QObject):
    """Paints a slide from the tiles at hand, while it moves as well as time allows."""

    arrived = Signal(object)
    """TileKey: read, or unreadable for now"""
    failed = Signal(object)
    """UserError of a part that cannot be read; emitted once, and again after a recovery"""
    recovered = Signal()
    """A part of the slide that could not be read can be again"""

    def __init__(self, viewport: Viewport, navigation: Navigation, view: QGraphicsView) -> None:
        super().__init__(view)
        self.loader: TileLoader | None = None
        self.empty_regions: list[Region] = []
        self.is_coarse = False
        """Whether the current repaint is a coarse one"""
        self._viewport, self._navigation, self._view = viewport, navigation, view
        self._look = Look()
        self._asked: tuple[Region, float] | None = None
        self._arrived: list[TileKey] = []
        self._bands: list[QRect] = []
        self._was_coarse = False
        self._painted = QRegion()
        self._ask_timer = QTimer(self, singleShot=True, interval=ZOOM_PAUSE)
        self._ask_timer.timeout.connect(self._ask_for_all)
        self._arrival_timer = QTimer(self, singleShot=True, interval=BETWEEN_ARRIVALS)
        self._arrival_timer.timeout.connect(self._show_arrived)
        self._band_timer = QTimer(self, interval=BETWEEN_BANDS)
        self._band_timer.timeout.connect(self._paint_band)
        navigation.rested.connect(self._settle)

    @property
    def is_settled(self) -> bool:
        """Whether all requested tiles are here and painted well."""
        waiting = self._arrived or self._bands or self._navigation.is_moving
        return self.loader is not None and self.loader.is_done and not waiting

    def show(self, slide: Slide | None) -> None:
        """Show a slide from the next repaint on.

        Return once no thread reads the previous one, which may then be closed.
        """
        if self.loader is not None:
            self.loader.stop()
            self.loader.blockSignals(True)
            self.loader.deleteLater()
            self.loader = None
        self._arrived.clear()
        self._asked = None
        if slide is not None:
            self.loader = TileLoader(slide, self)
            self.loader.loaded.connect(self._tile_arrived)
            self.loader.missed.connect(self._tile_arrived)
            self.loader.failed.connect(self.failed)
            self.loader.recovered.connect(self.recovered)

    def set_look(self, look: Look) -> bool:
        """Show the slide with a look; return False when it already is."""
        changed = look != self._look
        if changed:
            self._look = look
            self.dress()
        return changed

    def dress(self) -> None:
        """Repaint all tiles: the slide, its look or its rotation changed."""
        if self.loader is not None:
            self.loader.cache.dress(self._look, self._viewport.quarter_turns)
        self._view.viewport().update()

    def pixel_value(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Return the slide's own RGB there, from the finest tile at hand; None without one."""
        width, height = self._viewport.slide_size
        if self.loader is None or not (0 <= x < width and 0 <= y < height):
            return None
        for level in range(self.loader.top_level + 1):
            key = next(tiles_covering(Region(x >> level, y >> level, 1, 1), level))
            image = self.loader.cache.own(key)
            if image is not None:
                place = key.level_region()
                column, row = (x >> level) - place.x, (y >> level) - place.y
                color = image.pixelColor(min(column, image.width() - 1), min(row, image.height() - 1))
                return (color.red(), color.green(), color.blue())
        return None

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        """Hatch what segmentation skips."""
        self.empty_regions = merged(regions)
        self._view.viewport().update()

    def moved(self) -> None:
        """Call when the view moved: painting well can wait."""
        self._was_coarse = self._was_coarse or bool(self._bands)
        self._bands.clear()

    def read_also(self, region: Region, zoom: float) -> None:
        """Also read the tiles that show `region` at `zoom`, after those in view."""
        if self.loader is not None and not self._navigation.is_moving:
            others = visible_tiles(region.intersected(self._viewport.whole), zoom, self.loader.top_level)
            if any(key not in self.loader.cache and not self.loader.is_missing(key) for key in others):
                in_view = wanted_tiles(self._viewport.visible_region(), self._viewport.zoom, self.loader)
                self.loader.request([*in_view, *others])

    def stop(self) -> None:
        """Call when the view is hidden: no thread may outlive a closing window, which hides first."""
        self._asked = None
        if self.loader is not None:
            self.loader.stop()

    # -- painting -------------------------------------------------------------------------------------------------

    def begin_painting(self, region: QRegion) -> None:
        """Call before `paint` with everything exposed, in device-independent pixels."""
        around = region.boundingRect()
        area = around.width() * around.height() * self._viewport.pixel_ratio**2
        self.is_coarse = self._navigation.is_moving and area > SMOOTH_AT_ONCE
        self._was_coarse = self._was_coarse or self.is_coarse
        self._painted = region

    def paint(self, painter: QPainter, rect: QRectF, to_viewport: QTransform) -> None:
        """`painter` and `rect` are in device-independent pixels, to which `to_viewport` maps level 0."""
        visible, aligned = self._viewport.visible_region(), rect.toAlignedRect()
        exposed = Region(aligned.x(), aligned.y(), aligned.width(), aligned.height())
        bare = self._painted
        if self.loader is not None and TileKey(self.loader.top_level, 0, 0) in self.loader.cache:
            slide = placed(self._viewport.whole, to_viewport)
            bare = bare.subtracted(slide.toAlignedRect().adjusted(1, 1, -1, -1))
        for rest in rects(bare):
            painter.fillRect(rest, BACKGROUND)
        if self.loader is not None:
            self._ask_for_tiles(visible)
            part = exposed.intersected(visible)
            scale = self._viewport.scale if self.is_coarse else self._viewport.zoom
            paint_slide(painter, self.loader, part, scale, to_viewport, self._painted, smooth=not self.is_coarse)
            empty = [r.intersected(part) for r in self.empty_regions]
            shown = [placed(r, to_viewport) for r in empty if not r.is_empty]
            paint_hatching(painter, shown, EMPTY, to_viewport.map(QPointF()))

    def paint_enlarged(
        self, painter: QPainter, region: Region, zoom: float, transform: QTransform, rect: QRect
    ) -> None:
        """Fill `rect` with what is here of `region`. `painter` is in the pixels that `transform` maps level 0 to."""
        painter.fillRect(rect, BACKGROUND)
        if self.loader is not None:
            part = region.intersected(self._viewport.whole)
            paint_slide(painter, self.loader, part, zoom, transform, QRegion(rect), smooth=True)

    def _show_arrived(self) -> None:
        """Repaint for tiles that arrived, as many as a good repaint allows."""
        room = float(BAND)
        while self._arrived and self.loader is not None:
            place = self.loader.shown(self._arrived[0]).intersected(self._viewport.visible_region())
            pixels = place.area * self._viewport.zoom**2
            if room < min(pixels, BAND):
                self._arrival_timer.start()
                return
            room -= pixels
            self._arrived.pop(0)
            if not place.is_empty:
                self._view.viewport().update(placed(place, self._view.viewportTransform()).toAlignedRect())

    # -- tiles ----------------------------------------------------------------------------------------------------

    def _ask_for_tiles(self, visible: Region) -> None:
        zoom = self._viewport.zoom
        if self.loader is None or not self._view.isVisible() or self._asked == (visible, zoom):
            return
        zooming = self._navigation.is_moving and self._asked is not None and self._asked[1] != zoom
        self._asked = (visible, zoom)
        if zooming:
            # Sharp tiles for a zoom that lasts a blink would only delay the others.
            self.loader.request(coarse_tiles(visible, zoom, self.loader), moving=True)
            self._ask_timer.start()
        else:
            self._ask_for_all()

    def _ask_for_all(self) -> None:
        if self.loader is not None and self._view.isVisible():
            wanted = wanted_tiles(self._viewport.visible_region(), self._viewport.zoom, self.loader)
            self.loader.request(wanted, moving=self._navigation.is_moving)

    def _tile_arrived(self, key: TileKey) -> None:
        self._arrived.append(key)
        if not self._arrival_timer.isActive():
            self._arrival_timer.start()
        self.arrived.emit(key)

    def _settle(self) -> None:
        """Paint well what was painted coarsely, and read what may be needed next."""
        if self._was_coarse:
            self._was_coarse = False
            port = self._view.viewport().rect()
            rows = max(1, int(BAND / (port.width() * self._viewport.pixel_ratio**2)))
            self._bands = [QRect(0, y, port.width(), rows) for y in range(0, port.height(), rows)]
            self._band_timer.start()
        if self.loader is not None and self._view.isVisible():
            visible, zoom = self._viewport.visible_region(), self._viewport.zoom
            around = tiles_around(visible, zoom, self.loader)[:TILES_AHEAD]
            self.loader.request([*wanted_tiles(visible, zoom, self.loader), *around])

    def _paint_band(self) -> None:
        if not self._bands:
            self._band_timer.stop()
            return
        self._view.viewport().update(self._bands.pop(0))


def placed(region: Region, transform: QTransform) -> QRectF:
    return transform.mapRect(QRectF(region.x, region.y, region.w, region.h))


def rects(region: QRegion) -> list[QRect]:
    return list(region)  # type: ignore[call-overload,no-any-return] # PySide's annotations do not know that it can
