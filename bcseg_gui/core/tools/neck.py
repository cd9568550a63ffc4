"""Where touching cells meet: the narrowest place of their common outline."""

from __future__ import annotations

from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Point, Region

Sides = tuple[bool, bool, bool, bool]
"""Left, top, right, bottom."""

_POINTS = 180
"""Points of the outline that are tried as ends of a cut."""
_LEAST = 0.15
"""Area of the smaller part, as a share of a cell's, below which it is no cell but a bump."""
_NECK, _LARGE_NECK = 0.85, 1.05
"""Length of the cut as a share of the smaller part's diameter, above which what is there is one cell; and where that
would be a large one. Across a disc it is 1.41."""
_LARGE = 1.4
"""Area from which on a cell is large, as a share of the usual one."""
_TRIED = 300
"""Cuts that are tried, best first, until one runs inside the cells."""
_BORDER = 2**0.5
"""What a cut weighs that ends at the slide's border: beyond it, cell and cut go on as in a mirror."""
_SAMPLES = np.linspace(0.08, 0.92, 20)[:, None, None]
"""Where along a cut it must run inside."""


def narrowest(
    where: NDArray[np.bool_],
    cell_diameter: float,
    sides: Sides = (False, False, False, False),
) -> tuple[Point, Point] | None:
    """The ends of the cut that is shortest for what it cuts off, in pixels of `where` (h, w); None for one cell.

    `cell_diameter` in the same pixels; `sides`: which sides of `where` lie at the slide's border.
    """
    outline = _outline(where)
    if len(outline) < 8:
        return None
    x, y = outline.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    total = float(cross.sum()) / 2
    swept = np.concatenate([[0.0], np.cumsum(cross)[:-1]])
    first, second = np.triu_indices(len(x), 2)
    # Area cut off between a point and a later one: the outline between them, closed by the cut.
    part = np.abs(swept[second] - swept[first] + x[second] * y[first] - x[first] * y[second]) / 2
    smaller = np.minimum(part, np.abs(total) - part)
    length = np.hypot(x[second] - x[first], y[second] - y[first])
    score = length / np.sqrt(np.maximum(smaller, 1) * 4 / pi)
    height, width = where.shape
    at_sides = (x < 1, y < 1, x > width - 1, y > height - 1)
    border = np.any([at & side for at, side in zip(at_sides, sides, strict=True)], axis=0)
    score = np.where(border[first] | border[second], _BORDER * score, score)
    usual = pi / 4 * cell_diameter**2
    neck = _LARGE_NECK if np.count_nonzero(where) > _LARGE * usual else _NECK
    fit = np.flatnonzero((smaller >= _LEAST * usual) & (score <= neck))
    if not fit.size:
        return None
    fit = fit[np.argsort(score[fit], kind="stable")][:_TRIED]
    start, end = outline[first[fit]], outline[second[fit]]
    along = start + (end - start) * _SAMPLES
    columns, rows = (np.floor(along[..., i]).astype(np.int64).clip(0, (width, height)[i] - 1) for i in (0, 1))
    inside = where[rows, columns].mean(axis=0) > 0.95
    best = int(inside.argmax())
    return _stretched(start[best], end[best]) if inside[best] else None


def _outline(where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Points (n, 2) along the outer border, about evenly spaced."""
    outlines, _ = cv2.findContours(np.pad(where, 1).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(outlines, key=len)[:, 0].astype(np.float64) - 0.5
    return np.asarray(points[:: max(1, -(-len(points) // _POINTS))], np.float64)


def _stretched(start: NDArray[np.float64], end: NDArray[np.float64]) -> tuple[Point, Point]:
    """A little longer at both ends, so that it surely crosses the border."""
    along = (end - start) / max(1.0, float(np.hypot(*(end - start)))) * 1.5
    (x0, y0), (x1, y1) = (start - along).tolist(), (end + along).tolist()
    return (x0, y0), (x1, y1)


def sides_of(region: Region, whole: Region) -> Sides:
    """Which sides of a region lie at the border of the slide."""
    return region.x == whole.x, region.y == whole.y, region.right == whole.right, region.bottom == whole.bottom
