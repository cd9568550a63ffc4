"""Round brush and eraser."""

from __future__ import annotations

from ...core.masks.tools.brush import stroke_segment
from .tool import Canvas, Point

RADIUS_STEP = 1.15
"""A step makes the brush so many times larger: fine when it is small, quick when it is large."""


class BrushTool:
    """Paints one class along the pointer's way, or background while the second button is held."""

    name = "brush"
    pans = False

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._last: Point | None = None

    @property
    def radius(self) -> float | None:
        return self._canvas.settings.brush_radius

    @property
    def _class_id(self) -> int:
        return self._canvas.settings.class_id

    def press(self, point: Point, *, erase: bool = False) -> None:
        if erase:
            self._canvas.begin_stroke(EraserTool.name, 0)
        else:
            self._canvas.begin_stroke(self.name, self._class_id)
        self._last = point
        self._paint_to(point)

    def move(self, point: Point) -> None:
        self._paint_to(point)

    def release(self, point: Point) -> None:
        if self._last is not None:
            if point != self._last:
                self._paint_to(point)
            self._last = None
            self._canvas.end_stroke()

    def abort(self) -> None:
        if self._last is not None:
            self._last = None
            self._canvas.abort_stroke()

    def resize(self, steps: float) -> None:
        self._canvas.settings.brush_radius *= RADIUS_STEP**steps

    def _paint_to(self, point: Point) -> None:
        if self._last is not None:
            self._canvas.paint(*stroke_segment(self._last, point, self._canvas.settings.brush_radius))
            self._last = point


class EraserTool(BrushTool):
    """Paints background."""

    name = "eraser"

    @property
    def _class_id(self) -> int:
        return 0
