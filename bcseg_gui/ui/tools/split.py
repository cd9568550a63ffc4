"""Splitting touching cells, and joining them again."""

from __future__ import annotations

import math

from bcseg_gui.core.cells.picking import class_at, component_at, pixel_of
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.tools.split import cut_along, joined_along, proposed_cut

from .picked_cells import LARGEST_SHOWN
from .select import CLICK, STEP, STRAIGHT, simplified
from .tool import PLAIN, BaseTool, Canvas, Hand, Point, Sketch

JOIN = "join"
"""Name of a joining stroke in the history."""


class SplitTool(BaseTool):
    """A line through cells splits them; a click makes the proposed cut. With Shift a line joins."""

    name = "split"
    paints = True

    def __init__(self, canvas: Canvas, sketch: Sketch) -> None:
        self._canvas, self._sketch = canvas, sketch
        self._way: list[Point] = []
        self._joins = False
        self._proposed = False

    def sign(self, hand: Hand) -> int:
        return 1 if hand.add or hand.subtract else 0

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        # Removing a cut is joining, so the second button joins, as Shift does.
        self._joins = self.sign(hand) > 0
        self._way = [point]

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        if self._way and math.dist(self._way[-1], point) >= STEP * self._sketch.pixel:
            self._way.append(point)
            self._sketch.show_preview([self._way], closed=False, subtract=not self._joins)

    def release(self, point: Point) -> None:
        if not self._way:
            return
        way, self._way = [*self._way, point], []
        self._clear()
        is_click = max(math.dist(way[0], other) for other in way) < CLICK * self._sketch.pixel
        try:
            if is_click and self._joins:
                self._canvas.say(_("To join cells, draw a line from one into the other."))
            elif is_click:
                self._cut_at(way[0])
            else:
                self._part(simplified(way, STRAIGHT * self._sketch.pixel))
        except UserError as error:
            self._canvas.say(sentence(error))

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        if self._proposed:
            self._clear()

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        if self._way or self.sign(hand):
            return
        read, whole = self._canvas.read_mask, self._canvas.whole
        try:
            if not class_at(read, whole, point):  # background is large and has nothing to split
                return
            cell = component_at(read, whole, pixel_of(point), LARGEST_SHOWN)
            cut = self._proposal(point) if cell is not None else None
        except UserError:  # a click shows the error
            return
        if cut is not None:
            self._sketch.show_preview([cut], closed=False, subtract=True)
            self._proposed = True

    def settle(self) -> bool:
        given_up = bool(self._way)
        self.abort()
        return given_up

    def abort(self) -> None:
        self._way = []
        self._clear()

    def _proposal(self, point: Point) -> list[Point] | None:
        canvas = self._canvas
        return proposed_cut(canvas.read_mask, canvas.whole, point, canvas.cell_diameter)

    def _cut_at(self, point: Point) -> None:
        canvas = self._canvas
        if not class_at(canvas.read_mask, canvas.whole, point):
            canvas.say(_("There is no cell here."))
            return
        cut = self._proposal(point)
        if cut is None:
            canvas.say(_("This looks like one cell. To part it, draw a line through it."))
        else:
            canvas.apply(self.name, cut_along(canvas.read_mask, canvas.whole, cut))

    def _part(self, line: list[Point]) -> None:
        edit, name = (joined_along, JOIN) if self._joins else (cut_along, self.name)
        self._canvas.apply(name, edit(self._canvas.read_mask, self._canvas.whole, line))

    def _clear(self) -> None:
        self._proposed = False
        self._sketch.show_preview(())
