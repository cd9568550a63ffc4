"""Looking around in a slide: zoom, pan and turn."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from bcseg_gui.core.geometry import Region

LARGEST_ZOOM = 64.0
AIR = 0.98
"""Part of the view that a fitted slide fills."""
REST = 120
"""Milliseconds without zoom or pan after which the picture is at rest."""


class NavigationView(QGraphicsView):
    """A view of a rectangle from (0, 0) in scene coordinates = level-0 pixels, without scroll bars.

    `zoom` is screen (device) pixels a level-0 pixel: at 1 every pixel of the slide is one of the screen.
    """

    zoomChanged = Signal(float)
    viewMoved = Signal()
    """`visible_region` may be another: the slide was panned, zoomed or turned, or the window changed size"""
    rested = Signal()
    """The view has not moved for a moment"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slide_size = QSize()
        self._quarter_turns = 0
        self._fitted = True
        self._looking = False
        self._wheel_anchor: tuple[QPointF, QPointF] | None = None
        self._rest_timer = QTimer(self, singleShot=True, interval=REST)
        self._rest_timer.timeout.connect(self.rested)
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)

    @property
    def zoom(self) -> float:
        """Screen pixels a level-0 pixel."""
        return self._logical_zoom * self.devicePixelRatioF()

    @property
    def rotation(self) -> int:
        """Quarter turns clockwise that the slide is shown by, 0 to 3."""
        return self._quarter_turns

    @property
    def is_moving(self) -> bool:
        """The view moved a moment ago."""
        return self._rest_timer.isActive()

    def fit(self) -> None:
        """Show the whole slide, and keep it whole when the window changes size until the person zooms or pans."""
        if not self._slide_size.isEmpty():
            center = QPointF(self._slide_size.width() / 2, self._slide_size.height() / 2)
            self._look(self._fit_zoom(), center, self._viewport_center())
        self._fitted = True

    def actual_pixels(self) -> None:
        """One screen pixel for each pixel of the slide."""
        self.zoom_by(1 / self.zoom)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the view."""
        middle = self._viewport_center()
        self._zoom_at(factor, middle, self.to_level0(middle))

    def rotate(self, quarter_turns: int) -> None:  # type: ignore[override] # Qt's knows any angle, this view four
        """Turn the slide by so many quarters clockwise, about the middle of the view."""
        middle = self._viewport_center()
        anchor, fitted = self.to_level0(middle), self._fitted
        self._quarter_turns = (self._quarter_turns + quarter_turns) % 4
        if fitted:
            self.fit()
        elif not self._slide_size.isEmpty():
            self._look(self._logical_zoom, anchor, middle)

    def look_at(self, region: Region) -> None:
        """Show a level-0 region as large as the view allows."""
        if not self._slide_size.isEmpty():
            zoom = min(self._zoom_for(region.w, region.h), LARGEST_ZOOM / self.devicePixelRatioF())
            middle = QPointF(region.x + region.w / 2, region.y + region.h / 2)
            self._look(max(zoom, self._fit_zoom()), middle, self._viewport_center())
            self._fitted = False

    def center_on(self, place: QPointF) -> None:
        """Bring a level-0 place to the middle, as far as panning goes."""
        if not self._slide_size.isEmpty():
            off = self.viewportTransform().map(place) - self._viewport_center()
            self.pan_by(round(off.x()), round(off.y()))

    def pan_by(self, dx: int, dy: int) -> None:
        """Move the view over the slide by device-independent pixels, to the right and down."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + dy)

    def visible_region(self) -> Region:
        """The part of the slide in view; empty when none is."""
        port = self.viewport().size()
        corners = self._from_viewport().mapRect(QRectF(0, 0, port.width(), port.height()))
        x, y = math.floor(corners.left()), math.floor(corners.top())
        seen = Region(x, y, math.ceil(corners.right()) - x, math.ceil(corners.bottom()) - y)
        return seen.intersected(Region(0, 0, self._slide_size.width(), self._slide_size.height()))

    def to_level0(self, place: QPointF) -> QPointF:
        """The slide's point at a place of the viewport, without the rounding of `mapToScene`."""
        return self._from_viewport().map(place)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._fitted = False
        self._wheel_anchor = None
        if not self._looking:
            self._moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        fitted = self._fitted
        old = event.oldSize()
        anchor = self.to_level0(QPointF(old.width() / 2, old.height() / 2))
        super().resizeEvent(event)
        if fitted:
            self.fit()
        elif not self._slide_size.isEmpty():
            self._look(self._logical_zoom, anchor, self._viewport_center())
        self._moved()

    @property
    def _logical_zoom(self) -> float:
        """Device-independent pixels a level-0 pixel."""
        # Turned by quarters, one of the two is exactly 0.
        return abs(self.transform().m11()) + abs(self.transform().m12())

    def _from_viewport(self) -> QTransform:
        inverse, _invertible = self.viewportTransform().inverted()
        return inverse

    def _turned(self, width: float, height: float) -> tuple[float, float]:
        """A width and height of the slide as they are on the screen, or the other way round."""
        return (height, width) if self._quarter_turns % 2 else (width, height)

    def _fit_zoom(self) -> float:
        fit = self._zoom_for(self._slide_size.width(), self._slide_size.height())
        return min(fit, LARGEST_ZOOM / self.devicePixelRatioF())

    def _zoom_for(self, level0_width: float, level0_height: float) -> float:
        """At which so much of the slide fills the view."""
        port = self.viewport().size()
        width, height = self._turned(level0_width, level0_height)
        return AIR * min(port.width() / width, port.height() / height)

    def _zoom_under(self, factor: float, place: QPointF) -> None:
        """Zoom with the slide's point under `place` standing still."""
        # Scrolling is by whole pixels; kept through a turn of the wheel, the point does not wander by their rests.
        anchor = self._wheel_anchor
        if anchor is None or anchor[0] != place:
            anchor = (place, self.to_level0(place))
        self._zoom_at(factor, *anchor)
        self._wheel_anchor = anchor

    def _zoom_at(self, factor: float, place: QPointF, anchor: QPointF) -> None:
        if self._slide_size.isEmpty() or factor <= 0:
            return
        ratio = self.devicePixelRatioF()
        smallest = min(self._fit_zoom(), 1 / ratio) / 2
        self._look(min(max(self._logical_zoom * factor, smallest), LARGEST_ZOOM / ratio), anchor, place)
        self._fitted = False

    def _look(self, logical_zoom: float, anchor: QPointF, place: QPointF) -> None:
        """Show the scene's point `anchor` at the viewport's point `place`."""
        before, old_view = self._logical_zoom, self.viewportTransform()
        mode = self.viewportUpdateMode()
        self._looking = True
        # Else the picture that is about to be painted anew would be scrolled first.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        self.setTransform(QTransform.fromScale(logical_zoom, logical_zoom).rotate(90 * self._quarter_turns))
        self._limit_panning()
        off = self.viewportTransform().map(anchor) - place
        self.pan_by(round(off.x()), round(off.y()))
        self.setViewportUpdateMode(mode)
        self._looking = False
        if logical_zoom != before:
            self.zoomChanged.emit(self.zoom)
        if self.viewportTransform() != old_view:
            self.viewport().update()
            self._moved()

    def _moved(self) -> None:
        self._rest_timer.start()
        self.viewMoved.emit()

    def _limit_panning(self) -> None:
        """Any pixel of the slide can be brought to the middle, none further: the slide is never lost from sight."""
        middle = self._viewport_center() / self._logical_zoom
        half_width, half_height = self._turned(middle.x(), middle.y())
        slide = QRectF(0, 0, self._slide_size.width(), self._slide_size.height())
        self.setSceneRect(slide.adjusted(-half_width, -half_height, half_width, half_height))

    def _viewport_center(self) -> QPointF:
        size = self.viewport().size()
        return QPointF(size.width() / 2, size.height() / 2)
