"""The surroundings of a point of the picture: how much is stained, and where cells begin."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cells.picking import pixel_of
from ..cells.staining import absorbance, edge_of
from ..geometry import Point, Region
from .change import ReadPicture
from .neck import Sides, sides_of

_SIDE = 4.0
"""Side of the window in cell diameters: with less, crowded cells leave no empty slide to compare with."""
_WORKING = 56.0
"""Largest cell diameter in pixels of the window: outlines need no finer one."""
_SHARE, _OF_PALE = 0.35, 25
"""Cells begin where they absorb this share of what this percentile of the stained pixels does: of the paler ones, for
dark nuclei would raise a median above the plasma round them."""
_LOWEST = 0.6
"""Of the edge of all that is stained, below which it does not fall: smudges are stained too."""
_NOISES, _LEAST_NOISE = 3, 0.01
_HOLE = 0.25
"""Area of the largest pale middle that belongs to a cell, as a share of a cell's."""


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """A window of the slide, at a lower resolution where its cells are large.

    `sides`: which of the window's lie at the slide's border. `stain` float32 (h, w), absorbance; `least`: what is more
    than noise; `edge`: where cells begin; `diameter` of a cell and `point` in pixels of `stain`; `aim`: the same point
    in pixels of `region`.
    """

    region: Region
    sides: Sides
    stain: NDArray[np.float32]
    least: float
    edge: float
    diameter: float
    point: tuple[int, int]
    aim: tuple[int, int]

    @property
    def cell_area(self) -> float:
        return pi / 4 * self.diameter**2

    def stained(self, edge: float) -> NDArray[np.bool_]:
        """Where there is more stain than `edge`, with pale middles, bool (h, w)."""
        inside = self.stain > edge
        _, labels, stats, _ = cv2.connectedComponentsWithStats((~inside).view(np.uint8), connectivity=4)
        x, y, w, h, area = stats.T
        height, width = inside.shape
        middle = (area < _HOLE * self.cell_area) & (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
        middle[0] = False
        return np.asarray(inside | middle[labels], np.bool_)

    def at_full_size(self, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool (h, w) → bool (region.h, region.w), with a smooth border."""
        size = self.region.w, self.region.h
        if where.shape == size[::-1]:
            return where
        shares = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.GaussianBlur(shares, (0, 0), 0.5 * size[0] / where.shape[1]) > 0.5, np.bool_)


def lowered(sensitivity: float) -> float:
    """By what the edge of cells is multiplied: 2 for 0, 1 for 0.5, ½ for 1."""
    return float(2 ** (1 - 2 * sensitivity))


def look_round(
    read: ReadPicture, whole: Region, point: Point, cell_diameter: float, sensitivity: float
) -> Surroundings | None:
    """None for a point beyond the slide. `cell_diameter` in level-0 pixels; `sensitivity` 0…1 lowers the edge."""
    side = max(16, round(_SIDE * cell_diameter))
    x, y = pixel_of(point)
    region = Region(x - side // 2, y - side // 2, side, side).intersected(whole)
    if not (region.x <= x < region.right and region.y <= y < region.bottom):
        return None
    scale = min(1.0, _WORKING / cell_diameter)
    size = max(8, round(region.w * scale)), max(8, round(region.h * scale))
    picture = read(region)
    if size != (region.w, region.h):
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    stain, noise = absorbance(picture)
    least = _NOISES * max(noise, _LEAST_NOISE)
    edge = _edge(stain[::2, ::2], noise, least) * lowered(sensitivity)
    aim = x - region.x, y - region.y
    at = aim[0] * size[0] // region.w, aim[1] * size[1] // region.h
    return Surroundings(
        region, sides_of(region, whole), stain, least, edge, cell_diameter * size[0] / region.w, at, aim
    )


def _edge(stain: NDArray[np.float32], noise: float, least: float) -> float:
    """Where cells begin, from every second pixel."""
    edge = edge_of(stain, noise)
    least = max(_LOWEST * edge, least)
    for _ in range(4):
        stained = stain[stain > edge]
        if not stained.size:
            break
        edge = max(least, _SHARE * float(np.percentile(stained, _OF_PALE)))
    return edge
