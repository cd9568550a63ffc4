"""Parting touching cells: a watershed on the distance to the border, from one seed a cell."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from .components import without_specks

SEED_DEPTH = 0.2
"""How far a seed must rise above the neck to the next one, as a share of a cell's radius."""
USUAL_SPLITTING = 0.5
"""Of 0, where cells that touch stay one, to 1, where a slight waist parts them."""
SMALLEST_SEED = 0.4
"""Depth of the shallowest seed, as a share of a cell's radius: specks and fringes get none of their own."""
CRUMB = 0.02
"""Area of the largest crumb that a jagged line leaves, as a share of the square of a cell's diameter."""
PINHOLE = 0.015
"""Area of the largest hole that is a slip of the network and no gap between cells, as a share of that square."""
FLOOD_STEPS = 24
Sides = tuple[bool, bool, bool, bool]

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def seed_depth_of(splitting: float) -> float:
    """`SEED_DEPTH` in the middle, a quarter of it at 1, four times as much near 0; at 0 nothing is ever deep enough."""
    return SEED_DEPTH * 16 ** (USUAL_SPLITTING - splitting) if splitting > 0 else math.inf


def territories(
    foreground: NDArray[np.bool_],
    cell_diameter: float,
    *,
    sure: NDArray[np.bool_] | None = None,
    seed_depth: float = SEED_DEPTH,
    smallest: float = 0,
) -> NDArray[np.int16]:
    """Which cell every pixel `(h, w)` belongs to, 1…n; 0 where there is none.

    `cell_diameter` in pixels of `foreground`. `sure`: what is foreground beyond doubt, where that is known; touching
    cells are often apart there, and the seeds are sought in it. What would get less than `smallest` px falls to the
    cells that it touches. The territories reach a little beyond the foreground, so that they can be enlarged with it.
    """
    if foreground.all() or not foreground.any():
        return foreground.astype(np.int16)  # without any background, nothing has a depth
    depth = _depth(foreground, cell_diameter)
    seed_ground = depth if sure is None else _depth(sure & foreground, cell_diameter)
    labels = _seeds(seed_ground, cell_diameter / 2, seed_depth)
    for level in np.linspace(float(depth.max()), 0, FLOOD_STEPS):
        labels = _flooded(labels, (depth >= level) & foreground)
    if smallest:
        crumb = np.bincount(labels.ravel()) < smallest
        labels = _flooded(np.where(crumb[labels], 0, labels).astype(np.int16), foreground)
    seedless = _components(foreground & (labels == 0))
    labels = np.where(seedless > 0, seedless + labels.max(), labels).astype(np.int16)
    around = cv2.dilate(labels, np.ones((5, 5), np.uint8))
    return np.where(labels > 0, labels, around)


def _depth(foreground: NDArray[np.bool_], cell_diameter: float) -> NDArray[np.float32]:
    """Distance to the border, px, a little smoothed."""
    # A hole of a few pixels would look like a neck: it makes everything around it shallow.
    mask = (~without_specks(~foreground, PINHOLE * cell_diameter**2)).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(cv2.GaussianBlur(distance, (0, 0), max(0.5, 0.04 * cell_diameter)), np.float32)


def part(foreground: NDArray[np.bool_], territory: NDArray[np.int16], cell_diameter: float) -> NDArray[np.bool_]:
    """The foreground without the pixels where one territory meets another: no two cells are 4-neighbours then.

    Crumbs that fall off where a line is jagged go too. `cell_diameter` in pixels of both arrays.
    """
    meeting = np.zeros_like(foreground)
    for here, there in (((slice(None), slice(0, -1)), (slice(None), slice(1, None))), (slice(0, -1), slice(1, None))):
        meeting[here] |= (territory[here] != territory[there]) & (territory[here] > 0) & (territory[there] > 0)
    meeting &= foreground
    if not meeting.any():
        return foreground
    apart = foreground & ~meeting
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(apart.astype(np.uint8), connectivity=4)
    at_line = np.zeros(count, np.bool_)
    at_line[pieces[cv2.dilate(meeting.astype(np.uint8), _NEIGHBOURS) > 0]] = True
    crumbs = at_line & (stats[:, cv2.CC_STAT_AREA] < CRUMB * cell_diameter**2)
    return np.asarray(apart & ~crumbs[pieces], np.bool_)


def no_cells(
    territory: NDArray[np.int16],
    foreground: NDArray[np.bool_],
    sides: Sides,
    *,
    smallest: float,
    smallest_at_edge: float,
) -> NDArray[np.bool_]:
    """For each number of `territory`: is it a speck of less than `smallest` px, or a sliver at the picture's edge?

    `sides`: which sides of the array (left, top, right, bottom) are edges of the picture. What one of the other sides
    cuts is left alone: nobody knows how large it is.
    """
    area = np.bincount(territory[foreground], minlength=int(territory.max()) + 1)
    least = np.full(len(area), smallest)
    rims = territory[:, 0], territory[0], territory[:, -1], territory[-1]
    for rim, edge in sorted(zip(rims, sides, strict=True), key=lambda side: not side[1]):
        least[rim] = smallest_at_edge if edge else 0
    least[0] = 0
    return np.asarray(area < least)


def _seeds(depth: NDArray[np.float32], radius: float, seed_depth: float) -> NDArray[np.int16]:
    """Labels of the h-maxima of `depth`: hills that rise by `seed_depth` radii above the saddle to a higher one."""
    base = np.where(depth < SMALLEST_SEED * radius, 0, np.maximum(depth - seed_depth * radius, 0))
    hills = (depth - _reconstruct(base.astype(np.float32), depth) > 0.5 * seed_depth * radius) & (
        depth >= SMALLEST_SEED * radius
    )
    return _components(hills)


def _components(seeds: NDArray[np.bool_]) -> NDArray[np.int16]:
    _, labels = cv2.connectedComponents(seeds.astype(np.uint8), connectivity=8, ltype=cv2.CV_16U)
    return np.asarray(labels, np.int16)


def _reconstruct(seed: NDArray[np.float32], ceiling: NDArray[np.float32]) -> NDArray[np.float32]:
    """Morphological reconstruction of `seed` under `ceiling` by dilation (Vincent 1993), until nothing rises."""
    while True:
        raised = np.minimum(cv2.dilate(seed, _NEIGHBOURS), ceiling)
        if np.array_equal(raised, seed):
            return seed
        seed = raised


def _flooded(labels: NDArray[np.int16], ground: NDArray[np.bool_]) -> NDArray[np.int16]:
    """`labels` grown over `ground` until nothing changes; the earlier flood keeps what it has."""
    labels = labels.copy()
    free = (ground & (labels == 0)).view(np.uint8)
    left = cv2.countNonZero(free)
    while left:
        cv2.copyTo(cv2.dilate(labels, _NEIGHBOURS), free, labels)
        free[labels > 0] = 0
        if (now := cv2.countNonZero(free)) == left:
            break
        left = now
    return labels
