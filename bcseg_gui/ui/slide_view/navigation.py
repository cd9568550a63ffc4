"""Looking around in a slide: zoom and pan."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QNativeGestureEvent, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from ...core.geometry import Region

LARGEST_ZOOM = 64.0
WHEEL_FACTOR = 1.25
"""Zoom of one notch of a mouse wheel; a touchpad's fractions of a notch zoom by the same power."""
NOTCH = 120
AIR = 0.98
"""Part of the view that a fitted slide fills."""


class NavigationView(QGraphicsView):
    """A view of a rectangle from (0, 0) in scene coordinates = level-0 pixels, without scroll bars.

    `zoom` is screen (device) pixels a level-0 pixel: at 1 every pixel of the slide is one of the screen.
    """

    zoomChanged = Signal(float)
    viewMoved = Signal()
    """`visible_region` may be another: the slide was panned or zoomed, or the window changed size"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slide_size = QSize()
        self._fitted = True
        self._wheel_anchor: tuple[QPointF, QPointF] | None = None
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

    def visible_region(self) -> Region:
        """The part of the slide in view; empty when none is."""
        port = self.viewport().size()
        corner, opposite = self.to_level0(QPointF(0, 0)), self.to_level0(QPointF(port.width(), port.height()))
        x, y = math.floor(corner.x()), math.floor(corner.y())
        seen = Region(x, y, math.ceil(opposite.x()) - x, math.ceil(opposite.y()) - y)
        return seen.intersected(Region(0, 0, self._slide_size.width(), self._slide_size.height()))

    def to_level0(self, place: QPointF) -> QPointF:
        """The slide's point at a place of the viewport, without the rounding of `mapToScene`."""
        inverse, _invertible = self.viewportTransform().inverted()
        return inverse.map(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom_under(WHEEL_FACTOR ** (event.angleDelta().y() / NOTCH), event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom_under(1 + event.value(), event.position())
            return True
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._fitted = False
        self._wheel_anchor = None
        self.viewMoved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        fitted = self._fitted
        old = event.oldSize()
        anchor = self.to_level0(QPointF(old.width() / 2, old.height() / 2))
        super().resizeEvent(event)
        if fitted:
            self.fit()
        elif not self._slide_size.isEmpty():
            self._look(self._logical_zoom, anchor, self._viewport_center())
        self.viewMoved.emit()

    @property
    def _logical_zoom(self) -> float:
        """Device-independent pixels a level-0 pixel."""
        return self.transform().m11()

    def _fit_zoom(self) -> float:
        port, slide = self.viewport().size(), self._slide_size
        fit = AIR * min(port.width() / slide.width(), port.height() / slide.height())
        return min(fit, LARGEST_ZOOM / self.devicePixelRatioF())

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
        before = self._logical_zoom
        self.setTransform(QTransform.fromScale(logical_zoom, logical_zoom))
        self._limit_panning()
        off = self.viewportTransform().map(anchor) - place
        self._scroll_by(round(off.x()), round(off.y()))
        if logical_zoom != before:
            self.zoomChanged.emit(self.zoom)
            self.viewMoved.emit()

    def _limit_panning(self) -> None:
        """Any pixel of the slide can be brought to the middle, none further: the slide is never lost from sight."""
        half = self._viewport_center() / self._logical_zoom
        slide = QRectF(0, 0, self._slide_size.width(), self._slide_size.height())
        self.setSceneRect(slide.adjusted(-half.x(), -half.y(), half.x(), half.y()))

    def _scroll_by(self, dx: int, dy: int) -> None:
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + dy)

    def _viewport_center(self) -> QPointF:
        size = self.viewport().size()
        return QPointF(size.width() / 2, size.height() / 2)
