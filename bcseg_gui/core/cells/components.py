"""The cells of a mask: 4-connected components of one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import pi, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Region
from ..masks import CLASS_BITS


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, in level-0 pixels. A pixel's centre lies at half coordinates, as for the brush."""

    class_id: int
    region: Region
    """its bounding box"""
    area: int
    """pixels"""
    centroid: tuple[float, float]
    """(x, y)"""
    cut: bool
    """it touches the border of what was looked at, so part of it may be missing"""

    @property
    def diameter(self) -> float:
        """Diameter of the circle of the same area."""
        return 2 * sqrt(self.area / pi)


def find_cells(classes: NDArray[np.uint8], min_area: int = 1, origin: tuple[int, int] = (0, 0)) -> list[Cell]:
    """Cells of at least `min_area` pixels, class by class, each class from top to bottom.

    `classes` is uint8 (h, w), class ids or mask bytes (the manual bit is ignored); `origin` is the level-0 (x, y) of
    its first pixel.
    """
    ids = classes & np.uint8(CLASS_BITS)
    height, width = ids.shape
    x0, y0 = origin
    cells = []
    for class_id in np.flatnonzero(np.bincount(ids.ravel(), minlength=1)[1:]) + 1:
        _, _, stats, centroids = cv2.connectedComponentsWithStats((ids == class_id).view(np.uint8), connectivity=4)
        # Row 0 is everything else.
        for (x, y, w, h, area), (cx, cy) in zip(stats[1:].tolist(), centroids[1:].tolist(), strict=True):
            if area >= min_area:
                cut = x == 0 or y == 0 or x + w == width or y + h == height
                centroid = (cx + x0 + 0.5, cy + y0 + 0.5)
                cells.append(Cell(int(class_id), Region(x + x0, y + y0, w, h), area, centroid, cut))
    return cells


def count_cells(cells: Iterable[Cell]) -> dict[int, int]:
    """Number of cells of each class id that has any."""
    return dict(Counter(cell.class_id for cell in cells))


def median_diameter(cells: Iterable[Cell]) -> float | None:
    """Median diameter in level-0 pixels of the cells that are whole, None when there is none."""
    diameters = [cell.diameter for cell in cells if not cell.cut]
    return float(np.median(diameters)) if diameters else None
