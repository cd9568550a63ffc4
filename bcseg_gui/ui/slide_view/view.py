"""The view of a slide with its mask and selection, minimap and scale bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QTabletEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGestureEvent, QGraphicsScene, QGraphicsView, QWidget

from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look

from ..tools import Point, Tool
from .corners import Corners
from .gesture import Gesture, Reactions
from .keys import KeyEvents
from .loupe_layer import LoupeLayer
from .mask_item import OverlayStyle
from .mask_layer import MaskLayer
from .mouse import MouseEvents
from .navigation import Navigation
from .picture_layer import PictureLayer, rects
from .pointer import Pointer
from .sketch import SketchLayer
from .touch import TouchEvents
from .viewport import Viewport

LINGER = 60
"""Milliseconds the pointer rests before a tool may show a costly preview."""
MANY_PARTS = 6
TOGETHER = 200 * 200
"""Beyond MANY_PARTS, or within TOGETHER screen pixels, one repaint of the bounding box is cheaper than one per part."""


# More than thirty methods: Qt calls event handlers by name, and window and tools share one view. The parts do the work;
# most methods only pass a call on.
class SlideView(QGraphicsView):  # large: passes on all that the window asks of a slide
    """Shows a slide, its mask and sketches over both, with minimap and scale bar in the corners.

    The scene is in level-0 pixels. `zoom` is screen pixels per level-0 pixel: at 1 every pixel of the slide is one of
    the screen.
    """

    zoomChanged = Signal(float)
    viewMoved = Signal()
    """`visible_region` may have changed: by pan, zoom or rotation, or with the window's size"""
    cursorMoved = Signal(object)
    """(x, y) of the level-0 pixel under the pointer, or None outside the slide"""
    opacityStepped = Signal(float)
    """Notches of the wheel by which to raise the mask's opacity, negative to lower it"""
    maskPeek = Signal(bool)
    """True: hide the mask while Tab is held; False: released"""
    selectionChanged = Signal(object)
    """The outline, as `selection`; not emitted when another slide is shown"""
    readFailed = Signal(object)
    """UserError: a part of the slide or of its mask cannot be read; once for each, and again after a recovery"""
    readRecovered = Signal()
    """A part of the slide that could not be read can be again"""
    paintedUnseen = Signal()
    """A tool paints while the mask is hidden; emitted once until it is shown again"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._set_up()
        self._viewport = Viewport()
        self.navigation = Navigation(self._viewport, self)
        self.picture = PictureLayer(self._viewport, self.navigation, self)
        self.mask_layer = MaskLayer(self._viewport, self)
        self.corners = Corners(self._viewport, self.viewport())
        self.gesture = Gesture(self._viewport, self._reactions())
        self.pointer = Pointer(self.gesture, self._viewport, self.viewport(), self.cursorMoved.emit)
        self.scene().addItem(self.pointer.ring)
        self.sketch = SketchLayer(self.scene())
        self.scene().addItem(self.mask_layer.item)
        layers = (self.picture, self.mask_layer.item, self.sketch)
        self.loupe = LoupeLayer(self._viewport, self.gesture, self.pointer, layers, self)
        self._mouse = MouseEvents(self.gesture, self.navigation, self, self.opacityStepped.emit)
        self._touch = TouchEvents(self.gesture, self.navigation, self.viewport())
        self._keys = KeyEvents(
            *(self.gesture, self.navigation, self._viewport, self.sketch),
            peek=self.maskPeek.emit,
            leave=self.focusNextChild,
        )
        self._connect()
        self._show_pointer()

    def _set_up(self) -> None:
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)

    def _reactions(self) -> Reactions:
        self._linger_timer = QTimer(self, singleShot=True, interval=LINGER)
        return Reactions(
            pan_by=self.navigation.pan_by,
            is_on_minimap=self.corners.is_on_minimap,
            steer=lambda place: self.navigation.center_on(self.corners.to_level0(place)),
            hovered=self._linger_timer.start,
            stroke_begins=self._stroke_begins,
            ended=self.mask_layer.wake,
        )

    def _connect(self) -> None:
        self._linger_timer.timeout.connect(self.gesture.linger)
        self.navigation.zoomed.connect(self.zoomChanged)
        self.navigation.moved.connect(self._view_moved)
        self.picture.failed.connect(self.readFailed)
        self.picture.recovered.connect(self.readRecovered)
        self.picture.arrived.connect(self._tile_arrived)
        self.mask_layer.failed.connect(self.readFailed)
        self.mask_layer.repainted.connect(self.loupe.refresh)
        self.mask_layer.paintedUnseen.connect(self.paintedUnseen)
        self.sketch.selectionChanged.connect(self.selectionChanged)

    # -- what is shown --------------------------------------------------------------------------------------------

    def set_slide(self, slide: Slide | None) -> None:
        """Show a slide, fitted and unrotated, without selection or empty regions.

        Return once no thread reads the previous one, which may then be closed.
        """
        self.gesture.let_go()
        self.navigation.kinetic.stop()
        self.picture.show(slide)
        self.set_empty_regions(())
        self.navigation.show(*((0, 0) if slide is None else slide.dimensions))
        self.sketch.clear()
        self._dressed()
        self._show_pointer()

    def set_look(self, look: Look) -> None:
        """Show the slide with a look; neither the slide nor `pixel_value` changes."""
        if self.picture.set_look(look):
            self._show_overview()

    def set_empty_regions(self, regions: Sequence[Region]) -> None:
        """Hatch what segmentation skips."""
        self.picture.set_empty_regions(regions)
        self.corners.set_empty_regions(self.picture.empty_regions)

    def set_mpp(self, mpp: float | None) -> None:
        """`mpp`: µm per level-0 pixel, for the scale bar; None when unknown."""
        self.corners.set_mpp(mpp)

    def set_cell_diameter(self, diameter: float) -> None:
        """`diameter`: level-0 pixels; cells too small on screen are not outlined."""
        self.mask_layer.item.set_cell_diameter(diameter)

    def set_mask(self, mask: Mask | None) -> None:
        self.mask_layer.set_mask(mask)

    def mask_changed(self, region: Region, *, at_once: bool = False) -> None:
        """Repaint `region` of the mask: at once during a stroke, else at a limited rate."""
        self.mask_layer.changed(region, at_once=at_once, in_stroke=self.gesture.is_stroke)

    def set_overlay(self, style: OverlayStyle) -> None:
        """Set how the mask is drawn."""
        self.mask_layer.set_style(style)

    def show_minimap(self, wanted: bool) -> None:
        self.corners.show_minimap(wanted)

    def show_loupe(self, wanted: bool) -> None:
        """Show or hide a glass beside the pointer that magnifies what is under it."""
        self.loupe.want(wanted)
        self._show_pointer()

    def pixel_value(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Return the slide's own RGB there, from the finest tile at hand; None without one."""
        return self.picture.pixel_value(x, y)

    # -- looking around -------------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """Screen pixels per level-0 pixel."""
        return self._viewport.zoom

    @property
    def pixel(self) -> float:
        """Level-0 pixels per device-independent pixel."""
        return 1 / self._viewport.scale

    @property
    def rotation(self) -> int:
        """Quarter turns clockwise, 0 to 3."""
        return self._viewport.quarter_turns

    @property
    def is_settled(self) -> bool:
        """Whether everything is on screen."""
        return self.picture.is_settled and self.mask_layer.is_settled

    def fit(self) -> None:
        """Show the whole slide, and refit it when the window is resized, until the next zoom or pan."""
        self.navigation.fit()

    def actual_pixels(self) -> None:
        """One screen pixel for each pixel of the slide."""
        self.navigation.zoom_by(1 / self.zoom)

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the view."""
        self.navigation.zoom_by(factor)

    def rotate(self, quarter_turns: int) -> None:  # type: ignore[override] # Qt's knows any angle, this view four
        """Rotate clockwise about the middle of the view."""
        self.navigation.rotate(quarter_turns)
        self._dressed()

    def look_at(self, region: Region) -> None:
        """Show a level-0 region as large as the view allows."""
        self.navigation.look_at(region)

    def center_on(self, place: QPointF) -> None:
        """Centre on a level-0 point, as far as panning goes."""
        self.navigation.center_on((place.x(), place.y()))

    def pan_by(self, dx: int, dy: int) -> None:
        """Move the view over the slide by device-independent pixels, to the right and down."""
        self.navigation.pan_by(dx, dy)

    def visible_region(self) -> Region:
        """The part of the slide in view; empty when none is."""
        return self._viewport.visible_region()

    def to_level0(self, place: QPointF) -> QPointF:
        """Return the level-0 point at a place of the viewport, without the rounding of `mapToScene`."""
        return QPointF(*self._viewport.to_level0((place.x(), place.y())))

    # -- the tool in hand -----------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a stroke, an outline … is unfinished."""
        return self.gesture.is_busy

    @property
    def pointed(self) -> Point | None:
        """The pointer's level-0 point; None when it is off the slide."""
        return self.gesture.pointed

    def set_tool(self, tool: Tool) -> None:
        """Change the tool and drop what the previous one drew over the slide.

        A stroke under way is finished, not lost; anything else unfinished is aborted.
        """
        self.gesture.let_go()
        self.gesture.tool = tool
        self._show_pointer()
        self.sketch.clear_tool()

    def settle(self) -> bool:
        """Call before anything else happens to the slide while a button may be held.

        A brush stroke is finished. What another tool began with this press is dropped, and True returned: half of it
        would be no edit. What earlier clicks began, such as corners, stays. The button is ignored until released.
        """
        given_up = self.gesture.settle()
        self._show_pointer()
        return given_up

    def undo_step(self) -> bool:
        """Undo the last step of what the tool has begun; return False when undo is for the history."""
        undone = self.gesture.undo_step()
        self._show_pointer()
        return undone

    def set_class_color(self, color: QColor | None) -> None:
        """Set the ring's colour, that of the class in hand; None with a single class."""
        self.pointer.ring.set_color(color)

    def update_tool_size(self) -> None:
        """Redraw the ring after the tool's radius changed elsewhere."""
        self._show_pointer()

    # -- sketch ---------------------------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[tuple[int, int], ...]:
        """Corners of the selected outline in level-0 pixels, within the slide; empty when nothing is selected."""
        return self.sketch.selection

    def set_selection(self, outline: Sequence[Point]) -> None:
        """Select what an outline encloses; one without area selects nothing."""
        self.sketch.select(outline, self._viewport.slide_size)

    def show_selection(self, outline: Sequence[Point]) -> None:
        """Draw an unfinished outline, without selecting."""
        self.sketch.show_selection(outline)

    def set_reviewed_regions(self, regions: Sequence[Region]) -> None:
        """Outline the reviewed regions."""
        self.sketch.show_reviewed(regions)

    def show_spot(self, spot: Region) -> None:
        """Bring a spot into view, and outline it until another spot or slide is shown, or Escape is pressed."""
        self.sketch.show_spot(spot)
        self.look_at(spot)

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool = True, subtract: bool = False) -> None:
        """Replace the preview of what a tool is about to do: outlines, or lines if not `closed`."""
        self.sketch.show_preview(lines, closed=closed, subtract=subtract)

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        """Outline the cells that are picked."""
        self.sketch.show_picked(outlines)

    # -- between the parts ---------------------------------------------------------------------------------------

    def _view_moved(self) -> None:
        self.picture.moved()
        self.viewMoved.emit()
        self.gesture.view_moved()
        self.sketch.set_pixel(self.pixel)
        self.corners.place()
        # The pointer stands still while the slide moves under it.
        self._show_pointer()

    def _show_pointer(self) -> None:
        self.pointer.show()
        self.loupe.follow()

    def _stroke_begins(self) -> None:
        self._linger_timer.stop()
        self.mask_layer.begin_stroke(paints=self.gesture.tool.paints and not self._keys.is_peeking)

    def _dressed(self) -> None:
        self.picture.dress()
        self._show_overview()

    def _show_overview(self) -> None:
        loader = self.picture.loader
        if loader is None:
            self.corners.place()
        else:
            self.corners.show_slide(loader.cache.shown(TileKey(loader.top_level, 0, 0)))

    def _tile_arrived(self, key: TileKey) -> None:
        loader = self.picture.loader
        if loader is not None:
            self.loupe.refresh(loader.shown(key))
            if key.level == loader.top_level:
                self.corners.set_picture(loader.cache.shown(key))

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        # The two edges exposed by a scroll span the whole view; the parts of a stroke lie close together.
        exposed, around = event.region(), event.rect()
        parts, pixels = rects(exposed), around.width() * around.height() * self._viewport.pixel_ratio**2
        together = len(parts) > MANY_PARTS or pixels <= TOGETHER
        self.picture.begin_painting(exposed)
        self.mask_layer.item.parts = [QRectF(part) for part in ([around] if together else parts)]
        self.mask_layer.item.coarse = self.picture.is_coarse
        super().paintEvent(event)
        if any(exposed.intersects(rect) for rect in self._rects_over()):
            with QPainter(self.viewport()) as painter:
                self.corners.paint(painter, exposed)
                self.loupe.paint(painter, exposed)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        to_viewport = painter.worldTransform()
        painter.setWorldTransform(QTransform())
        self.picture.paint(painter, QRectF(rect), to_viewport)
        painter.setWorldTransform(to_viewport)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if not self._viewport.pixel_ratio.is_integer():
            # At 125 % or 150 % a scroll is no whole number of screen pixels, and copied pixels would leave seams.
            self.viewport().update()
        for rect in self._rects_over():
            # Fixed in the viewport: erase the copy that was scrolled along.
            self.viewport().update(rect)
            self.viewport().update(rect.translated(dx, dy))
        self.navigation.scrolled()

    def _rects_over(self) -> list[QRect]:
        """Return the rectangles of everything fixed in the viewport."""
        return [*self.corners.rects, *([self.loupe.rect] if self.loupe.is_shown else [])]

    # -- events ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Before Qt, which would scroll beyond the slide.
        self.navigation.resize()
        super().resizeEvent(event)
        self.corners.place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.navigation.resize()
        self.mask_layer.wake()

    def hideEvent(self, event: QHideEvent) -> None:
        self.mask_layer.stop()
        self.navigation.kinetic.stop()
        self.picture.stop()
        super().hideEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and self._keys.goes_first(event):
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.navigation.resize()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            super().keyPressEvent(event)
        self._show_pointer()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._keys.release(event):
            super().keyReleaseEvent(event)
        self._show_pointer()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keys.lose_keyboard()
        self._show_pointer()
        super().focusOutEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, (QTabletEvent, QNativeGestureEvent, QGestureEvent)):
            taken = self._touch.handle(event)
            self._show_pointer()
            if taken is not None:
                return taken
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)
        self._show_pointer()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._mouse.double_click(event)
        self._show_pointer()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse.move(event)
        self._show_pointer()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release(event)
        self._show_pointer()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._mouse.enter(event)
        self._show_pointer()

    def leaveEvent(self, event: QEvent) -> None:
        self.gesture.leave()
        self._show_pointer()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._mouse.wheel(event)
        self._show_pointer()
