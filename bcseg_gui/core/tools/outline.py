"""What an outline drawn by hand encloses, and how a new cell is kept apart from others."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..cells.picking import cell_at
from ..errors import UserError
from ..geometry import Point, Region
from ..masks import CLASS_BITS, ReadMask
from .change import Change

_LARGEST = 1 << 27
"""Pixels of a region that is filled at once: 128 MB."""
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
"""A pixel and its 4-neighbours."""


def enclosed(outline: Sequence[Point], whole: Region) -> tuple[Region, NDArray[np.bool_]]:
    """The pixels of the slide whose centre lies inside a closed outline (even-odd where it crosses itself).

    Returns a region within `whole`, and bool (region.h, region.w). Raises UserError for an enormous outline.
    """
    nothing = Region(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
    if len(outline) < 3:
        return nothing
    points = np.asarray(outline, np.float64)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    x, y = floor(left), floor(top)
    region = Region(x, y, ceil(right) - x, ceil(bottom) - y).intersected(whole)
    if region.is_empty:
        return nothing
    if region.area > _LARGEST:
        raise UserError("This outline is too large to be filled at once: draw a smaller one.")
    # Relative to the region, so that far out on a large slide nothing is lost to rounding.
    x0, y0 = (points - (region.x, region.y)).T
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    # Rows whose centre line (j + 0.5) an edge crosses: the upper end belongs to it, the lower one does not.
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), 0, region.h).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), 0, region.h).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(len(points)), counts)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x1 - x0) / (y1 - y0)
    crossing = x0[edge] + (rows + 0.5 - y0[edge]) * slope[edge]
    columns = np.clip(np.ceil(crossing - 0.5), 0, region.w).astype(np.int64)
    flips = np.zeros((region.h, region.w + 1), np.uint8)
    np.bitwise_xor.at(flips, (rows, columns), 1)
    return region, np.bitwise_xor.accumulate(flips, axis=1)[:, :-1].astype(np.bool_)


def kept_apart(change: Change, read: ReadMask, own: Sequence[Cell] = ()) -> Change:
    """The change without what lies on cells, or beside one of its class, which it would join.

    So no cell changes its shape, and a new cell keeps a line of background to its neighbours. `own`: cells that are
    meant to change, such as the one that was clicked.
    """
    if change.class_id == 0 or change.region.is_empty:
        return change
    around = change.region.grown(1)
    ids = read(around) & np.uint8(CLASS_BITS)
    for cell in own:
        common = cell.region.intersected(around)
        if not common.is_empty:
            here = common.slices_in(around)
            ids[here] = np.where(cell.where[common.slices_in(cell.region)], 0, ids[here])
    beside = cv2.dilate((ids == change.class_id).view(np.uint8), CROSS) > 0
    free = (ids == 0) & ~beside
    return Change(change.region, change.where & free[1:-1, 1:-1], change.class_id)


def covered_cells(change: Change, read: ReadMask, whole: Region, share: float = 0.5) -> list[Cell]:
    """The cells of which `change` covers more than `share`: redrawing that much of a cell means that cell.

    Raises UserError as `cell_at` does.
    """
    left = (read(change.region) & np.uint8(CLASS_BITS) > 0) & change.where
    found = []
    while left.any():
        row, col = divmod(int(left.argmax()), left.shape[1])
        cell = cell_at(read, whole, (change.region.x + col, change.region.y + row))
        if cell is None:  # the mask has changed meanwhile
            break
        common = cell.region.intersected(change.region)
        here, there = common.slices_in(change.region), common.slices_in(cell.region)
        if np.count_nonzero(cell.where[there] & change.where[here]) > share * cell.area:
            found.append(cell)
        left[here] &= ~cell.where[there]
    return found
