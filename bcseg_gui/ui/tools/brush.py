"""Brush, eraser and smart brush."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import sentence
from bcseg_gui.core.tools.brush import stroke_parts, stroke_segment
from bcseg_gui.core.tools.smart import SmartBrush

from .tool import PLAIN, BaseTool, Canvas, Hand, Point

RADIUS_STEP = 1.15
"""Growth per step: fine for a small brush, quick for a large one."""
LARGE = 200.0
"""Radius, level-0 pixels, from which a move paints only what it adds."""
LIGHTEST = 0.2
"""Fraction of the brush size under the lightest pen pressure."""

Segment = Callable[[Point, Point, float], tuple[Region, NDArray[np.bool_]]]


class BrushTool(BaseTool):
    """Paints or erases along the pointer's path. Pen pressure sets the size."""

    name = "brush"
    paints = True

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._last: Point | None = None
        self._share = 1.0
        self._covered = 0.0
        """Radius that this stroke has covered around its last point"""
        self._segment: Segment = stroke_segment

    @property
    def radius(self) -> float | None:
        return self._size

    @property
    def _size(self) -> float:
        return self._canvas.settings.brush_radius * self._share

    def sign(self, hand: Hand) -> int:
        return -1 if hand.subtract else 0

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        takes_away = self.sign(hand) < 0
        self._canvas.begin_stroke(self._stroke_name(takes_away), 0 if takes_away else self._canvas.settings.class_id)
        self._last, self._covered = point, 0.0
        self._paint_to(point, hand)

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        self._paint_to(point, hand)

    def skip(self, point: Point) -> None:
        if self._last is not None:
            self._last, self._covered = point, 0.0

    def release(self, point: Point) -> None:
        if self._last is not None:
            if point != self._last:
                self._paint_to(point, Hand(pressure=_pressure(self._share)))
            self._end()
            self._canvas.end_stroke()

    def settle(self) -> bool:
        if self._last is not None:
            self._end()
            self._canvas.end_stroke()
        return False

    def abort(self) -> None:
        if self._last is not None:
            self._end()
            self._canvas.abort_stroke()

    def resize(self, steps: float) -> None:
        self._canvas.settings.scale_brush(RADIUS_STEP**steps)

    def _stroke_name(self, takes_away: bool) -> str:
        return EraserTool.name if takes_away else BrushTool.name

    def _paint_to(self, point: Point, hand: Hand) -> None:
        if self._last is not None:
            self._share = LIGHTEST + (1 - LIGHTEST) * min(max(hand.pressure, 0.0), 1.0)
            if self._covered and self._size >= LARGE:
                for part in stroke_parts(self._last, point, self._size, self._covered):
                    self._canvas.paint(*part)
            else:
                self._canvas.paint(*self._segment(self._last, point, self._size))
            self._last = point
            self._covered = self._size if self._segment is stroke_segment else 0.0

    def _end(self) -> None:
        self._last, self._share = None, 1.0


class EraserTool(BrushTool):
    """Paints background; with Shift it paints like the brush."""

    name = "eraser"

    def sign(self, hand: Hand) -> int:
        return 1 if hand.add and not hand.subtract else -1


class SmartBrushTool(BrushTool):
    """Stays within the cell, or the background, that the stroke began in."""

    name = "smart_brush"

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        canvas = self._canvas
        try:
            brush = SmartBrush(
                canvas.read_picture, canvas.whole, point, canvas.cell_diameter, canvas.settings.sensitivity
            )
        except UserError as error:
            canvas.say(sentence(error))
            return
        self._segment = brush.segment
        super().press(point, hand)

    def _stroke_name(self, takes_away: bool) -> str:
        return self.name

    def _paint_to(self, point: Point, hand: Hand) -> None:
        try:
            super()._paint_to(point, hand)
        except UserError as error:  # the slide cannot be read there
            self._canvas.say(sentence(error))
            self._end()
            self._canvas.end_stroke()


def _pressure(share: float) -> float:
    return (share - LIGHTEST) / (1 - LIGHTEST)
