"""The size of cells in masks, and of the smallest things that people mark."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from .dataset import Pair
from .scoring.metrics import MIN_CELL_AREA

Default = TypeVar("Default", float, None)


def median_cell_diameter(masks: Sequence[NDArray[np.uint8]], default: Default) -> float | Default:
    """Median diameter (px) of the circle of a cell's area, over cells that no edge cuts; `default` without cells."""
    areas = [area for mask in masks for area in _cell_areas(mask > 0)[0]]
    return 2 * float(np.sqrt(np.median(areas) / np.pi)) if areas else default


def cell_diameter_of(pair: Pair, mask: NDArray[np.uint8]) -> float | None:
    """Level-0 px: the pair's own, else measured on its mask, on the first class if there is any of it."""
    first = (mask == 1).view(np.uint8)
    return pair.cell_diameter or median_cell_diameter([first], None) or median_cell_diameter([mask], None)


def smallest_cells(
    masks: Iterable[NDArray[np.uint8]], cell_diameters: Iterable[float | None] = ()
) -> tuple[float | None, float | None]:
    """How small a thing people still mark: in the picture, and where its edge cuts a cell. None: too few to tell.

    As shares of the area of a usual cell, as `cell_diameters` (px, in the order of the masks) or else the same mask
    tells: half the first percentile of the whole cells, and the fifth percentile of the cut ones, of that class where
    it is least: a platelet is no speck however few there are. People leave slivers out, each in their own way; a model
    should not find what its teacher does not call a cell.
    """
    whole_shares: defaultdict[int, list[float]] = defaultdict(list)
    cut_shares: defaultdict[int, list[float]] = defaultdict(list)
    for mask, diameter in zip(masks, chain(cell_diameters, repeat(None)), strict=False):
        if whole := _cell_areas(mask == 1)[0] or _cell_areas(mask > 0)[0]:
            usual = math.pi / 4 * diameter**2 if diameter else float(np.median(whole))
            for class_id in np.unique(mask[mask > 0]).tolist():
                for shares, areas in zip((whole_shares, cut_shares), _cell_areas(mask == class_id), strict=True):
                    shares[class_id] += [area / usual for area in areas]
    return _least(whole_shares, 0.01, 0.5), _least(cut_shares, 0.05, 1.0)


def _least(shares: Mapping[int, list[float]], quantile: float, part: float) -> float | None:
    """Over the classes, a part of the quantile of each; None with less than twenty cells of all."""
    if sum(map(len, shares.values())) < 20:
        return None
    return round(part * min(float(np.quantile(each, quantile)) for each in shares.values() if each), 2)


def _cell_areas(cells: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Areas (px) of the cells of a mask `(h, w)`: those that are whole, and those that the picture's edge cuts."""
    height, width = cells.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells.view(np.uint8), connectivity=4)
    whole: list[int] = []
    cut: list[int] = []
    for x, y, w, h, area in stats[1:]:
        if area >= MIN_CELL_AREA:
            inside = x > 0 and y > 0 and x + w < width and y + h < height
            (whole if inside else cut).append(int(area))
    return whole, cut
