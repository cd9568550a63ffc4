"""A brush that stays inside what it began in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...geometry import Region
from .brush import stroke_segment
from .change import Point, ReadPicture
from .outline import CROSS
from .surroundings import look_round
from .wand import wand


class SmartBrush:
    """One stroke: made where it begins, in a cell or on background, neither of which it leaves."""

    def __init__(
        self, look: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float
    ) -> None:
        self._look, self._whole = look, whole
        self._cell_diameter, self._sensitivity = cell_diameter, sensitivity
        found = wand(look, whole, point, cell_diameter, sensitivity)
        self._on_cell = found is not None
        if found is None:
            self._seek_background(point)
        else:
            box, where = found
            self._region = box.grown(1)
            self._allowed = cv2.dilate(np.pad(where, 1).view(np.uint8), CROSS) > 0

    def segment(self, p0: Point, p1: Point, radius: float) -> tuple[Region, NDArray[np.bool_]]:
        """What `stroke_segment` covers, without what lies outside of the cell, or in cells, as it began."""
        region, covered = stroke_segment(p0, p1, radius)
        if not self._on_cell and region.intersected(self._whole) != region.intersected(self._region):
            self._seek_background(p1)
        common = region.intersected(self._region)
        if common.is_empty:
            return Region(region.x, region.y, 0, 0), np.zeros((0, 0), np.bool_)
        return common, covered[common.slices_in(region)] & self._allowed[common.slices_in(self._region)]

    def _seek_background(self, point: Point) -> None:
        seen = look_round(self._look, self._whole, point, self._cell_diameter, self._sensitivity)
        self._region, self._allowed = seen.region, seen.cells == 0
