"""One cell of a mask, found where somebody points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import Region
from ..masks import CLASS_BITS
from .change import Change, Point, ReadMask

LARGEST = 4096
"""Longest side of a cell that the tools take hold of: what is larger is no cell, but half a slide painted over."""
_FIRST = 192
"""Side of the first window: most cells lie in it whole."""
_EAST, _SOUTH, _WEST, _NORTH = range(4)
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True, slots=True, eq=False)
class CellShape:
    """A 4-connected component of one class: bool `where` (region.h, region.w), `region` its bounding box."""

    class_id: int
    region: Region
    where: NDArray[np.bool_]


def cell_at(read: ReadMask, whole: Region, point: Point) -> CellShape | None:
    """The cell that holds `point`, None on background and beyond the slide.

    Raises UserError for a cell of more than `LARGEST` pixels on a side.
    """
    if not class_at(read, whole, point):
        return None
    found = component_at(read, whole, pixel_of(point), LARGEST)
    if found is None:
        raise UserError("This cell is wider than {size} pixels: too large for this tool.", size=LARGEST)
    class_id, region, where = found
    return CellShape(class_id, region, where)


def class_at(read: ReadMask, whole: Region, point: Point) -> int:
    """0 on background and beyond the slide. Looks at a single pixel. Raises UserError as `read` does."""
    pixel = Region(*pixel_of(point), 1, 1)
    return 0 if pixel.intersected(whole).is_empty else int(read(pixel)[0, 0] & CLASS_BITS)


def component_at(
    read: ReadMask, whole: Region, pixel: tuple[int, int], largest: int
) -> tuple[int, Region, NDArray[np.bool_]] | None:
    """Class, bounding box and pixels of what is 4-connected to `pixel` and of its class, background included.

    None where it is wider or higher than `largest`. Beyond the slide there is empty background.
    """
    x, y = pixel
    window = Region(x - _FIRST // 2, y - _FIRST // 2, _FIRST, _FIRST).intersected(whole)
    if Region(x, y, 1, 1).intersected(window).is_empty:
        return 0, Region(x, y, 0, 0), np.zeros((0, 0), np.bool_)
    while True:
        ids = read(window) & np.uint8(CLASS_BITS)
        box, where = flooded(ids, (x - window.x, y - window.y))
        if max(box.w, box.h) > largest:
            return None
        region = Region(box.x + window.x, box.y + window.y, box.w, box.h)
        # The side that it reaches is moved outwards.
        left = window.w if region.x == window.x else 0
        up = window.h if region.y == window.y else 0
        right = window.w if region.right == window.right else 0
        down = window.h if region.bottom == window.bottom else 0
        wider = Region(window.x - left, window.y - up, window.w + left + right, window.h + up + down)
        wider = wider.intersected(whole)
        if wider == window:
            return int(ids[y - window.y, x - window.x]), region, where
        window = wider


def flooded(values: NDArray[np.uint8], start: tuple[int, int]) -> tuple[Region, NDArray[np.bool_]]:
    """What is 4-connected to `start` (x, y) in `values` (h, w) and has its value: bounding box, pixels of it."""
    height, width = values.shape
    mask = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | 1 << 8
    _, _, _, (x, y, w, h) = cv2.floodFill(np.ascontiguousarray(values), mask, start, 0, 0, 0, flags)
    return Region(x, y, w, h), mask[y + 1 : y + 1 + h, x + 1 : x + 1 + w].view(np.bool_)


def pixel_of(point: Point) -> tuple[int, int]:
    return floor(point[0]), floor(point[1])


def covered_cells(change: Change, read: ReadMask, whole: Region, share: float = 0.5) -> list[CellShape]:
    """The cells of which `change` covers more than `share`: who draws so much of a cell anew means that cell.

    Raises UserError as `cell_at` does.
    """
    left = (read(change.region) & np.uint8(CLASS_BITS) > 0) & change.where
    found = []
    while left.any():
        row, col = divmod(int(left.argmax()), left.shape[1])
        cell = cell_at(read, whole, (change.region.x + col, change.region.y + row))
        if cell is None:  # another hand changed the mask meanwhile
            break
        common = cell.region.intersected(change.region)
        here, there = common.slices_in(change.region), common.slices_in(cell.region)
        if np.count_nonzero(cell.where[there] & change.where[here]) > share * np.count_nonzero(cell.where):
            found.append(cell)
        left[here] &= ~cell.where[there]
    return found


def outlines_of(cell: CellShape) -> list[list[Point]]:
    """Closed polygons along the edges of its pixels, corners only, the first point not repeated.

    The outer ones run clockwise on the screen, those of holes the other way round.
    """
    padded = np.pad(cell.where, 1)
    ahead: dict[tuple[int, int], list[int]] = {}
    # An edge runs with the cell at its right hand: along the top of a pixel eastwards, down its right side, and so on.
    for direction, inside, outside in (
        (_EAST, padded[1:, :], padded[:-1, :]),
        (_WEST, padded[:-1, :], padded[1:, :]),
        (_NORTH, padded[:, 1:], padded[:, :-1]),
        (_SOUTH, padded[:, :-1], padded[:, 1:]),
    ):
        rows, cols = np.nonzero(inside & ~outside)
        # Where the edge begins, as a corner of the cell's box; index i of these arrays is the line before pixel i.
        first_col, first_row = {_EAST: (-1, 0), _WEST: (0, 0), _NORTH: (0, 0), _SOUTH: (0, -1)}[direction]
        for row, col in zip((rows + first_row).tolist(), (cols + first_col).tolist(), strict=True):
            ahead.setdefault((col, row), []).append(direction)
    return [[(x + cell.region.x, y + cell.region.y) for x, y in _loop(ahead)] for _ in iter(lambda: bool(ahead), False)]


def _loop(ahead: dict[tuple[int, int], list[int]]) -> list[tuple[int, int]]:
    """Take one closed way out of `ahead`: its corners."""
    start = at = next(iter(ahead))
    heading, corners = -1, []
    while True:
        choices = ahead[at]
        # Where two pixels meet at a corner only, a right turn keeps to the same pixel.
        turn = (heading + 1) % 4
        direction = turn if heading >= 0 and turn in choices else choices[0]
        choices.remove(direction)
        if not choices:
            del ahead[at]
        if direction != heading:
            corners.append(at)
        heading = direction
        at = at[0] + _STEPS[heading][0], at[1] + _STEPS[heading][1]
        if at == start and (at not in ahead or (heading + 1) % 4 not in ahead[at]):
            return corners


def united_region(regions: Sequence[Region]) -> Region:
    """Smallest region that holds all."""
    united = Region(0, 0, 0, 0)
    for region in regions:
        united = united.united(region)
    return united
