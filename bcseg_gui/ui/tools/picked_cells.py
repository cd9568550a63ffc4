"""Operations on whole cells: the picked ones, else the one under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from bcseg_gui.core.cells.cell import Cell
from bcseg_gui.core.cells.picking import cell_at, class_at, component_at, pixel_of
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, united_region
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.tools import cell_edits
from bcseg_gui.core.tools.change import Change

from .tool import Canvas, Point, Sketch

LARGEST_SHOWN = 768
"""Longest side of a cell outlined or split in a preview, level-0 pixels."""


class PickedCells:
    """The picked cells of one canvas. Each operation is one stroke, and what is left stays picked.

    `clipboard` outlives the canvas, so that cells can be copied to another slide.
    """

    def __init__(self, canvas: Canvas, sketch: Sketch, clipboard: list[Cell] | None = None) -> None:
        self._canvas, self._sketch = canvas, sketch
        self._clipboard: list[Cell] = [] if clipboard is None else clipboard
        self._picked: list[Cell] = []
        self._applying = False

    @property
    def picked(self) -> Sequence[Cell]:
        return self._picked

    # -- picking --------------------------------------------------------------------------------------------------

    def cell_under(self, point: Point | None) -> Cell | None:
        """Return the cell at a point, if any. Raise UserError like `cell_at`."""
        return None if point is None else cell_at(self._canvas.read_mask, self._canvas.whole, point)

    def shown_under(self, point: Point) -> Cell | None:
        """Return the cell to preview; None also for one so large that finding it would be felt."""
        read, whole = self._canvas.read_mask, self._canvas.whole
        if not class_at(read, whole, point):
            return None
        found = component_at(read, whole, pixel_of(point), LARGEST_SHOWN)
        return None if found is None else Cell(*found)

    def picked_at(self, point: Point) -> Cell | None:
        """Return the picked cell that contains the point."""
        return next((cell for cell in self._picked if cell.holds(point)), None)

    def pick(self, cells: Sequence[Cell]) -> None:
        """Replace the picked cells."""
        self._picked = list(cells)
        self._sketch.show_picked([outline for cell in self._picked for outline in cell.outlines()])

    def mask_changed(self, region: Region) -> None:
        """Call when something else changed the mask in `region`: cells there are no longer picked."""
        if self._picked and not self._applying:
            kept = [cell for cell in self._picked if cell.region.grown(1).intersected(region).is_empty]
            if len(kept) != len(self._picked):
                self.pick(kept)

    # -- operations -----------------------------------------------------------------------------------------------

    def delete(self) -> None:
        self._edit("delete", cell_edits.deleted)

    def join(self) -> None:
        """Merge the picked cells into one, of the first one's class."""
        self._edit("join", lambda cells: cell_edits.merged(cells, self._canvas.read_mask))

    def grow(self) -> None:
        self._edit("grow", lambda cells: cell_edits.grown(cells, self._canvas.read_mask, self._canvas.whole))

    def shrink(self) -> None:
        self._edit("shrink", lambda cells: cell_edits.shrunk(cells, self._canvas.whole))

    def recolour(self, class_id: int) -> None:
        self._edit("class", lambda cells: cell_edits.recoloured(cells, class_id))

    def copy(self) -> None:
        try:
            cells = self._meant()
        except UserError as error:
            self._canvas.say(sentence(error))
            return
        if cells:
            self._clipboard[:] = cells
        else:
            self._canvas.say(_("There is no cell here."))

    def paste(self) -> None:
        """Paste the copied cells, centred on the pointer."""
        point = self._sketch.pointed
        if not self._clipboard:
            self._canvas.say(_("Nothing has been copied yet: point at a cell and press Ctrl+C."))
        elif point is None:
            self._canvas.say(_("Point at the place for the copy and press Ctrl+V."))
        else:
            x, y = _middle(united_region([cell.region for cell in self._clipboard]))
            # With another tool nothing would show that they are picked, and Esc would not drop them.
            self.copy_by(self._clipboard, (point[0] - x, point[1] - y), pick=self._canvas.settings.tool == "cells")

    def copy_by(self, cells: Sequence[Cell], way: Point, *, pick: bool = True) -> None:
        """Paste copies of cells, shifted by `way` in level-0 pixels, as one stroke; pick them if `pick`."""
        canvas, changes, problem = self._canvas, list[Change](), None
        for cell in cells:
            x, y = _middle(cell.region)
            to = (x + way[0], y + way[1])
            try:
                changes += cell_edits.copied(cell, to, canvas.read_mask, canvas.whole, canvas.settings.keeps_apart)
            except UserError as error:
                problem = error
        if changes:
            self._apply("paste", changes, [_inside(change) for change in changes] if pick else [])
        if problem is not None:
            canvas.say(sentence(problem))

    def _edit(self, name: str, changes_of: Callable[[Sequence[Cell]], list[Change]]) -> None:
        try:
            cells = self._meant()
            changes = changes_of(cells)
        except UserError as error:
            self._canvas.say(sentence(error))
            return
        self._apply(name, changes, [_inside(cell) for cell in cells] if self._picked else [])

    def _meant(self) -> list[Cell]:
        """Return the picked cells, else the one under the pointer. Raise UserError."""
        if self._picked:
            return list(self._picked)
        cell = self.cell_under(self._sketch.pointed)
        return [] if cell is None else [cell]

    def _apply(self, name: str, changes: Sequence[Change], places: Sequence[Point]) -> None:
        """`places`: points whose cells are picked afterwards, for the next operation."""
        self._applying = True
        try:
            self._canvas.apply(name, changes)
        finally:
            self._applying = False
        cells: list[Cell] = []
        for place in places:
            if any(cell.holds(place) for cell in cells):
                continue
            try:
                cell = self.cell_under(place)
            except UserError:  # it has grown too large to be picked
                continue
            if cell is not None:
                cells.append(cell)
        self.pick(cells)


def _middle(region: Region) -> Point:
    return (region.x + region.w // 2, region.y + region.h // 2)


def _inside(shape: Cell | Change) -> Point:
    """Return the point deepest inside, which the shape still contains after shrinking."""
    depth = cv2.distanceTransform(np.pad(shape.where, 1).view(np.uint8), cv2.DIST_L2, 3)
    row, col = divmod(int(depth.argmax()), depth.shape[1])
    return (shape.region.x + col - 0.5, shape.region.y + row - 0.5)
