"""The whole cell at a click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...geometry import Region
from .cell import flooded, pixel_of
from .change import Point, ReadPicture
from .surroundings import look_round


def wand(
    look: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float = 0.5
) -> tuple[Region, NDArray[np.bool_]] | None:
    """The cell that `point` lies in, as the picture shows it, parted from its neighbours: its box and its pixels.

    `cell_diameter` in level-0 pixels. `sensitivity` 0…1: how much of a faint rim is taken. None where there is no cell.
    """
    seen = look_round(look, whole, point, cell_diameter, sensitivity)
    if not seen.own:
        return None
    x, y = pixel_of(point)
    box, where = flooded((seen.cells == seen.own).view(np.uint8), (x - seen.region.x, y - seen.region.y))
    return Region(box.x + seen.region.x, box.y + seen.region.y, box.w, box.h), where
