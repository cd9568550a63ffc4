"""Edits of whole cells. Each function returns what to paint and changes nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..cells.picking import pixel_of
from ..errors import UserError
from ..geometry import Point, Region, tiles_covering
from ..masks import CLASS_BITS, ReadMask
from .change import Change
from .join import bridged
from .outline import CROSS

_ENOUGH = 0.5
"""Share of a copied cell that must find room: a smaller one is no cell but a crescent beside another."""


def deleted(cells: Sequence[Cell]) -> list[Change]:
    return recoloured(cells, 0)


def recoloured(cells: Sequence[Cell], class_id: int) -> list[Change]:
    """Raises UserError when there is nothing to change."""
    changes = [Change(cell.region, cell.where, class_id) for cell in cells if cell.class_id != class_id]
    if not changes:
        raise _no_cell() if not cells else UserError("This is its class already.")
    return changes


def grown(cells: Sequence[Cell], read: ReadMask, whole: Region) -> list[Change]:
    """One pixel on every free side: cells keep a line of background between them.

    Raises UserError when no cell has room.
    """
    if not cells:
        raise _no_cell()
    changes: list[Change] = []
    pending = _Pending(read)
    for cell in cells:
        region = cell.region.grown(1).intersected(whole)
        around = cell.region.grown(2)
        own = np.pad(cell.where, 2)
        others = ((pending(around) & np.uint8(CLASS_BITS)) > 0) & ~own
        taken = cv2.dilate(others.view(np.uint8), CROSS) > 0
        rim = (cv2.dilate(own.view(np.uint8), CROSS) > 0) & ~own & ~taken
        where = rim[region.slices_in(around)]
        if where.any():
            changes.append(Change(region, where, cell.class_id))
            pending.add(changes[-1])
    if not changes:
        raise UserError("There is no room to grow: a cell keeps a line of background to its neighbours.")
    return changes


def shrunk(cells: Sequence[Cell], whole: Region | None = None) -> list[Change]:
    """Without their outermost pixels; a cell that has no others stays unchanged.

    With `whole`, nothing is removed at the slide's border: there the cell continues, unseen. Raises UserError when all
    cells are too small.
    """
    if not cells:
        raise _no_cell()
    changes = []
    for cell in cells:
        around = cell.region.grown(1)
        kept = np.pad(cell.where, 1).view(np.uint8)
        if whole is not None:
            inner = around.intersected(whole)
            rows, cols = inner.slices_in(around)
            sides = (rows.start, around.h - rows.stop), (cols.start, around.w - cols.stop)
            kept = np.pad(kept[rows, cols], sides, mode="edge")
        left = cv2.erode(kept, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)[1:-1, 1:-1].view(np.bool_)
        if left.any():
            changes.append(Change(cell.region, cell.where & ~left, 0))
    if not changes:
        raise UserError("This cell is too small to be made smaller.")
    return changes


def merged(cells: Sequence[Cell], read: ReadMask) -> list[Change]:
    """All cells as one of the first one's class: the narrow gaps between them are filled.

    Raises UserError for less than two cells, and when they lie too far apart.
    """
    if len(cells) < 2:
        raise UserError("It takes two cells to join them: choose another one as well.")
    class_id = cells[0].class_id
    changes = [Change(cell.region, cell.where, class_id) for cell in cells if cell.class_id != class_id]
    return [*changes, bridged(cells, read)]


def copied(cell: Cell, to: Point, read: ReadMask, whole: Region, keeps_apart: bool = True) -> list[Change]:
    """The same shape with the middle of its box at `to`, as far as no other cell lies there.

    `keeps_apart` leaves a line of background to cells of its class. What other cells cut off is left out, so that it
    stays one cell. Raises UserError where there is no room for half of what would lie on the slide.
    """
    x, y = pixel_of(to)
    box = Region(x - cell.region.w // 2, y - cell.region.h // 2, cell.region.w, cell.region.h)
    around = box.grown(1)
    ids = read(around) & np.uint8(CLASS_BITS)
    free = ids == 0
    if keeps_apart:
        free &= cv2.dilate((ids == cell.class_id).view(np.uint8), CROSS) == 0
    region = box.intersected(whole)
    inside = cell.where[region.slices_in(box)] if not region.is_empty else np.zeros((0, 0), np.bool_)
    where = largest_piece(inside & free[1:-1, 1:-1][region.slices_in(box)]) if inside.any() else inside
    if not where.any() or np.count_nonzero(where) < _ENOUGH * np.count_nonzero(inside):
        raise UserError("There is no room for the cell here.")
    return [Change(region, where, cell.class_id)]


def largest_piece(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest 4-connected piece of `where` (h, w); nothing where there is nothing."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(where).view(np.uint8), connectivity=4
    )
    if count <= 2:
        return where
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()), np.bool_)


def _no_cell() -> UserError:
    return UserError("There is no cell here.")


class _Pending:
    """Reads the mask as it will be with the changes so far, which are kept by tile."""

    def __init__(self, read: ReadMask) -> None:
        self._read = read
        self._changes: dict[tuple[int, int], list[Change]] = {}

    def add(self, change: Change) -> None:
        for key in tiles_covering(change.region):
            self._changes.setdefault((key.row, key.col), []).append(change)

    def __call__(self, region: Region) -> NDArray[np.uint8]:
        values = self._read(region)
        for key in tiles_covering(region):
            for change in self._changes.get((key.row, key.col), ()):
                common = change.region.intersected(region)
                if not common.is_empty:
                    here = values[common.slices_in(region)]
                    here[change.where[common.slices_in(change.region)]] = change.class_id
        return values
