"""What lies round a point of the picture: which pixels are cell, and which of the cells there."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from ...cells.outlines import find_outlines
from ...cells.staining import absorbance, edge_of
from ...geometry import Region
from .cell import pixel_of
from .change import Point, ReadPicture

_SIDE = 4.0
"""Side of the window in cell diameters."""
_WORKING = 48.0
"""Cell diameter in pixels at which the window is looked at, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """int32 `cells` (region.h, region.w): 0 background, else the number of the cell; `own` the one at the point."""

    region: Region
    cells: NDArray[np.int32]
    own: int


def look_round(
    look: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float
) -> Surroundings:
    side = max(16, round(_SIDE * cell_diameter))
    x, y = pixel_of(point)
    region = Region(x - side // 2, y - side // 2, side, side).intersected(whole)
    if not (region.x <= x < region.right and region.y <= y < region.bottom):
        return Surroundings(Region(x, y, 0, 0), np.zeros((0, 0), np.int32), 0)
    scale = min(1.0, _WORKING / cell_diameter)
    size = max(8, round(region.w * scale)), max(8, round(region.h * scale))
    picture = np.asarray(cv2.resize(look(region), size, interpolation=cv2.INTER_AREA), np.uint8)
    stain, noise = absorbance(picture)
    edge = edge_of(stain, noise) * float(1.5 - sensitivity)
    diameter = cell_diameter * size[0] / region.w
    inside = _filled(stain > edge, diameter)
    circles = find_outlines(stain, edge)
    circles = circles[(circles[:, 2] > 0.3 * diameter) & (circles[:, 2] < 0.9 * diameter)]
    numbers = _assigned(inside, circles)
    cells = np.asarray(
        cv2.resize(numbers.astype(np.float32), (region.w, region.h), interpolation=cv2.INTER_NEAREST), np.int32
    )
    return Surroundings(region, cells, int(cells[y - region.y, x - region.x]))


def _filled(inside: NDArray[np.bool_], diameter: float) -> NDArray[np.bool_]:
    """With its holes that are smaller than a quarter of a cell."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~inside).view(np.uint8), connectivity=4)
    hole = stats[:, cv2.CC_STAT_AREA] < 0.25 * pi / 4 * diameter**2
    hole[0] = False
    return np.asarray(inside | hole[labels], np.bool_)


def _assigned(inside: NDArray[np.bool_], circles: NDArray[np.float64]) -> NDArray[np.int32]:
    _, pieces = cv2.connectedComponents(inside.view(np.uint8), connectivity=4)
    height, width = inside.shape
    if not len(circles):
        return np.asarray(pieces, np.int32)
    x, y, radius = (column[:, None, None] for column in circles.T)
    rows, cols = np.mgrid[:height, :width]
    power = (cols[None] - x) ** 2 + (rows[None] - y) ** 2 - radius**2
    nearest = power.argmin(axis=0)
    return np.asarray(np.where(inside, pieces * len(circles) + nearest + 1, 0), np.int32)
