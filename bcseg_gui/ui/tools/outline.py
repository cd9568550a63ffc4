"""Outlining a cell."""

from __future__ import annotations

import math

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.tools.outline import enclosed

from .new_cell import put_cell
from .select import CLICK, STEP, STRAIGHT, simplified
from .tool import PLAIN, BaseTool, Canvas, Hand, Point, Sketch

CLOSING = 9.0
"""A click this near the first corner closes the outline, device-independent pixels."""
MARK = 4.0
"""Half the side of the square that marks the first corner, device-independent pixels."""


class OutlineTool(BaseTool):
    """A drag draws freehand and closes when released; clicks set corners until the outline is closed.

    Both mix: a drag between two corners is a freehand part of the outline.
    """

    name = "outline"
    paints = True

    def __init__(self, canvas: Canvas, sketch: Sketch) -> None:
        self._canvas, self._sketch = canvas, sketch
        self._corners: list[Point] = []
        self._steps: list[int] = []
        """Number of corners before each press"""
        self._hand = PLAIN
        self._way: list[Point] = []
        """Points of the current drag, since its press"""

    @property
    def is_busy(self) -> bool:
        return bool(self._corners or self._way)

    @property
    def can_finish(self) -> bool:
        return self.is_busy

    def sign(self, hand: Hand) -> int:
        held = self._hand if self.is_busy else hand
        return -1 if held.subtract else 1 if held.add else 0

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        if not self._corners:
            self._hand = hand
        self._way = [point]
        self._show(point)

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        if self._way and math.dist(self._way[-1], point) >= STEP * self._sketch.pixel:
            self._way.append(point)
            self._show(point)

    def release(self, point: Point) -> None:
        if not self._way:
            return
        way, self._way = self._way, []
        dragged = len(way) > 1 and max(math.dist(way[0], other) for other in way) >= CLICK * self._sketch.pixel
        if not dragged and self._closes(point):
            self.finish()
            return
        begun = len(self._corners)
        self._steps.append(begun)
        self._corners += simplified([*way, point], STRAIGHT * self._sketch.pixel) if dragged else way[:1]
        if dragged and (begun == 0 or self._closes(point)):
            self.finish()
        else:
            self._show(point)

    def double_click(self, point: Point) -> bool:
        if len(self._corners) < 3:  # two corners set quickly
            return False
        self.finish()
        return True

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        if self._corners and point is not None:
            self._show(point)

    def finish(self) -> None:
        corners, hand = [*self._corners, *self._way], self._hand
        if len(corners) < 3:
            self._canvas.say(_("An outline takes three corners."))
            return
        self.abort()
        try:
            region, where = enclosed(corners, self._canvas.whole)
            if where.any():
                put_cell(self._canvas, self.name, region, where, corners[0], hand)
        except UserError as error:
            self._canvas.say(sentence(error))

    def back(self) -> None:
        if self._steps:
            del self._corners[self._steps.pop() :]
        self._show(self._sketch.pointed)

    def undo_step(self) -> bool:
        begun = bool(self._steps)
        if begun:
            self.back()
        return begun

    def settle(self) -> bool:
        given_up, self._way = bool(self._way), []
        if given_up:
            self._show(None)
        return given_up

    def abort(self) -> None:
        self._corners, self._steps, self._way = [], [], []
        self._sketch.show_preview(())

    def _closes(self, point: Point) -> bool:
        near = CLOSING * self._sketch.pixel
        return len(self._corners) >= 3 and math.dist(point, self._corners[0]) <= near

    def _show(self, point: Point | None) -> None:
        line = [*self._corners, *self._way, *([point] if point is not None and self.is_busy else [])]
        # Freehand alone closes by itself; a polygon stays open until a click closes it, or would here.
        closed = not self._corners or (point is not None and not self._way and self._closes(point))
        lines = [line] if len(line) > 1 else []
        if len(self._corners) >= 3 and not closed:
            lines.append(self._first_marked())
        self._sketch.show_preview(lines, closed=closed, subtract=self._hand.subtract)

    def _first_marked(self) -> list[Point]:
        """Return a square around the corner where a click closes the outline."""
        (x, y), reach = self._corners[0], MARK * self._sketch.pixel
        left, top, right, bottom = x - reach, y - reach, x + reach, y + reach
        return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
