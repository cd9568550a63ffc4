"""The slide on the screen, the mask and the selection over it, and where on the slide one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsView, QWidget

from ...core.geometry import Region, TileKey, tiles_covering
from ...core.masks import Mask
from ...core.slides import Slide
from ...core.slides.look import Look
from .hand import HandView
from .hatching import EMPTY, merged, paint_hatching
from .mask_item import MaskItem, OverlayStyle
from .minimap import Minimap
from .overview_refresher import OverviewRefresher
from .scale_bar import ScaleBar
from .selection_item import SelectionItem
from .slide_layer import coarse_tiles, paint_slide, tiles_around, wanted_tiles
from .throttle import Throttle
from .tile_loader import TileLoader

BACKGROUND = QColor(119, 119, 119)
"""Neutral mid-grey, so that it shifts no colour of the picture."""
SMOOTH_AT_ONCE = 1_000_000
"""Screen pixels. While the picture moves, more than so many are painted quickly, and well a moment later."""
BAND = 800_000
"""Screen pixels painted well at a time, so that the hand never waits."""
BETWEEN_BANDS = BETWEEN_ARRIVALS = 20
BETWEEN_CHANGES = 50
"""Milliseconds between two repaintings: of bands, for tiles that were read, for a mask that a model writes."""
ZOOM_PAUSE = 40
"""Milliseconds without a zoom after which its tiles are read."""
TILES_AHEAD = 16
"""Read round what is in view when nothing else is to do."""
MARGIN = 12
_MARGINS = QPoint(MARGIN, MARGIN)
ROOM_FOR_MINIMAP = QSize(460, 320)
"""Device-independent pixels: of overview and scale bar to the edges, and of a view that has room for both."""


class SlideView(HandView):
    """Shows a slide, its mask and the selection, with an overview and a scale bar in the corners."""

    readFailed = Signal(object)
    """UserError: a part of the slide or of its mask cannot be read; told once for each, and again after a recovery"""
    readRecovered = Signal()
    """A part of the slide that could not be read can be again"""
    selectionChanged = Signal(object)
    """The outline, as `selection`; not told when another slide is shown"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._loader: TileLoader | None = None
        self._look_of_slide = Look()
        self._asked: tuple[Region, float] | None = None
        self._arrived: list[TileKey] = []
        self._bands: list[QRect] = []
        self._is_coarse = self._was_coarse = False
        self._empty: list[Region] = []
        self._selection: tuple[tuple[int, int], ...] = ()
        self._mask: Mask | None = None
        self._minimap, self._minimap_wanted, self._steering = Minimap(), True, False
        self._scale_bar = ScaleBar()
        self._corners: list[Minimap | ScaleBar] = []
        self._painted = QRegion()
        self._mask_item = MaskItem(lambda error: self.readFailed.emit(error))
        self._selection_item = SelectionItem()
        super().__init__(parent)
        self.scene().addItem(self._mask_item)
        self.scene().addItem(self._selection_item)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self._ask_timer = QTimer(self, singleShot=True, interval=ZOOM_PAUSE)
        self._ask_timer.timeout.connect(self._ask_for_all)
        self._arrival_timer = QTimer(self, singleShot=True, interval=BETWEEN_ARRIVALS)
        self._arrival_timer.timeout.connect(self._show_arrived)
        self._band_timer = QTimer(self, interval=BETWEEN_BANDS)
        self._band_timer.timeout.connect(self._paint_band)
        self._mask_throttle = Throttle(BETWEEN_CHANGES, self._show_mask_change, self)
        self._refresher = OverviewRefresher(
            self._mask_tiles_in_view, self._mask_throttle.add, lambda error: self.readFailed.emit(error), self
        )
        self.rested.connect(self._settle)
        self._place_corners()

    # -- what is shown --------------------------------------------------------------------------------------------

    def set_slide(self, slide: Slide | None) -> None:
        """Show a slide, whole and unturned, with nothing selected and nothing known to be empty.

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
            self._loader.cache.dress(self._look_of_slide, 0)
            self._loader.loaded.connect(self._tile_arrived)
            self._loader.missed.connect(self._tile_arrived)
            self._loader.failed.connect(self.readFailed)
            self._loader.recovered.connect(self.readRecovered)
        self.set_empty_regions(())
        self._selection = ()
        self._selection_item.show_outline(())
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

    def set_mpp(self, mpp: float | None) -> None:
        """µm per level-0 pixel, for the scale bar; None when nobody knows."""
        self._scale_bar.set_mpp(mpp)
        self._place_corners()

    def set_cell_diameter(self, diameter: float) -> None:
        """Level-0 pixels; cells too small on the screen are not outlined."""
        self._mask_item.set_cell_diameter(diameter)

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        """Hatch what a segmentation passes over."""
        self._empty = merged(regions)
        self._minimap.set_empty_regions(self._empty)
        self.viewport().update()

    def show_minimap(self, wanted: bool) -> None:
        self._minimap_wanted = wanted
        self._place_corners()

    def set_mask(self, mask: Mask | None) -> None:
        self._mask = mask
        self._mask_item.set_mask(mask)
        self._refresher.set_mask(mask)

    def mask_changed(self, region: Region) -> None:
        """Repaint the part of the mask that was painted into: at once under the hand, else not too often."""
        if self._gesture == "stroke":
            self._show_mask_change(region)
        else:
            self._mask_throttle.add(region)
        self._refresher.wake()

    def set_overlay(self, *, opacity: float, visible: bool, contour: bool, colors: Mapping[int, QColor]) -> None:
        """How the mask is shown: `opacity` 0 to 1, surfaces or outlines, a colour a class id."""
        self._mask_item.set_style(OverlayStyle(opacity, visible, contour, dict(colors)))

    # -- selection ------------------------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[tuple[int, int], ...]:
        """Corners of the selected outline in level-0 pixels, within the slide; empty when nothing is selected."""
        return self._selection

    @property
    def pixel(self) -> float:
        """Level-0 pixels a device-independent pixel shows."""
        return 1 / self._logical_zoom

    def set_selection(self, outline: Sequence[tuple[float, float]]) -> None:
        """Select within an outline; one without an area selects nothing."""
        width, height = self._slide_size.width(), self._slide_size.height()
        corners = tuple(
            dict.fromkeys((round(min(max(x, 0), width)), round(min(max(y, 0), height))) for x, y in outline)
        )
        selection = corners if _has_area(corners) else ()
        self._selection_item.show_outline(selection)
        if selection != self._selection:
            self._selection = selection
            self.selectionChanged.emit(selection)

    def show_selection(self, outline: Sequence[tuple[float, float]]) -> None:
        """Draw an outline in the making, without selecting it."""
        self._selection_item.show_outline(outline)

    def _can_escape(self) -> bool:
        return super()._can_escape() or bool(self._selection)

    def _escape(self) -> None:
        if super()._can_escape():
            super()._escape()
        else:
            self.set_selection(())

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        area = event.rect().width() * event.rect().height() * self.devicePixelRatioF() ** 2
        self._is_coarse = self._mask_item.coarse = self.is_moving and area > SMOOTH_AT_ONCE
        self._was_coarse = self._was_coarse or self._is_coarse
        # Two edges after a scroll have the whole view for their bounding rectangle.
        self._painted = event.region()
        self._mask_item.parts = [QRectF(part) for part in _rects(self._painted)]
        super().paintEvent(event)
        corners = [corner for corner in self._corners if self._painted.intersects(corner.rect)]
        if corners:
            painter = QPainter(self.viewport())
            for corner in corners:
                corner.paint(painter)
            painter.end()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        to_viewport = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        visible, aligned = self.visible_region(), QRectF(rect).toAlignedRect()
        exposed = Region(aligned.x(), aligned.y(), aligned.width(), aligned.height())
        slide = _placed(Region(0, 0, self._slide_size.width(), self._slide_size.height()), to_viewport)
        bare = (
            self._painted
            if self._loader is None
            else self._painted.subtracted(slide.toAlignedRect().adjusted(1, 1, -1, -1))
        )
        for rest in _rects(bare):
            painter.fillRect(rest, BACKGROUND)
        if self._loader is not None:
            self._ask_for_tiles(visible)
            part = exposed.intersected(visible)
            scale = self._logical_zoom if self._is_coarse else self.zoom
            paint_slide(painter, self._loader, part, scale, to_viewport, self._painted, smooth=not self._is_coarse)
            empty = [_placed(r.intersected(part), to_viewport) for r in self._empty if not r.intersected(part).is_empty]
            paint_hatching(painter, empty, EMPTY, to_viewport.map(QPointF()))
        painter.setWorldTransform(to_viewport)

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
        if self._loader is not None and key.level == self._loader.top_level:
            self._minimap.set_picture(self._loader.cache.shown(key))
        self._arrived.append(key)
        if not self._arrival_timer.isActive():
            self._arrival_timer.start()

    def _show_arrived(self) -> None:
        """Repaint for tiles that came, as many at once as a good painting takes."""
        room = float(BAND)
        while self._arrived and self._loader is not None:
            place = self._loader.shown(self._arrived[0]).intersected(self.visible_region())
            room -= place.area * self.zoom**2
            if room < 0 and room + place.area * self.zoom**2 < BAND:
                self._arrival_timer.start()
                return
            self._arrived.pop(0)
            if not place.is_empty:
                self._repaint(place)

    def _repaint(self, place: Region) -> None:
        self.viewport().update(_placed(place, self.viewportTransform()).toAlignedRect())

    def _redress(self) -> None:
        if self._loader is not None:
            self._loader.cache.dress(self._look_of_slide, self._quarter_turns)
            self._minimap.set_slide(self._slide_size.width(), self._slide_size.height(), self._quarter_turns)
            self._minimap.set_picture(self._loader.cache.shown(TileKey(self._loader.top_level, 0, 0)))
        self._place_corners()
        self.viewport().update()

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

    def _show_mask_change(self, region: Region) -> None:
        self._mask_item.changed(region, self._logical_zoom)

    def _mask_tiles_in_view(self) -> Iterable[TileKey]:
        level = self._mask_item.level_at(self.zoom)
        seen = self.visible_region()
        x, y = seen.x >> level, seen.y >> level
        return tiles_covering(Region(x, y, (seen.right >> level) + 1 - x, (seen.bottom >> level) + 1 - y), level)

    # -- the view itself ------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresher.wake()

    def hideEvent(self, event: QHideEvent) -> None:
        # A closing window hides first: no thread outlives it.
        self._kinetic.stop()
        self._refresher.stop()
        self._asked = None
        if self._loader is not None:
            self._loader.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_corners()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        for corner in self._corners:
            # Stays where it is, and leaves no trace where it was scrolled to.
            self.viewport().update(corner.rect)
            self.viewport().update(corner.rect.translated(dx, dy))
        if not self.devicePixelRatioF().is_integer():
            # At 125 % or 150 % a scroll is no whole number of screen pixels, and moved copies would leave seams.
            self.viewport().update()

    def _moved(self) -> None:
        self._bands.clear()
        super()._moved()
        self._selection_item.set_pixel(self.pixel)
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

    # -- steering by the overview ---------------------------------------------------------------------------------

    @property
    def _is_on_overview(self) -> bool:
        if self._gesture is not None or self._pointer is None:
            return False
        return self._steering or (
            self._minimap in self._corners and self._minimap.rect.contains(self._pointer.toPoint())
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
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


def _rects(region: QRegion) -> list[QRect]:
    return list(region)  # type: ignore[call-overload,no-any-return] # PySide's annotations do not know that it can


def _placed(region: Region, transform: QTransform) -> QRectF:
    return transform.mapRect(QRectF(region.x, region.y, region.w, region.h))


def _has_area(corners: Sequence[tuple[int, int]]) -> bool:
    xs, ys = {x for x, _y in corners}, {y for _x, y in corners}
    return len(corners) >= 3 and len(xs) > 1 and len(ys) > 1
