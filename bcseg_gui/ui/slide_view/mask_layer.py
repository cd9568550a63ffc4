"""The mask in a view: what to repaint, and when to refresh its overviews."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.masks import Mask

from .mask_item import MaskItem, OverlayStyle
from .overview_refresher import OverviewRefresher
from .throttle import Throttle
from .viewport import Viewport

BETWEEN_CHANGES = 50
"""Milliseconds between two repaints while a model writes the mask."""


class MaskLayer(QObject):
    """Holds the item that shows the mask, and tells it what has changed."""

    repainted = Signal(object)
    """Region of the mask that was repainted"""
    failed = Signal(object)
    """UserError: a part of the mask cannot be read; emitted once per mask"""
    paintedUnseen = Signal()
    """A tool paints while the mask is hidden; emitted once until it is shown again"""

    def __init__(self, viewport: Viewport, parent: QObject) -> None:
        super().__init__(parent)
        self.item = MaskItem(self.failed.emit)
        self._viewport = viewport
        self._mask: Mask | None = None
        self._unseen_reported = False
        self._throttle = Throttle(BETWEEN_CHANGES, self._repaint, self)
        self._refresher = OverviewRefresher(self._tiles_in_view, self._throttle.add, self.failed.emit, self)

    @property
    def is_settled(self) -> bool:
        """Whether everything is on screen."""
        return not self._throttle.is_waiting and (self._mask is None or not self._mask.overviews_stale)

    def set_mask(self, mask: Mask | None) -> None:
        self._mask = mask
        self.item.set_mask(mask)
        self._refresher.set_mask(mask)

    def set_style(self, style: OverlayStyle) -> None:
        self.item.set_style(style)
        self._unseen_reported = self._unseen_reported and not style.visible

    def changed(self, region: Region, *, at_once: bool, in_stroke: bool) -> None:
        """Repaint `region`: at once during a stroke, else at a limited rate."""
        level = self.item.level_at(self._viewport.zoom)
        if in_stroke:
            # Overviews follow after the stroke, which must not wait for them.
            if self._mask is not None and level:
                self._mask.preview(region, level)
            self._repaint(region)
            return
        self._refresher.wake()
        if at_once:
            if level:
                self._refresher.work(self._tiles_in_view(region))
            self._repaint(region)
        else:
            self._throttle.add(region)

    def flush(self) -> None:
        """Repaint what is pending."""
        self._throttle.flush()

    def wake(self) -> None:
        """Continue refreshing the overviews."""
        self._refresher.wake()

    def stop(self) -> None:
        """Leave the overviews alone until `wake`."""
        self._refresher.stop()

    def begin_stroke(self, *, paints: bool) -> None:
        self._refresher.stop()
        if paints and not self.item.isVisible() and not self._unseen_reported:
            self._unseen_reported = True
            self.paintedUnseen.emit()

    def _repaint(self, region: Region) -> None:
        self.item.changed(region, self._viewport.scale)
        self.repainted.emit(region)

    def _tiles_in_view(self, part: Region | None = None) -> Iterable[TileKey]:
        level = self.item.level_at(self._viewport.zoom)
        seen = self._viewport.visible_region()
        seen = seen if part is None else seen.intersected(part)
        x, y = seen.x >> level, seen.y >> level
        return tiles_covering(Region(x, y, (seen.right >> level) + 1 - x, (seen.bottom >> level) + 1 - y), level)
