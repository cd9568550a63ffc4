"""Parting touching cells: a watershed on the distance to the border, from one seed a cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SEED_DEPTH = 0.25
"""How far a seed must rise above the neck to the next one, as a share of a cell's radius."""
SMALLEST_SEED = 0.4
"""Depth of the shallowest seed, as a share of a cell's radius: specks and fringes get none of their own."""
CRUMB = 0.02
"""Area of the largest crumb that a jagged line leaves, as a share of the square of a cell's diameter."""
PINHOLE = 0.015
"""Area of the largest hole that is a slip of the network and no gap between cells, as a share of that square."""
FLOOD_STEPS = 24

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def territories(foreground: NDArray[np.bool_], cell_diameter: float) -> NDArray[np.int16]:
    """Which cell every pixel `(h, w)` belongs to, 1…n; 0 where there is none, and in specks.

    `cell_diameter` in pixels of `foreground`. The territories reach a little beyond the foreground, so that they can be
    enlarged with it.
    """
    if foreground.all() or not foreground.any():
        return foreground.astype(np.int16)  # without any background, nothing has a depth
    mask = _without_pinholes(foreground, PINHOLE * cell_diameter**2).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = np.asarray(cv2.GaussianBlur(distance, (0, 0), max(0.5, 0.04 * cell_diameter)), np.float32)
    labels = _seeds(depth, cell_diameter / 2)
    for level in np.linspace(float(depth.max()), 0, FLOOD_STEPS):
        labels = _flooded(labels, (depth >= level) & foreground)
    around = cv2.dilate(labels, np.ones((5, 5), np.uint8))
    return np.where(labels > 0, labels, around)


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


def _without_pinholes(foreground: NDArray[np.bool_], area: float) -> NDArray[np.bool_]:
    """A hole of a few pixels would look like a neck: it makes everything around it shallow."""
    _, holes, stats, _ = cv2.connectedComponentsWithStats((~foreground).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False  # the foreground itself
    return np.asarray(foreground | small[holes], np.bool_)


def _seeds(depth: NDArray[np.float32], radius: float) -> NDArray[np.int16]:
    """Labels of the h-maxima of `depth`: hills that rise by `SEED_DEPTH` above the saddle to a higher one."""
    base = np.where(depth < SMALLEST_SEED * radius, 0, np.maximum(depth - SEED_DEPTH * radius, 0))
    hills = (depth - _reconstruct(base.astype(np.float32), depth) > 0.5 * SEED_DEPTH * radius) & (
        depth >= SMALLEST_SEED * radius
    )
    _, labels = cv2.connectedComponents(hills.astype(np.uint8), connectivity=8, ltype=cv2.CV_16U)
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
    while True:
        grown = np.where(ground & (labels == 0), cv2.dilate(labels, _NEIGHBOURS), labels)
        if np.array_equal(grown, labels):
            return labels
        labels = grown
