"""The pixels under a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..geometry import Point, Region


def pixels_along(line: Sequence[Point]) -> NDArray[np.int64]:
    """The pixels (n, 2), x and y, of a thin line through the points, each an 8-neighbour of the one before.

    No path along 4-neighbours crosses it.
    """
    corners = np.floor(np.asarray(line, np.float64).reshape(-1, 2)).astype(np.int64)
    pieces = [corners[:1]]
    for start, end in pairwise(corners):
        steps = int(np.abs(end - start).max())
        if steps:
            # From the corner on, in whole pixels: the same anywhere on a slide.
            way = np.rint((end - start) * (np.arange(1, steps + 1) / steps)[:, None]).astype(np.int64)
            pieces.append(start + way)
    return np.concatenate(pieces)


def within(pixels: NDArray[np.int64], region: Region) -> NDArray[np.bool_]:
    """Which of the pixels (n, 2) lie in the region."""
    x, y = pixels.T
    return np.asarray((x >= region.x) & (y >= region.y) & (x < region.right) & (y < region.bottom), np.bool_)
