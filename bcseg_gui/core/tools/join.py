"""Filling the narrow gaps between the parts of one cell."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..errors import UserError
from ..geometry import Region, united_region
from ..masks import CLASS_BITS, ReadMask
from .change import Change
from .outline import CROSS

_WIDEST = 0.3
"""Widest gap that is filled, as a share of the smaller cell's diameter; at least `_LEAST` px."""
_LEAST = 4.0
_MORE = 2.0
"""By how many pixels the gap may widen towards its ends and still be filled there."""
_LARGEST = 1 << 24
"""Pixels of a region that holds cells to be joined."""


def bridged(cells: Sequence[Cell], read: ReadMask) -> Change:
    """What fills the gaps between the cells, of the first one's class, so that they are 4-connected.

    No other cell is touched or painted over. Raises UserError when they lie too far apart, or another is in the way.
    """
    box = united_region([cell.region for cell in cells])
    if box.area > _LARGEST:
        raise _too_far()
    around = box.grown(1)
    shapes = [_placed(cell, around) for cell in cells]
    class_id = cells[0].class_id
    ids = read(around) & np.uint8(CLASS_BITS)
    everything = np.any(shapes, axis=0)
    others = (ids == class_id) & ~everything
    free = (ids == 0) & (cv2.dilate(others.view(np.uint8), CROSS) == 0)
    free[[0, -1]] = free[:, [0, -1]] = False
    filled = np.zeros_like(everything)
    joined, left = shapes[0], list(shapes[1:])
    while left:
        reach = _distance(joined)
        index = min(range(len(left)), key=lambda i: float(reach[left[i]].min()))
        other = left.pop(index)
        filled |= _gap(reach, joined, other, free)
        joined = joined | other | filled
        if not _is_one(joined):
            raise UserError("Another cell lies between these: they cannot be joined.")
    return Change(box, filled[1:-1, 1:-1], class_id)


def _gap(
    reach: NDArray[np.float32], joined: NDArray[np.bool_], other: NDArray[np.bool_], free: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The pixels between `joined`, whose distance is `reach`, and `other`, where they are near each other."""
    width = float(reach[other].min()) - 1
    smaller = min(np.count_nonzero(joined), np.count_nonzero(other))
    if width > max(_LEAST, _WIDEST * 2 * sqrt(smaller / np.pi)):
        raise _too_far()
    way = reach + _distance(other)
    return np.asarray(free & (way <= max(width, 1) + 1 + _MORE), np.bool_)


def _distance(where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """From every pixel's centre to the nearest of `where`, px."""
    return np.asarray(cv2.distanceTransform((~where).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _placed(cell: Cell, around: Region) -> NDArray[np.bool_]:
    where = np.zeros((around.h, around.w), np.bool_)
    where[cell.region.slices_in(around)] = cell.where
    return where


def _is_one(where: NDArray[np.bool_]) -> bool:
    return int(cv2.connectedComponents(where.view(np.uint8), connectivity=4)[0]) == 2


def _too_far() -> UserError:
    return UserError("These cells are too far apart to be joined: paint the gap.")
