"""The picture of a slide in a view: which tiles to read, and when to paint what of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QRegion, QTransform
from PySide6.QtWidgets import QGraphicsView, QWidget

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look

from .hand import HandView
from .hatching import EMPTY, merged, paint_hatching
from .slide_layer import coarse_tiles, paint_slide, tiles_around, wanted_tiles
from .tile_loader import TileLoader

BACKGROUND = QColor(119, 119, 119)
"""Neutral mid-grey, so that it shifts no colour of the picture."""
SMOOTH_AT_ONCE = 400_000
"""Screen pixels. While the picture moves, more than so many are painted quickly, and well a moment later."""
BAND = 800_000
"""Screen pixels painted well at a time, so that the hand never waits."""
BETWEEN_BANDS = BETWEEN_ARRIVALS = 20
"""Milliseconds between two repaintings: of bands, for tiles that were read."""
ZOOM_PAUSE = 40
"""Milliseconds without a zoom after which its tiles are read."""
TILES_AHEAD = 16
"""Read round what is in view when nothing else is to do."""


class PictureView(HandView):
    """Shows a slide. A moving picture is painted from what is at hand, as well as there is time for."""

    readFailed = Signal(object)
    """UserError: a part of the slide or of its mask cannot be read; told once for each, and again after a recovery"""
    readRecovered = Signal()
    """A part of the slide that could not be read can be again"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._loader: TileLoader | None = None
        self._look_of_slide = Look()
        self._asked: tuple[Region, float] | None = None
        self._arrived: list[TileKey] = []
        self._bands: list[QRect] = []
        self._is_coarse = self._was_coarse = False
        self._empty: list[Region] = []
        self._painted = QRegion()
        super().__init__(parent)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self._ask_timer = QTimer(self, singleShot=True, interval=ZOOM_PAUSE)
        self._ask_timer.timeout.connect(self._ask_for_all)
        self._arrival_timer = QTimer(self, singleShot=True, interval=BETWEEN_ARRIVALS)
        self._arrival_timer.timeout.connect(self._show_arrived)
        self._band_timer = QTimer(self, interval=BETWEEN_BANDS)
        self._band_timer.timeout.connect(self._paint_band)
        self.rested.connect(self._settle)

    def set_slide(self, slide: Slide | None) -> None:
        """Show a slide, whole and unturned, with nothing known to be empty.

        Returns when no thread reads the one shown before, which may then be closed.
        """
        self._kinetic.stop()
        self._finish_gesture()
        if self._loader is not None:
            self._loader.stop()
            self._loader.blockSignals(True)
            self._loader.deleteLater()
            self._loader = None
        self._slide_size = QSize() if slide is None else QSize(*slide.dimensions)
        self._quarter_turns = 0
        self._arrived.clear()
        self._asked = None
        if slide is not None:
            self._loader = TileLoader(slide, self)
            self._loader.loaded.connect(self._tile_arrived)
            self._loader.missed.connect(self._tile_arrived)
            self._loader.failed.connect(self.readFailed)
            self._loader.recovered.connect(self.readRecovered)
        self.set_empty_regions(())
        self.fit()
        self._redress()
        self._show_pointer()

    def set_look(self, look: Look) -> None:
        """Show the slide brighter, with another white…; changes neither the slide nor `pixel_value`."""
        if look != self._look_of_slide:
            self._look_of_slide = look
            self._redress()

    def rotate(self, quarter_turns: int) -> None:  # type: ignore[override] # Qt's knows any angle, this view four
        super().rotate(quarter_turns)
        self._redress()

    def pixel_value(self, x: int, y: int) -> tuple[int, int, int] | None:
        """RGB of the slide there, whatever the look, from the finest tile at hand; None when there is none."""
        if self._loader is None or not (0 <= x < self._slide_size.width() and 0 <= y < self._slide_size.height()):
            return None
        for level in range(self._loader.top_level + 1):
            key = next(tiles_covering(Region(x >> level, y >> level, 1, 1), level))
            image = self._loader.cache.own(key)
            if image is not None:
                place = key.level_region()
                column, row = (x >> level) - place.x, (y >> level) - place.y
                color = image.pixelColor(min(column, image.width() - 1), min(row, image.height() - 1))
                return (color.red(), color.green(), color.blue())
        return None

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        """Hatch what a segmentation passes over."""
        self._empty = merged(regions)
        self.viewport().update()

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        area = event.rect().width() * event.rect().height() * self.devicePixelRatioF() ** 2
        self._is_coarse = self.is_moving and area > SMOOTH_AT_ONCE
        self._was_coarse = self._was_coarse or self._is_coarse
        self._painted = event.region()
        super().paintEvent(event)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        to_viewport = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        visible, aligned = self.visible_region(), QRectF(rect).toAlignedRect()
        exposed = Region(aligned.x(), aligned.y(), aligned.width(), aligned.height())
        bare = self._painted
        if self._loader is not None and TileKey(self._loader.top_level, 0, 0) in self._loader.cache:
            slide = placed(Region(0, 0, self._slide_size.width(), self._slide_size.height()), to_viewport)
            bare = bare.subtracted(slide.toAlignedRect().adjusted(1, 1, -1, -1))
        for rest in rects(bare):
            painter.fillRect(rest, BACKGROUND)
        if self._loader is not None:
            self._ask_for_tiles(visible)
            part = exposed.intersected(visible)
            scale = self._logical_zoom if self._is_coarse else self.zoom
            paint_slide(painter, self._loader, part, scale, to_viewport, self._painted, smooth=not self._is_coarse)
            empty = [placed(r.intersected(part), to_viewport) for r in self._empty if not r.intersected(part).is_empty]
            paint_hatching(painter, empty, EMPTY, to_viewport.map(QPointF()))
        painter.setWorldTransform(to_viewport)

    def _show_arrived(self) -> None:
        """Repaint for tiles that came, as many at once as a good painting takes."""
        room = float(BAND)
        while self._arrived and self._loader is not None:
            place = self._loader.shown(self._arrived[0]).intersected(self.visible_region())
            pixels = place.area * self.zoom**2
            if room < min(pixels, BAND):
                self._arrival_timer.start()
                return
            room -= pixels
            self._arrived.pop(0)
            if not place.is_empty:
                self.viewport().update(placed(place, self.viewportTransform()).toAlignedRect())

    def _redress(self) -> None:
        """Paint the picture anew: the slide, its look or its rotation is another."""
        if self._loader is not None:
            self._loader.cache.dress(self._look_of_slide, self._quarter_turns)
        self.viewport().update()

    # -- tiles ----------------------------------------------------------------------------------------------------

    def _ask_for_tiles(self, visible: Region) -> None:
        if self._loader is None or not self.isVisible() or self._asked == (visible, self.zoom):
            return
        zooming = self.is_moving and self._asked is not None and self._asked[1] != self.zoom
        self._asked = (visible, self.zoom)
        if zooming:
            # Sharp tiles of a zoom that is passed by in a blink would only be in the way.
            self._loader.request(coarse_tiles(visible, self.zoom, self._loader), moving=True)
            self._ask_timer.start()
        else:
            self._ask_for_all()

    def _ask_for_all(self) -> None:
        if self._loader is not None and self.isVisible():
            wanted = wanted_tiles(self.visible_region(), self.zoom, self._loader)
            self._loader.request(wanted, moving=self.is_moving)

    def _tile_arrived(self, key: TileKey) -> None:
        self._arrived.append(key)
        if not self._arrival_timer.isActive():
            self._arrival_timer.start()

    def _settle(self) -> None:
        """The view is at rest: paint well what was painted quickly, and read what may be looked at next."""
        if self._was_coarse:
            self._was_coarse = False
            port = self.viewport().rect()
            rows = max(1, int(BAND / (port.width() * self.devicePixelRatioF() ** 2)))
            self._bands = [QRect(0, y, port.width(), rows) for y in range(0, port.height(), rows)]
            self._band_timer.start()
        if self._loader is not None and self.isVisible():
            visible = self.visible_region()
            around = tiles_around(visible, self.zoom, self._loader)[:TILES_AHEAD]
            self._loader.request([*wanted_tiles(visible, self.zoom, self._loader), *around])

    def _paint_band(self) -> None:
        if not self._bands:
            self._band_timer.stop()
            return
        self.viewport().update(self._bands.pop(0))

    def hideEvent(self, event: QHideEvent) -> None:
        # A closing window hides first: no thread outlives it.
        self._kinetic.stop()
        self._asked = None
        if self._loader is not None:
            self._loader.stop()
        super().hideEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if not self.devicePixelRatioF().is_integer():
            # At 125 % or 150 % a scroll is no whole number of screen pixels, and moved copies would leave seams.
            self.viewport().update()

    def _moved(self) -> None:
        self._was_coarse = self._was_coarse or bool(self._bands)
        self._bands.clear()
        super()._moved()


def placed(region: Region, transform: QTransform) -> QRectF:
    return transform.mapRect(QRectF(region.x, region.y, region.w, region.h))


def rects(region: QRegion) -> list[QRect]:
    return list(region)  # type: ignore[call-overload,no-any-return] # PySide's annotations do not know that it can
