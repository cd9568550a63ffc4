"""Picking whole cells, and dragging copies of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bcseg_gui.core.cells.cell import Cell
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import sentence

from .picked_cells import PickedCells
from .tool import PLAIN, BaseTool, Canvas, Hand, Point, Sketch

DRAG = 10.0
"""Device-independent pixels from which a press is a drag: a click may be unsteady."""


class CellsTool(BaseTool):
    """A click picks a cell, with Shift adds or removes it; a drag places a copy."""

    name = "cells"

    def __init__(self, canvas: Canvas, sketch: Sketch, operations: PickedCells) -> None:
        self._canvas, self._sketch, self._operations = canvas, sketch, operations
        self._pressed: Point | None = None
        self._hand = PLAIN
        self._dragged: Sequence[Cell] | None = None
        """None until a press becomes a drag"""
        self._outlines: list[list[Point]] = []
        self._pointed: Cell | None = None

    @property
    def is_busy(self) -> bool:
        return bool(self._operations.picked)

    def sign(self, hand: Hand) -> int:
        return -1 if hand.subtract else 1 if hand.add else 0

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        self._pressed, self._hand, self._dragged = point, hand, None
        self._forget_pointed()

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        if self._pressed is None:
            return
        way = (point[0] - self._pressed[0], point[1] - self._pressed[1])
        if self._dragged is None and math.hypot(*way) >= DRAG * self._sketch.pixel:
            self._grab(self._pressed)
        if self._dragged:
            moved = [[(x + way[0], y + way[1]) for x, y in outline] for outline in self._outlines]
            self._sketch.show_preview(moved)

    def release(self, point: Point) -> None:
        if self._pressed is None:
            return
        pressed, self._pressed = self._pressed, None
        dragged, self._dragged = self._dragged, None
        self._sketch.show_preview(())
        if dragged is None:
            self._pick(pressed)
        elif dragged:
            self._operations.copy_by(dragged, (point[0] - pressed[0], point[1] - pressed[1]))

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        pointed = self._pointed
        if pointed is not None and (point is None or not _may_hold(pointed, point)):
            self._forget_pointed()

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        try:
            cell = self._operations.shown_under(point)
        except UserError:  # a click shows the error
            cell = None
        if cell is not None and self._operations.picked_at(point) is None:
            self._pointed = cell
            self._sketch.show_preview(cell.outlines(), subtract=hand.subtract)
        else:
            self._forget_pointed()

    def back(self) -> None:
        self._operations.delete()

    def settle(self) -> bool:
        given_up = self._pressed is not None
        if given_up:
            self.abort()
        return given_up

    def abort(self) -> None:
        if self._pressed is None:
            self._operations.pick(())
        self._pressed, self._dragged = None, None
        self._forget_pointed()
        self._sketch.show_preview(())

    def _pick(self, point: Point) -> None:
        here, picked = self._operations.picked_at(point), list(self._operations.picked)
        if here is not None and self.sign(self._hand):
            self._operations.pick([cell for cell in picked if cell is not here])
        elif here is None and not self._hand.subtract:
            cell = self._cell_under(point)
            added = [] if cell is None else [cell]
            self._operations.pick([*picked, *added] if self._hand.add else added)
        elif here is not None:
            self._operations.pick([here])

    def _grab(self, point: Point) -> None:
        """Drag all picked cells if the pointer is on one of them, else the cell under it."""
        if self._operations.picked_at(point) is not None:
            self._dragged = list(self._operations.picked)
        else:
            cell = self._cell_under(point)
            self._dragged = [] if cell is None else [cell]
        self._outlines = [outline for cell in self._dragged for outline in cell.outlines()]

    def _cell_under(self, point: Point) -> Cell | None:
        try:
            return self._operations.cell_under(point)
        except UserError as error:
            self._canvas.say(sentence(error))
            return None

    def _forget_pointed(self) -> None:
        if self._pointed is not None:
            self._pointed = None
            self._sketch.show_preview(())


def _may_hold(cell: Cell, point: Point) -> bool:
    region = cell.region
    return region.x <= point[0] < region.right and region.y <= point[1] < region.bottom
