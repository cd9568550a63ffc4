"""The whole cell at a click."""

from __future__ import annotations

from math import floor

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.picking import flooded
from ..geometry import Point, Region
from .change import ReadPicture
from .neck import narrowest, sides_of
from .surroundings import Surroundings, look_round, lowered

_REACH = 1.6
"""How far from the click a cell may reach, in cell diameters; white cells are nearly twice as wide as red ones."""
_NEIGHBOURS = 8
"""Touching cells that are cut off at most."""
_SMOOTH = 0.06
"""Radius of what the border is smoothed with, in cell diameters: thinner bridges and threads go."""
_OWN, _HIGHEST = 0.3, 1.3
"""A dark cell begins where it absorbs this share of its own median: else its blurred rim would make it too large. At
most at so many times the edge of all, for the nucleus of a white cell is darker than the rest of it."""
_KEPT = 0.65
"""Share of the cell that must be left then, for the same reason."""
_RAISED = (1.3, 1.7, 2.2, 2.9)
"""Times the edge at which a cell is looked for where what was found looks like several."""
_SOLID, _LARGEST, _SMALLEST = 0.9, 4.0, 0.4
"""Share of its convex hull that a cell fills; the largest and, at a raised edge, the smallest in areas of red cells."""
_SPECK = 0.015
"""Area below which there is nothing, in areas of red cells; a platelet has four times as much."""
_PALE, _PALEST = 0.45, 0.1
"""A cell paler than the others begins at this share of what it absorbs at the click; and the palest there is."""
_AIM, _SLIP = 0.12, 0.06
"""Radius of what is looked at there, and how far beside a cell one may click, in cell diameters."""


def wand(
    read: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float = 0.5
) -> tuple[Region, NDArray[np.bool_]] | None:
    """The cell that `point` lies in, as the picture shows it: its bounding box, bool (region.h, region.w), one piece.

    It is separated from touching cells where the outline shows a neck; pale middles belong to it.
    `cell_diameter` in level-0 pixels; `sensitivity` 0…1: how much of a faint rim is taken. None where there is no
    cell. Reads four cell diameters round the point. Raises UserError as `read` does.
    """
    seen = look_round(read, whole, point, cell_diameter, sensitivity)
    coarse = None if seen is None else _cell(seen, sensitivity)
    if seen is None or coarse is None:
        return None
    full = seen.at_full_size(coarse)
    if not full.any():
        return None
    box, where = _flooded_near(full, seen.aim)
    return Region(box.x + seen.region.x, box.y + seen.region.y, box.w, box.h), where


def _cell(seen: Surroundings, sensitivity: float) -> NDArray[np.bool_] | None:
    """The cell at the point, in pixels of `seen.stain`."""
    edge = seen.edge
    where = _at_edge(seen, edge)
    if where is None:
        here = float(np.median(_around(seen.stain, seen.point, _AIM * seen.diameter)))
        if here < max(seen.least, _PALEST):
            return None
        edge = _PALE * here
        where = _parted(seen.stained(edge), seen)
    for raised in _RAISED:
        if _is_cell_like(where, seen):
            break
        higher = _at_edge(seen, edge * raised)
        if higher is None or np.count_nonzero(higher) < _SMALLEST * seen.cell_area:
            break
        if _is_cell_like(higher, seen):
            where, edge = higher, edge * raised
    if np.count_nonzero(where) < max(1, _SPECK * seen.cell_area):
        return None
    own_edge = min(_OWN * float(np.median(seen.stain[where])) * lowered(sensitivity), _HIGHEST * seen.edge)
    own = _at_edge(seen, own_edge) if own_edge > edge else None
    return where if own is None or np.count_nonzero(own) < _KEPT * np.count_nonzero(where) else own


def _at_edge(seen: Surroundings, edge: float) -> NDArray[np.bool_] | None:
    """The cell at the point where cells begin at `edge`; None where the point lies outside then."""
    inside = seen.stained(edge)
    return _parted(inside, seen) if _is_near(inside, seen.point, _SLIP * seen.diameter) else None


def _is_cell_like(where: NDArray[np.bool_], seen: Surroundings) -> bool:
    """Whether it is no larger than a white cell, and convex but for a bay."""
    area = int(np.count_nonzero(where))
    if not 0 < area <= _LARGEST * seen.cell_area:
        return False
    hull = cv2.convexHull(cv2.findNonZero(where.view(np.uint8)))
    return bool(area > _SOLID * (cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1))


def _parted(inside: NDArray[np.bool_], seen: Surroundings) -> NDArray[np.bool_]:
    """The piece of `inside` (h, w) at the point, without the cells that it touches, and smooth."""
    near = np.zeros(inside.shape, np.uint8)
    cv2.circle(near, seen.point, round(_REACH * seen.diameter), 1, cv2.FILLED)
    where = _piece(inside & (near > 0), seen.point)
    for _ in range(_NEIGHBOURS):
        rows, cols = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
        if not len(rows):
            break
        top, left = int(rows[0]), int(cols[0])
        box = Region(left, top, int(cols[-1]) + 1 - left, int(rows[-1]) + 1 - top)
        at_border = zip(sides_of(box, Region(0, 0, *inside.shape[::-1])), seen.sides, strict=True)
        left_side, top_side, right_side, bottom_side = (here and there for here, there in at_border)
        ends = narrowest(
            where[top : box.bottom, left : box.right],
            seen.diameter,
            (left_side, top_side, right_side, bottom_side),
        )
        if ends is None:
            break
        start, end = ((floor(x) + left, floor(y) + top) for x, y in ends)
        where = _piece(where & (cv2.line(np.zeros(inside.shape, np.uint8), start, end, 1) == 0), seen.point)
    side = 2 * round(_SMOOTH * seen.diameter) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    smooth = cv2.morphologyEx(where.view(np.uint8), cv2.MORPH_OPEN, disc, borderType=cv2.BORDER_REPLICATE) > 0
    return _piece(smooth, seen.point) if smooth.any() else where


def _around(values: NDArray[np.float32], point: tuple[int, int], radius: float) -> NDArray[np.float32]:
    (x, y), reach = point, max(1, int(radius))
    return values[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]


def _is_near(where: NDArray[np.bool_], point: tuple[int, int], radius: float) -> bool:
    (x, y), reach = point, int(radius)
    return bool(where[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].any())


def _piece(where: NDArray[np.bool_], point: tuple[int, int]) -> NDArray[np.bool_]:
    """The 4-connected piece of `where` (h, w) that is nearest to a point; nothing of nothing."""
    piece = np.zeros_like(where)
    if where.any():
        box, found = _flooded_near(where, point)
        piece[box.y : box.bottom, box.x : box.right] = found
    return piece


def _flooded_near(where: NDArray[np.bool_], point: tuple[int, int]) -> tuple[Region, NDArray[np.bool_]]:
    x, y = point
    if not where[y, x]:
        rows, cols = np.nonzero(where)
        nearest = int(((rows - y) ** 2 + (cols - x) ** 2).argmin())
        x, y = int(cols[nearest]), int(rows[nearest])
    return flooded(where.view(np.uint8), (x, y))
