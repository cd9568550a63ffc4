"""One click fills a hole, changes the class of a cell or removes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..cells.picking import cell_at, component_at, flooded, pixel_of
from ..errors import UserError
from ..geometry import Point, Region
from ..masks import CLASS_BITS, ReadMask
from .change import Change

_WIDEST = 2048
"""Longest side of background that counts as enclosed: what is larger is the slide between the cells."""


def fill(read: ReadMask, whole: Region, point: Point, class_id: int) -> list[Change]:
    """The changes of one click with the fill tool.

    Background that cells enclose gets the class. A cell of another class gets it as a whole; of a cell of the same
    class all holes are filled. Class 0 removes the cell. Raises UserError when there is nothing to do.
    """
    cell = cell_at(read, whole, point)
    if cell is None:
        return [_pocket(read, whole, point, class_id)]
    if cell.class_id != class_id:
        return [Change(cell.region, cell.where, class_id)]
    ids = read(cell.region) & np.uint8(CLASS_BITS)
    holes = holes_of(cell) & (ids == 0)
    if not holes.any():
        raise UserError("This cell has no holes to fill.")
    return [Change(cell.region, holes, class_id)]


def _pocket(read: ReadMask, whole: Region, point: Point, class_id: int) -> Change:
    if class_id == 0:
        raise UserError("There is nothing to take away here.")
    found = component_at(read, whole, pixel_of(point), _WIDEST)
    if found is not None and found[1].is_empty:
        raise UserError("This is outside the slide.")
    if found is None or _meets_border(found[1], whole):
        raise UserError("This part of the background is open: it has no border to fill up to.")
    return Change(found[1], found[2], class_id)


def _meets_border(region: Region, whole: Region) -> bool:
    return not (
        whole.x < region.x and whole.y < region.y and region.right < whole.right and region.bottom < whole.bottom
    )


def holes_of(cell: Cell) -> NDArray[np.bool_]:
    """What the cell encloses, bool (region.h, region.w): no path along 4-neighbours leads out of it."""
    padded = np.pad(cell.where, 1).view(np.uint8)
    _, outside = flooded(padded, (0, 0))
    return ~outside[1:-1, 1:-1] & ~cell.where
