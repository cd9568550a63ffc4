"""Splitting cells along a line, proposing such a line, and joining the parts again."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..cells.picking import cell_at
from ..errors import UserError
from ..geometry import Point, Region
from ..masks import CLASS_BITS, ReadMask
from .change import Change
from .join import bridged
from .line import pixels_along, within
from .neck import narrowest, sides_of

_CRUMB = 0.01
"""Share of a cell below which a piece that a line cuts off is no cell but a crumb of its rim."""
_STRIDE = 256
"""Pixels of a line for which the mask is read at once."""
_AIM = 5.0
"""Pixels of its end that tell where a line leads."""
_ALONG = 0.2
"""Share of the second cell's pixels beside the line that a third one must have to be joined as well."""
_BESIDE = 3
"""Pixels from the line within which a cell lies beside it, where the line runs along the gap."""


def cut_along(read: ReadMask, whole: Region, line: Sequence[Point]) -> list[Change]:
    """A line of background, one pixel wide, through every cell that it divides.

    A line that ends inside a cell, past its middle, is extended to the cell's border. Crumbs that fall off are
    removed. Raises UserError when the line parts no cell.
    """
    cells = _cells_on(read, whole, pixels_along(line))
    if not cells:
        raise UserError("There is no cell under this line.")
    changes = [change for cell in cells if (change := _cut(cell, line)) is not None]
    if not changes:
        raise UserError("This line parts no cell: draw it right through one.")
    return changes


def joined_along(read: ReadMask, whole: Region, line: Sequence[Point]) -> list[Change]:
    """Fill the narrow gaps between the cells that the line touches, class by class.

    The line may lead from one cell to the other or run along the gap. Raises UserError when there is nothing to join.
    """
    pixels = pixels_along(line)
    groups = _of_one_class(_cells_on(read, whole, pixels))
    if not groups:
        offsets = (np.mgrid[:3, :3].reshape(2, 9).T - 1) * _BESIDE
        beside = (pixels[:, None] + offsets).reshape(-1, 2)
        groups = [_along(cells, beside) for cells in _of_one_class(_cells_on(read, whole, beside))]
    if not groups:
        raise UserError("There is nothing to join here: draw the line from one cell into another.")
    return [bridged(cells, read) for cells in groups]


def proposed_cut(read: ReadMask, whole: Region, point: Point, cell_diameter: float) -> list[Point] | None:
    """A line that would divide the touching cells under `point`; None for background and for what looks like one cell.

    `cell_diameter` in level-0 pixels. Raises UserError as `cell_at` does.
    """
    cell = cell_at(read, whole, point)
    if cell is None:
        return None
    ends = narrowest(cell.where, cell_diameter, sides_of(cell.region, whole))
    return None if ends is None else [(x + cell.region.x, y + cell.region.y) for x, y in ends]


def _of_one_class(cells: Sequence[Cell]) -> list[list[Cell]]:
    """The cells by class, where there are several."""
    groups: dict[int, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.class_id, []).append(cell)
    return [group for group in groups.values() if len(group) > 1]


def _along(cells: Sequence[Cell], beside: NDArray[np.int64]) -> list[Cell]:
    """Those of the cells beside a line that lie along it, not just near one of its ends."""
    counts = [int(np.count_nonzero(_held(cell, beside))) for cell in cells]
    return [cell for cell, count in zip(cells, counts, strict=True) if count >= _ALONG * sorted(counts)[-2]]


def _cells_on(read: ReadMask, whole: Region, pixels: NDArray[np.int64]) -> list[Cell]:
    """The cells that hold one of the pixels (n, 2), in the order of these."""
    pixels = pixels[within(pixels, whole)]
    cells: list[Cell] = []
    for start in range(0, len(pixels), _STRIDE):
        part = pixels[start : start + _STRIDE]
        (x, y), (right, bottom) = part.min(axis=0).tolist(), part.max(axis=0).tolist()
        window = Region(x, y, right + 1 - x, bottom + 1 - y)
        ids = read(window) & np.uint8(CLASS_BITS)
        left = part[ids[part[:, 1] - y, part[:, 0] - x] > 0]
        for cell in cells:
            left = left[~_held(cell, left)]
        while len(left):
            found = cell_at(read, whole, (int(left[0, 0]), int(left[0, 1])))
            if found is None:  # the mask has changed meanwhile
                left = left[1:]
                continue
            cells.append(found)
            left = left[~_held(found, left)]
    return cells


def _held(cell: Cell, pixels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the pixels (n, 2) belong to the cell."""
    held = within(pixels, cell.region)
    x, y = (pixels[held] - (cell.region.x, cell.region.y)).T
    held[held] = cell.where[y, x]
    return held


def _cut(cell: Cell, line: Sequence[Point]) -> Change | None:
    """The cut through one cell; None if it does not divide the cell."""
    drawn = pixels_along(line)
    drawn = drawn[_held(cell, drawn)]
    onwards = np.concatenate([_onwards(cell, line), _onwards(cell, line[::-1])])
    whole_way = np.concatenate([drawn, onwards])
    # A line that overshoots from one cell a little into the next is no cut through that one.
    ways = [drawn, whole_way] if len(drawn) >= len(onwards) else [drawn]
    for way in ways:
        x, y = (way - (cell.region.x, cell.region.y)).T
        apart = cell.where.copy()
        apart[y, x] = False
        _, labels, stats, _ = cv2.connectedComponentsWithStats(apart.view(np.uint8), connectivity=4)
        crumb = stats[:, cv2.CC_STAT_AREA] < _CRUMB * np.count_nonzero(cell.where)
        crumb[0] = True
        if np.count_nonzero(~crumb) > 1:
            return Change(cell.region, cell.where & crumb[labels], 0)
    return None


def _onwards(cell: Cell, line: Sequence[Point]) -> NDArray[np.int64]:
    """The pixels (n, 2) from the line's first point on, in the direction it has there, to the cell's border."""
    (x, y), *others = line
    far = [(x - to_x, y - to_y) for to_x, to_y in others if hypot(x - to_x, y - to_y) >= _AIM] or [
        (x - to_x, y - to_y) for to_x, to_y in others[-1:]
    ]
    length = hypot(*far[0]) if far else 0.0
    if not length:
        return np.empty((0, 2), np.int64)
    reach = (cell.region.w + cell.region.h) / length
    pixels = pixels_along([(x, y), (x + far[0][0] * reach, y + far[0][1] * reach)])
    held = _held(cell, pixels)
    return pixels[: len(pixels) if held.all() else int(held.argmin())]
