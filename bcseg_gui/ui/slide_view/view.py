"""The slide on the screen, the mask over it, and the pointer for the tool in hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QGraphicsScene, QGraphicsView, QWidget

from ...core.geometry import Region, TileKey
from ...core.masks import Mask
from ...core.slides import Slide
from ..tools import PanTool, Tool
from .brush_cursor import BrushCursor
from .mask_item import MaskItem, OverlayStyle
from .navigation import NOTCH, NavigationView
from .slide_layer import paint_slide, visible_tiles
from .tile_loader import TileLoader

BACKGROUND = QColor(119, 119, 119)
"""Neutral mid-grey, so that it shifts no colour of the picture."""
SMALLEST_RING = 3.0
"""Radius in device-independent pixels under which a ring no longer shows the pointer's place and a cross does."""


class SlideView(NavigationView):
    """Shows a slide and its mask, and hands the pointer to a tool in level-0 pixels.

    Space held or the middle button pan with any tool, Ctrl and the wheel change the tool's size, Esc takes a stroke
    under way back, the right button erases.
    """

    cursorMoved = Signal(object)
    """(x, y) of the level-0 pixel under the pointer, or None outside the slide"""
    readFailed = Signal(object)
    """UserError: a part of the slide or of its mask cannot be read; told once for each"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._loader: TileLoader | None = None
        self._tool: Tool = PanTool()
        self._gesture: str | None = None
        self._gesture_button = Qt.MouseButton.NoButton
        self._space_held = False
        self._pointer: QPointF | None = None
        self._pixel: tuple[int, int] | None = None
        self._mask_item = MaskItem(lambda error: self.readFailed.emit(error))
        self._ring = BrushCursor()
        super().__init__(parent)
        self.scene().addItem(self._mask_item)
        self.scene().addItem(self._ring)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        # The picture is painted once for a place and zoom; a brush stroke copies it back and paints the mask alone.
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._show_pointer()

    # -- what is shown --------------------------------------------------------------------------------------------

    def set_slide(self, slide: Slide | None) -> None:
        """Show a slide, whole. Returns when no thread reads the one shown before, which may then be closed."""
        self._finish_gesture()
        if self._loader is not None:
            self._loader.stop()
            self._loader.blockSignals(True)
            self._loader.deleteLater()
            self._loader = None
        self._slide_size = QSize() if slide is None else QSize(*slide.dimensions)
        if slide is not None:
            self._loader = TileLoader(slide, self)
            self._loader.loaded.connect(self._tile_loaded)
            self._loader.failed.connect(self.readFailed)
        self.fit()
        self.resetCachedContent()
        self.viewport().update()
        self._show_pointer()

    def set_mask(self, mask: Mask | None) -> None:
        self._mask_item.set_mask(mask)

    def mask_changed(self, region: Region) -> None:
        """Repaint the part of the mask that was painted into."""
        self._mask_item.changed(region, self._logical_zoom)

    def set_overlay(self, *, opacity: float, visible: bool, contour: bool, colors: Mapping[int, QColor]) -> None:
        """How the mask is shown: `opacity` 0 to 1, surfaces or outlines, a colour a class id."""
        self._mask_item.set_style(OverlayStyle(opacity, visible, contour, dict(colors)))

    def set_tool(self, tool: Tool) -> None:
        """Put a tool in hand. A stroke under way is finished, not lost."""
        self._finish_gesture()
        self._tool = tool
        self._show_pointer()

    def update_tool_size(self) -> None:
        """Redraw the ring after the tool's radius changed elsewhere."""
        self._show_pointer()

    # -- painting -------------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(rect, BACKGROUND)
        if self._loader is None:
            return
        visible = self.visible_region()
        if self.isVisible():
            # The one tile that shows the whole slide comes first: whatever is looked at has something to stand on.
            top = TileKey(self._loader.top_level, 0, 0)
            wanted = visible_tiles(visible, self.zoom, top.level)
            self._loader.request([top, *(key for key in wanted if key != top)])
        aligned = QRectF(rect).toAlignedRect()
        exposed = Region(aligned.x(), aligned.y(), aligned.width(), aligned.height()).intersected(visible)
        paint_slide(painter, self._loader, exposed, self.zoom)

    def _tile_loaded(self, key: TileKey) -> None:
        if self._loader is not None:
            place = self._loader.shown(key)
            self.invalidateScene(QRectF(place.x, place.y, place.w, place.h), QGraphicsScene.SceneLayer.BackgroundLayer)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Tiles are asked for by painting, and hiding forgot those that were.
        self.resetCachedContent()

    def hideEvent(self, event: QHideEvent) -> None:
        # A closing window hides first: no thread outlives it.
        if self._loader is not None:
            self._loader.stop()
        super().hideEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if not self.devicePixelRatioF().is_integer():
            # At 125 % or 150 % a scroll is no whole number of screen pixels, and moved copies would leave seams.
            self.resetCachedContent()
            self.viewport().update()
        # The pointer stands still while the picture moves under it.
        self._show_pointer()

    # -- pointer --------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None or self._slide_size.isEmpty():
            return
        self._pointer = event.position()
        self._gesture_button = event.button()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._gesture = "pan"
        elif self._tool.pans or self._space_held:
            self._gesture = "pan" if event.button() == Qt.MouseButton.LeftButton else None
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._gesture = "stroke"
            self._tool.press(_point(self.to_level0(self._pointer)), erase=event.button() == Qt.MouseButton.RightButton)
        self._show_pointer()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # Two quick dabs are two dabs.
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        last, self._pointer = self._pointer, event.position()
        self._take_keyboard()
        if self._gesture == "pan" and last is not None:
            way = last.toPoint() - self._pointer.toPoint()
            self._scroll_by(way.x(), way.y())
        elif self._gesture == "stroke":
            self._tool.move(_point(self.to_level0(self._pointer)))
        self._show_pointer()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None and event.button() == self._gesture_button:
            self._pointer = event.position()
            self._finish_gesture()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._pointer = event.position()
        self._take_keyboard()
        self._show_pointer()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self._show_pointer()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._tool.resize(event.angleDelta().y() / NOTCH)
            event.accept()
        else:
            super().wheelEvent(event)
        self._show_pointer()

    # -- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Before a shortcut of the window takes a key that belongs to the hand on the picture.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._takes(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._gesture = None
            self._tool.abort()
        elif not event.isAutoRepeat():
            self._space_held = True
        self._show_pointer()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._space_held = self._space_held and event.isAutoRepeat()
            self._show_pointer()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # The release of Space goes elsewhere now.
        self._space_held = False
        self._show_pointer()
        super().focusOutEvent(event)

    def _take_keyboard(self) -> None:
        """With the pointer over the picture its keys work, whatever was clicked before; a number may be typed out."""
        if not self.hasFocus() and not isinstance(QApplication.focusWidget(), QAbstractSpinBox):
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return self._gesture == "stroke"
        return event.key() == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.NoModifier

    # -- state of the hand ----------------------------------------------------------------------------------------

    def _finish_gesture(self) -> None:
        """End what the pointer is doing, as if its button were released."""
        gesture, self._gesture = self._gesture, None
        if gesture == "stroke" and self._pointer is not None:
            self._tool.release(_point(self.to_level0(self._pointer)))
        self._show_pointer()

    def _show_pointer(self) -> None:
        """Set the pointer's shape, the ring and `cursorMoved` right, after anything they depend on."""
        here = None if self._pointer is None or self._slide_size.isEmpty() else self.to_level0(self._pointer)
        panning = self._gesture == "pan"
        hand = panning or (self._gesture is None and (self._tool.pans or self._space_held))
        radius = None if hand else self._tool.radius
        if here is not None and radius is not None:
            self._ring.place(here, radius, 1 / self._logical_zoom)
        self._ring.setVisible(here is not None and radius is not None)
        if self._slide_size.isEmpty():
            shape = Qt.CursorShape.ArrowCursor
        elif hand:
            shape = Qt.CursorShape.ClosedHandCursor if panning else Qt.CursorShape.OpenHandCursor
        elif radius is not None and radius * self._logical_zoom >= SMALLEST_RING:
            shape = Qt.CursorShape.BlankCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)
        self._tell_pixel(here)

    def _tell_pixel(self, here: QPointF | None) -> None:
        pixel = None
        if here is not None:
            x, y = math.floor(here.x()), math.floor(here.y())
            if 0 <= x < self._slide_size.width() and 0 <= y < self._slide_size.height():
                pixel = (x, y)
        if pixel != self._pixel:
            self._pixel = pixel
            self.cursorMoved.emit(pixel)


def _point(place: QPointF) -> tuple[float, float]:
    return (place.x(), place.y())
