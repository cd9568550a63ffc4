"""The corners of the view: minimap at the bottom left, scale bar at the bottom right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from bcseg_gui.core.geometry import Point, Region

from .minimap import Minimap
from .scale_bar import ScaleBar
from .viewport import Place, Viewport

MARGIN = 12
_MARGINS = QPoint(MARGIN, MARGIN)
ROOM_FOR_MINIMAP = (460, 320)
"""Smallest view with room for the minimap too; this and MARGIN are device-independent pixels."""


class Corners:
    """Paints minimap and scale bar onto `port`, each when it is useful."""

    def __init__(self, viewport: Viewport, port: QWidget) -> None:
        self.minimap, self.scale_bar = Minimap(), ScaleBar()
        self.shown: list[Minimap | ScaleBar] = []
        self._viewport, self._port = viewport, port
        self._minimap_wanted = True

    @property
    def rects(self) -> list[QRect]:
        """Their rectangles in the port."""
        return [corner.rect for corner in self.shown]

    def show_minimap(self, wanted: bool) -> None:
        self._minimap_wanted = wanted
        self.place()

    def set_mpp(self, mpp: float | None) -> None:
        self.scale_bar.set_mpp(mpp)
        self.place()

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        self.minimap.set_empty_regions(regions)

    def set_picture(self, picture: QImage | None) -> None:
        """`picture`: the whole slide, as shown."""
        self.minimap.set_picture(picture)
        self._update()

    def show_slide(self, picture: QImage | None) -> None:
        """Call with another slide, look or rotation. `picture`: the whole slide, as shown."""
        self.minimap.set_slide(*self._viewport.slide_size, self._viewport.quarter_turns)
        self.minimap.set_picture(picture)
        self.place()

    def place(self) -> None:
        """Position both, after the view moved."""
        viewport, minimap, bar = self._viewport, self.minimap, self.scale_bar
        (width, height), seen = viewport.port_size, viewport.visible_region()
        self._update()
        minimap.set_visible_part(seen)
        minimap.rect.moveTopLeft(QPoint(MARGIN, height - minimap.rect.height() - MARGIN))
        bar.set_zoom(viewport.scale)
        bar.rect.moveTopLeft(QPoint(width - bar.rect.width(), height - bar.rect.height()) - _MARGINS)
        whole = (seen.w, seen.h) == viewport.slide_size
        room = width >= ROOM_FOR_MINIMAP[0] and height >= ROOM_FOR_MINIMAP[1]
        self.shown = []
        if not viewport.is_empty and width >= bar.rect.width() + 2 * MARGIN:
            self.shown.append(bar)
        if not viewport.is_empty and self._minimap_wanted and room and not whole:
            self.shown.append(minimap)
        self._update()

    def is_on_minimap(self, place: Place) -> bool:
        return self.minimap in self.shown and self.minimap.rect.contains(QPointF(*place).toPoint())

    def to_level0(self, place: Place) -> Point:
        """Return the level-0 point that the minimap shows at a place of the port."""
        point = self.minimap.to_level0(QPointF(*place))
        return (point.x(), point.y())

    def paint(self, painter: QPainter, exposed: QRegion) -> None:
        """`painter` and `exposed` are in device-independent pixels of the port."""
        for corner in self.shown:
            if exposed.intersects(corner.rect):
                corner.paint(painter)

    def _update(self) -> None:
        for rect in self.rects:
            self._port.update(rect)
