"""The pixels a brush covers."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, hypot

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region

BAND = 128
"""Rows of one part of a large brush's path."""
_HALF_DIAGONAL = 0.5**0.5
"""From this radius on a disc holds the centre of the pixel its own centre lies in."""


def stroke_segment(p0: tuple[float, float], p1: tuple[float, float], radius: float) -> tuple[Region, NDArray[np.bool_]]:
    """What a round brush covers on its path from `p0` to `p1`, (x, y) in level-0 coordinates.

    Returns a region and, as bool (region.h, region.w), the pixels whose centre (i + 0.5, j + 0.5) lies within `radius`
    of the path. A brush smaller than a pixel still covers the pixels it passes through.
    """
    (x0, y0), (x1, y1) = p0, p1
    x, y = floor(min(x0, x1) - radius), floor(min(y0, y1) - radius)
    region = Region(x, y, floor(max(x0, x1) + radius) + 1 - x, floor(max(y0, y1) + radius) + 1 - y)
    # Relative to the region, so that far out on a large slide nothing is lost to rounding.
    start, end = (x0 - x, y0 - y), (x1 - x, y1 - y)
    left, right = _row_spans(start, end, radius, _centres(region.h))
    centres = _centres(region.w)
    covered: NDArray[np.bool_] = (centres >= left[:, None]) & (centres <= right[:, None])
    if radius < _HALF_DIAGONAL:
        steps = 2 * ceil(max(abs(x1 - x0), abs(y1 - y0))) + 1
        cols, rows = (np.linspace(a, b, steps).astype(np.intp) for a, b in zip(start, end, strict=True))
        # A coordinate a hair below a whole number is rounded up to it by the shift into the region.
        covered[np.minimum(rows, region.h - 1), np.minimum(cols, region.w - 1)] = True
    return region, covered


def stroke_parts(
    p0: tuple[float, float], p1: tuple[float, float], radius: float, covered_radius: float
) -> Iterator[tuple[Region, NDArray[np.bool_]]]:
    """`stroke_segment` without the disc of `covered_radius` round `p0`, which is covered already, in a few bands.

    Of a large brush that moves a little this is a thin crescent, and most of the bands are narrow.
    """
    (x0, y0), (x1, y1) = p0, p1
    x, y = floor(min(x0, x1) - radius), floor(min(y0, y1) - radius)
    height = floor(max(y0, y1) + radius) + 1 - y
    rows = _centres(height)
    start, end = (x0 - x, y0 - y), (x1 - x, y1 - y)
    left, right = _columns(*_row_spans(start, end, radius, rows))
    known_left, known_right = _columns(*_row_spans(start, start, covered_radius, rows))
    known_left = np.where(known_left < known_right, known_left, right)  # no row of the disc: all is on its left
    known_right = np.maximum(known_right, known_left)
    for top in range(0, height, BAND):
        band = slice(top, top + BAND)
        for first, last in (
            (left[band], np.minimum(right, known_left)[band]),
            (np.maximum(left, known_right)[band], right[band]),
        ):
            some = first < last
            if some.any():
                low, high = int(first[some].min()), int(last[some].max())
                region = Region(x + low, y + top, high - low, len(first))
                yield region, _between(first - low, last - low, region.w)


def _columns(left: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First column, and the one after the last, whose centre lies within; equal where there is none."""
    none = left > right
    first = np.ceil(np.where(none, 0.5, left) - 0.5).astype(np.int32)
    last = np.floor(np.where(none, -0.5, right) + 0.5).astype(np.int32)
    return first, np.maximum(first, last)


def _between(first: NDArray[np.int32], last: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """Bool (rows, width): the columns from `first` up to `last` of each row."""
    # Comparing small integers is several times as fast as comparing coordinates.
    place = np.arange(width, dtype=np.int32)
    covered: NDArray[np.bool_] = (place >= first[:, None]) & (place < last[:, None])
    return covered


def _centres(count: int) -> NDArray[np.float64]:
    return np.arange(count, dtype=np.float64) + np.float64(0.5)


def _row_spans(
    start: tuple[float, float], end: tuple[float, float], radius: float, rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leftmost and rightmost x within `radius` of the segment on each row (left > right where there is none).

    The shape is convex, so each row is one span: the widest of the two end discs and of the band between them. This
    costs a few operations per row instead of a distance per pixel, which keeps long fast strokes cheap.
    """
    left, right = np.full(rows.shape, np.inf), np.full(rows.shape, -np.inf)
    for cx, cy in (start, end):
        squared = radius * radius - (rows - cy) ** 2
        half = np.sqrt(np.maximum(squared, 0.0))
        inside = squared >= 0
        left = np.where(inside, np.minimum(left, cx - half), left)
        right = np.where(inside, np.maximum(right, cx + half), right)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = hypot(dx, dy)
    if length > 1e-9:
        ux, uy = dx / length, dy / length
        down = rows - start[1]
        along_left, along_right = _solve(ux, uy * down, 0.0, length)
        across_left, across_right = _solve(uy, -ux * down, -radius, radius)
        band_left = start[0] + np.maximum(along_left, across_left)
        band_right = start[0] + np.minimum(along_right, across_right)
        inside = band_left <= band_right
        left = np.where(inside, np.minimum(left, band_left), left)
        right = np.where(inside, np.maximum(right, band_right), right)
    return left, right


def _solve(
    slope: float, offset: NDArray[np.float64], low: float, high: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest x with low ≤ slope · x + offset ≤ high."""
    if abs(slope) < 1e-12:
        inside = (offset >= low) & (offset <= high)
        return np.where(inside, -np.inf, np.inf), np.where(inside, np.inf, -np.inf)
    first, second = (low - offset) / slope, (high - offset) / slope
    return np.minimum(first, second), np.maximum(first, second)
