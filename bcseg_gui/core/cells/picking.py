"""The cell of a mask at a point."""

from __future__ import annotations

from math import floor

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import Point, Region
from ..masks import CLASS_BITS, ReadMask
from .cell import Cell

LARGEST = 4096
"""Longest side of a cell that the tools take hold of: what is larger is no cell, but half a slide painted over."""
_FIRST = 192
"""Side of the first window: most cells lie in it whole."""


def cell_at(read: ReadMask, whole: Region, point: Point) -> Cell | None:
    """The cell that holds `point`, None on background and beyond the slide.

    Raises UserError for a cell of more than `LARGEST` pixels on a side.
    """
    if not class_at(read, whole, point):
        return None
    found = component_at(read, whole, pixel_of(point), LARGEST)
    if found is None:
        raise UserError("This cell is wider than {size} pixels: too large for this tool.", size=LARGEST)
    class_id, region, where = found
    return Cell(class_id, region, where)


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
