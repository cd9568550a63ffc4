"""Where touching cells grew together: the narrowest place of their common outline."""

from __future__ import annotations

from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from .change import Point

_POINTS = 360
"""Points of the outline that are tried as ends of a cut."""
_LEAST = 0.15
"""Area of the smaller part, as a share of a cell's, below which it is no cell but a bump."""
_NECK = 0.75
"""Length of the cut as a share of the smaller part's diameter, above which what is there is one cell."""


def narrowest(where: NDArray[np.bool_], point: Point, cell_diameter: float) -> tuple[Point, Point] | None:
    """The ends of the cut that is shortest for what it cuts off, in pixels of `where` (h, w); None for one cell.

    `point` is the place that somebody pointed to.
    """
    outline = _outline(where)
    if len(outline) < 8:
        return None
    x, y = outline.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    total = float(cross.sum()) / 2
    swept = np.concatenate([[0.0], np.cumsum(cross)[:-1]])
    # Area cut off between point i and a later point j: the outline from i to j, closed by the cut.
    part = np.abs(swept[None, :] - swept[:, None] + x[None, :] * y[:, None] - x[:, None] * y[None, :]) / 2
    smaller = np.minimum(part, np.abs(total) - part)
    length = np.hypot(x[None, :] - x[:, None], y[None, :] - y[:, None])
    score = length / np.sqrt(np.maximum(smaller, 1) * 4 / pi)
    score[smaller < _LEAST * pi / 4 * cell_diameter**2] = np.inf
    score[np.tril_indices(len(x))] = np.inf
    for flat in np.argsort(score, axis=None)[:400]:
        i, j = divmod(int(flat), len(x))
        if score[i, j] > _NECK:
            return None
        if _lies_inside(where, outline[i], outline[j]):
            return _stretched(outline[i], outline[j])
    return None


def _outline(where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Points (n, 2) along the outer border, about evenly spaced."""
    outlines, _ = cv2.findContours(np.pad(where, 1).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(outlines, key=len)[:, 0].astype(np.float64) - 0.5
    return np.asarray(points[:: max(1, -(-len(points) // _POINTS))], np.float64)


def _lies_inside(where: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> bool:
    steps = np.linspace(0.02, 0.98, max(8, int(np.abs(end - start).max())))[:, None]
    x, y = np.floor(start + (end - start) * steps).astype(np.int64).T
    height, width = where.shape
    return bool(where[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].mean() > 0.97)


def _stretched(start: NDArray[np.float64], end: NDArray[np.float64]) -> tuple[Point, Point]:
    """A little longer at both ends, so that it surely passes the border."""
    along = (end - start) / max(1.0, float(np.hypot(*(end - start)))) * 1.5
    (x0, y0), (x1, y1) = (start - along).tolist(), (end + along).tolist()
    return (x0, y0), (x1, y1)
