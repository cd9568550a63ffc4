"""Pan and zoom on the Qt side: transform and scroll bars follow the viewport."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

from bcseg_gui.core.geometry import Point, Region

from .kinetic import KineticPan
from .viewport import Place, Viewport

REST = 120
"""Milliseconds without zoom or pan after which the view is at rest."""
SPARE = 1
"""Device-independent pixels that Qt may scroll beyond the viewport's limits, so that its rounding never interferes."""


class Navigation(QObject):
    """Moves the viewport, and `view` with it. The viewport decides; the scene is in level-0 pixels."""

    zoomed = Signal(float)
    """Screen pixels per level-0 pixel"""
    moved = Signal()
    """The slide was panned, zoomed or turned, or the port changed size"""
    rested = Signal()
    """The view has not moved for a moment"""

    def __init__(self, viewport: Viewport, view: QGraphicsView) -> None:
        super().__init__(view)
        self.kinetic = KineticPan(lambda dx, dy: self.pan_by(-dx, -dy), self)
        self._viewport = viewport
        self._view = view
        self._followed = viewport.state
        self._following = False
        self._rest_timer = QTimer(self, singleShot=True, interval=REST)
        self._rest_timer.timeout.connect(self.rested)

    @property
    def is_moving(self) -> bool:
        """Whether the view moved a moment ago."""
        return self._rest_timer.isActive()

    def show(self, width: int, height: int) -> None:
        """Show a slide of this level-0 size, fitted and unrotated; no slide when it has no area."""
        self._measure()
        self._viewport.show(width, height)
        self._follow()

    def resize(self) -> None:
        """Call when the port has another size or screen."""
        before = self._viewport.port_size
        size = self._view.viewport().size()
        self._viewport.pixel_ratio = self._view.devicePixelRatioF()
        if (size.width(), size.height()) != before:
            self._viewport.resize(size.width(), size.height())
            self._follow()

    def fit(self) -> None:
        self._viewport.fit()
        self._follow()

    def look_at(self, region: Region) -> None:
        self._viewport.look_at(region)
        self._follow()

    def center_on(self, point: Point) -> None:
        self._viewport.center_on(point)
        self._follow()

    def pan_by(self, dx: int, dy: int) -> None:
        self._viewport.pan_by(dx, dy)
        self._follow()

    def rotate(self, quarter_turns: int) -> None:
        self._viewport.rotate(quarter_turns)
        self._follow()

    def zoom_by(self, factor: float) -> None:
        self._viewport.zoom_by(factor)
        self._follow()

    def zoom_about(self, factor: float, place: Place) -> None:
        self._viewport.zoom_about(factor, place)
        self._follow()

    def scrolled(self) -> None:
        """Call when Qt scrolled by itself, as for Page Up and Page Down: the viewport follows."""
        if not self._following:
            across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
            x, y = self._viewport.offset
            self.pan_by(across.value() - x, down.value() - y)

    def _measure(self) -> None:
        size = self._view.viewport().size()
        self._viewport.port_size = (size.width(), size.height())
        self._viewport.pixel_ratio = self._view.devicePixelRatioF()

    def _follow(self) -> None:
        before, now = self._followed, self._viewport.state
        if now == before or self._viewport.is_empty:
            return
        self._followed = now
        self._following = True
        if now.is_scrolled_from(before):
            self._scroll()
        else:
            mode = self._view.viewportUpdateMode()
            # Otherwise Qt would scroll a picture that is about to be repainted anyway.
            self._view.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
            scale, turns = self._viewport.scale, self._viewport.quarter_turns
            self._view.setTransform(QTransform.fromScale(scale, scale).rotate(90 * turns))
            self._view.setSceneRect(self._reach())
            self._scroll()
            self._view.setViewportUpdateMode(mode)
            self._view.viewport().update()
        self._following = False
        if now.scale != before.scale:
            self.zoomed.emit(self._viewport.zoom)
        self._rest_timer.start()
        self.moved.emit()

    def _scroll(self) -> None:
        x, y = self._viewport.offset
        self._view.horizontalScrollBar().setValue(x)
        self._view.verticalScrollBar().setValue(y)

    def _reach(self) -> QRectF:
        """Return everything that panning can reach, in level-0 pixels."""
        (left, top), (right, bottom) = self._viewport.offset_limits()
        (x, y), (width, height) = self._viewport.offset, self._viewport.port_size
        first = self._viewport.to_level0((left - x - SPARE, top - y - SPARE))
        last = self._viewport.to_level0((right - x + width + SPARE, bottom - y + height + SPARE))
        return QRectF(QPointF(*first), QPointF(*last)).normalized()
