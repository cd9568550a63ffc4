"""Otsu's threshold and a marker-controlled watershed, for pictures of any size: calibrate once, then tile by tile."""

from __future__ import annotations

import itertools
import math
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..components import without_holes, without_specks
from ..separate import part, territories
from ..tiles import Reader, Rect, cut
from .baselines import filled, otsu_threshold, to_grey, unless_blank

OVERVIEW = 1536
"""Longest side in pixels of what the calibration looks at."""
COARSEST = 4
"""Level-0 pixels on a side of an overview's pixel, from which cells would no longer be told apart in it."""
WINDOWS = 4
"""A slide too large for one overview is judged from a grid of so many windows a side."""
GLASS = 220
"""Grey of the background after levelling."""
WORK_DIAMETER = 32.0
"""Diameter of a cell in pixels at which cells are parted."""
LARGEST_TILE = 1024
TILE_CELLS = 24
"""Largest side of a tile without its halo in level-0 pixels, and in diameters of a cell: less than a second of a core,
so Cancel is heard."""
PHOTOGRAPHED_DIAMETER = 106.0
"""Of a cell in level-0 pixels where a slide shows none: as in a photograph at 100×."""
SMALLEST_DIAMETER, LARGEST_DIAMETER = 6.0, 1000.0
"""Of a cell in level-0 pixels; what lies beyond is a slip of the one who gave it, and would take for ever."""
LARGEST_HOLE = 0.4
"""Area of the largest hole that is a cell's pale middle and no gap between cells, as a share of a cell's area."""
SPECK = 0.12
"""Area of the smallest dark component that is more than a speck, before cells are parted, as a share of a cell's."""
SEED_DEPTH = 0.05
"""As `separate.SEED_DEPTH`; a thresholded border is where the picture has it, so that a slight waist is a true one."""
SMALLEST_CELL = 0.35
"""Area of the smallest cell, as a share of a typical one's; below it are debris, platelets, and slivers at the edge."""
ROUND = 0.72
"""Diameter of the largest circle within, as a share of that of the same area, from which a component is one cell."""
FEW_ALONE = 0.02
"""Share of the foreground below which the round components are chance."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What all tiles of a slide share, so that they agree at their borders.

    `background`: grey of the empty glass, uint8, any number of samples spread evenly over the slide. `threshold`: the
    last dark grey level once the background is levelled to `GLASS`; −1 on a blank slide. `cell_diameter` in level-0 px.
    """

    dimensions: tuple[int, int]
    background: NDArray[np.uint8]
    threshold: int
    cell_diameter: float

    def tiles(self, region: Rect, first: tuple[int, int] | None = None) -> list[Rect]:
        """The tiles to segment, the nearest to the level-0 point `first` first."""
        return cut(region, min(LARGEST_TILE, TILE_CELLS * self.cell_diameter), first)

    def segment(self, read: Reader, tile: Rect) -> NDArray[np.uint8]:
        """The cells of a tile, 0/1 `(tile.h, tile.w)`, 4-connected, with a line of background between neighbours."""
        outer = tile.grown(math.ceil(self.cell_diameter), self.dimensions)
        return self._cells(read(outer, (outer.w, outer.h)), outer)[tile.inside(outer)].view(np.uint8)

    def _cells(self, picture: NDArray[np.uint8], place: Rect) -> NDArray[np.bool_]:
        grey = levelled(to_grey(picture), self._background_of(place))
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.4, 0.012 * self.cell_diameter)), np.uint8)
        area = math.pi / 4 * self.cell_diameter**2
        dark = without_specks(grey <= self.threshold, SPECK * area)
        if not dark.any():
            return dark
        cells = without_holes(dark, LARGEST_HOLE * area)
        scale = min(1.0, WORK_DIAMETER / self.cell_diameter)
        work_size = max(1, round(place.w * scale)), max(1, round(place.h * scale))
        work = cv2.resize(cells.view(np.uint8) * np.uint8(255), work_size, interpolation=cv2.INTER_AREA) >= 128
        territory = cv2.resize(
            territories(work, self.cell_diameter * scale, seed_depth=SEED_DEPTH),
            (place.w, place.h),
            interpolation=cv2.INTER_NEAREST,
        )
        return without_specks(part(cells, np.asarray(territory, np.int16), self.cell_diameter), SMALLEST_CELL * area)

    def _background_of(self, place: Rect) -> NDArray[np.uint8]:
        """`background` at the pixels of `place`, interpolated."""
        height, width = self.background.shape
        across, down = width / self.dimensions[0], height / self.dimensions[1]
        to_sample = np.array(
            [[across, 0, (place.x + 0.5) * across - 0.5], [0, down, (place.y + 0.5) * down - 0.5]], np.float64
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = place.w, place.h
        return np.asarray(
            cv2.warpAffine(self.background, to_sample, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )


def calibrate(
    read: Reader,
    dimensions: tuple[int, int],
    cell_diameter: float | None = None,
    unreadable: tuple[type[Exception], ...] = (),
) -> Calibration:
    """Look at a slide of `dimensions` = (width, height) as a whole.

    `cell_diameter` in level-0 px; None: judged from the cells that lie alone. A slide of which an overview would not
    show single cells is judged from windows at level 0, its background taken for even, as scanners make it.

    `unreadable`: what `read` raises for a part that it cannot read. Other parts serve then; it comes through where none
    can be read.
    """
    width, height = dimensions
    shrink = max(1.0, max(dimensions) / OVERVIEW)
    overview = None
    if shrink <= COARSEST:
        with suppress(*unreadable):
            overview_size = max(1, round(width / shrink)), max(1, round(height / shrink))
            overview = read(Rect(0, 0, width, height), overview_size)
    if overview is not None:
        grey = to_grey(overview)
        background = _background(grey)
    else:
        grey, shrink = to_grey(_windows(read, dimensions, unreadable)), 1.0
        background = np.full((1, 1), np.percentile(grey, 90), np.uint8)
    size = grey.shape[1], grey.shape[0]
    grey = levelled(grey, np.asarray(cv2.resize(background, size, interpolation=cv2.INTER_LINEAR), np.uint8))
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)
    threshold = otsu_threshold(grey)
    dark = unless_blank(grey, grey <= threshold)
    if not dark.any():
        threshold = -1
    diameter = cell_diameter or _typical_diameter(dark) * shrink or PHOTOGRAPHED_DIAMETER
    return Calibration(dimensions, background, threshold, min(max(diameter, SMALLEST_DIAMETER), LARGEST_DIAMETER))


def watershed(picture: NDArray[np.uint8], cell_diameter: float | None = None) -> NDArray[np.uint8]:
    """Otsu's threshold on grey, levelled and smoothed, holes filled, parted by a marker-controlled watershed.

    `cell_diameter` as for `calibrate`. Markers are the hills of the distance to the border (`separate.territories`).
    The study's notebook takes Otsu's threshold on blue, opens it, takes for markers what is deeper than half of the
    deepest place, and floods the picture's edges with `cv2.watershed`; small cells beside a large one get no marker so.
    """

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        there = picture[rect.slices]
        return there if size == (rect.w, rect.h) else np.asarray(cv2.resize(there, size, interpolation=cv2.INTER_AREA))

    height, width = picture.shape[:2]
    calibration = calibrate(read, (width, height), cell_diameter)
    mask = np.zeros((height, width), np.uint8)
    for tile in calibration.tiles(Rect(0, 0, width, height)):
        mask[tile.slices] = calibration.segment(read, tile)
    return mask


def levelled(grey: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey relative to the background of the same shape, which becomes `GLASS`."""
    return np.asarray(cv2.divide(grey, np.maximum(background, 1), scale=GLASS), np.uint8)


def _background(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The light between the cells, coarse and smooth: a closing wider than any clump, about a sixth of the picture."""
    coarse = max(1, max(grey.shape) // 96)
    size = max(1, grey.shape[1] // coarse), max(1, grey.shape[0] // coarse)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 8), np.uint8)


def _windows(read: Reader, dimensions: tuple[int, int], unreadable: tuple[type[Exception], ...]) -> NDArray[np.uint8]:
    """A grid of windows over the slide at level 0, side by side as one picture; some come twice for unreadable ones."""
    side = OVERVIEW // WINDOWS
    width, height = (min(side, length) for length in dimensions)
    windows: list[NDArray[np.uint8]] = []
    problem: Exception | None = None
    for row, column in itertools.product(range(WINDOWS), repeat=2):
        x = round((dimensions[0] - width) * (column + 0.5) / WINDOWS)
        y = round((dimensions[1] - height) * (row + 0.5) / WINDOWS)
        try:
            windows.append(read(Rect(x, y, width, height), (width, height)))
        except unreadable as error:
            problem = error
    if problem is not None and not windows:
        raise problem
    places = itertools.cycle(windows)
    return np.vstack([np.hstack(list(itertools.islice(places, WINDOWS))) for _ in range(WINDOWS)])


def _typical_diameter(dark: NDArray[np.bool_]) -> float:
    """Median diameter in px of the cells that lie alone: about as wide as a circle of the same area."""
    mask = filled(dark)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count == 1:
        return 0.0
    height, width = mask.shape
    distance = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 5)
    depth = np.zeros(count, np.float32)
    np.maximum.at(depth, np.asarray(pieces, np.int32).ravel(), distance[1:-1, 1:-1].ravel())
    x, y, w, h, area = (column.astype(np.float64)[1:] for column in stats.T)
    inner, outer = 2 * depth[1:].astype(np.float64), 2 * np.sqrt(area / math.pi)
    alone = (x > 0) & (y > 0) & (x + w < width) & (y + h < height) & (inner > ROUND * outer)
    if area[alone].sum() < FEW_ALONE * area.sum():  # clumps: as wide as their widest place
        return _middle(inner, area)
    usual = _middle(outer[alone], area[alone])  # by area, for there may be more specks than cells
    return float(np.median(outer[alone & (outer > 0.5 * usual)]))


def _middle(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The median of values that count by their weights."""
    order = values.argsort()
    share = np.cumsum(weights[order])
    return float(values[order][share.searchsorted(share[-1] / 2)])
