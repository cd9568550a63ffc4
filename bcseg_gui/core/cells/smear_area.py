"""Where on a slide there may be cells: what is surely empty glass, or was not scanned, need not be segmented."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import Region
from ..slides import Slide
from .diameter import expected_cell_diameter

_SMALLEST_CELL = 14.0
"""Assumed diameter of unknown cells in level-0 pixels: that of red cells at 20×."""
_CLEAR = 1.8
"""Width of a cell in pixels of the level that is examined: at least one of them is then mostly cell. In an overview
that was made by leaving out pixels, one lies in it."""
_COARSEST = 32.0
"""Level-0 pixels on a side of such a pixel at most."""
_MOST_PIXELS = 1 << 28
"""Of the level that is read: more takes longer than it gains, as on a huge slide without overviews."""
_STRIP = 1 << 23
"""Pixels read at once."""
_CONTRAST = 6
"""Grey levels between a pixel and its neighbours: twice what empty glass shows, half of what the palest cell does."""
_DARKNESS = 0.2
"""Share of the light that is missing where a smear lies so thick that it shows no cells."""
_SQUARE = 4
"""Such pixels on a side of one square of a `SmearArea`."""


@dataclass(frozen=True, slots=True, eq=False)
class SmearArea:
    """A slide as squares that hold something or nothing; in doubt, they hold something.

    `summed`: int32 (rows + 1, columns + 1), over the squares above and to the left, how many hold something.
    `side`: (width, height) of a square in level-0 pixels.
    """

    summed: NDArray[np.int32]
    side: tuple[float, float]

    def touches(self, region: Region) -> bool:
        """Whether there may be something in a level-0 region, or in the squares next to it."""
        rows, columns = self.summed.shape[0] - 1, self.summed.shape[1] - 1
        left = min(max(0, int(region.x / self.side[0]) - 1), columns)
        top = min(max(0, int(region.y / self.side[1]) - 1), rows)
        right = min(columns, int(region.right / self.side[0]) + 2)
        bottom = min(rows, int(region.bottom / self.side[1]) + 2)
        summed = self.summed
        return bool(summed[bottom, right] - summed[top, right] - summed[bottom, left] + summed[top, left])


def find_smear_area(slide: Slide, cell_diameter: float | None = None) -> SmearArea:
    """Examine a whole slide; `cell_diameter` in level-0 px where it is known.

    One cell, dust, or a part of the file that cannot be read is enough to make a square hold something; so does the
    whole of a slide that would take too long to examine. Takes about a second for 100,000 × 100,000 pixels.
    """
    cell = cell_diameter or expected_cell_diameter(slide.mpp) or _SMALLEST_CELL
    wanted = min(_COARSEST, max(1.0, cell / _CLEAR))
    level = slide.get_best_level_for_downsample(wanted)
    width, height = slide.level_dimensions[level]
    if width * height > _MOST_PIXELS:
        return SmearArea(np.array([[0, 0], [0, 1]], np.int32), slide.dimensions)
    shrink = max(1, int(wanted / slide.level_downsamples[level] + 0.01))
    side = shrink * _SQUARE
    rows = max(1, _STRIP // (width * side)) * side
    strips = [_examined(slide, level, y, min(rows, height - y), shrink) for y in range(0, height, rows)]
    contrast, light = (np.concatenate(planes) for planes in zip(*strips, strict=True))
    glass = np.percentile(light.reshape(-1, 3), 95, axis=0)
    squares = (contrast > _CONTRAST) | (light < (1 - _DARKNESS) * glass).any(axis=2)
    summed = np.asarray(cv2.integral(squares.astype(np.uint8)), np.int32)
    across, down = (
        _SQUARE * length / max(1, level_length // shrink)
        for length, level_length in zip(slide.dimensions, (width, height), strict=True)
    )
    return SmearArea(summed, (across, down))


def _examined(slide: Slide, level: int, y: int, rows: int, shrink: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For the squares in some rows of a level: the largest contrast (h, w), and the least light (h, w, 3)."""
    width, height = slide.level_dimensions[level]
    size = max(1, width // shrink), max(1, rows // shrink)
    try:
        pixels = slide.read_region((0, y * slide.dimensions[1] // height), level, (width, rows))
    except UserError:
        squares = -(-size[1] // _SQUARE), -(-size[0] // _SQUARE)
        return np.full(squares, 255, np.uint8), np.full((*squares, 3), 255, np.uint8)
    if shrink > 1:
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    differences = np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)
    unscanned = (pixels == 0).all(axis=2, keepdims=True)
    pixels = np.where(unscanned, np.uint8(255), pixels)
    square, corner = np.ones((_SQUARE, _SQUARE), np.uint8), (0, 0)
    contrast = np.asarray(cv2.dilate(differences.max(axis=2), square, anchor=corner)[::_SQUARE, ::_SQUARE], np.uint8)
    return contrast, np.asarray(cv2.erode(pixels, square, anchor=corner)[::_SQUARE, ::_SQUARE], np.uint8)
