"""Single cells found by their outlines, also in clusters: good enough to measure their size, not to segment them."""

from __future__ import annotations

from math import pi, sqrt

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Circles = NDArray[np.float64]
"""(n, 3): x, y, radius in pixels, a pixel's centre at whole coordinates."""

SMALLEST = 8.0
"""Diameter of the smallest cell that is found, in pixels."""

_RADII = np.geomspace(9, 20, 9)
"""Radii searched for on one level of the pyramid; the next has half the pixels on a side and finds twice these."""
_VOTES = 0.35
"""Share of a circle's outline that must point to its centre for the circle to be a candidate."""
_ROUND = 1.3
"""By how much an outline's distance from the centre may differ from its median."""
_OUTLINE = 0.55
"""Share of directions in which the outline must be visible; elsewhere a neighbour hides it."""
_RIM = 0.8
"""Share of the outer half of a circle that must be stained: a ring of cells around nothing has an outline too."""
_SOLID, _SLENDER = 0.96, 0.35
"""A closed outline is one cell when it fills this much of its convex hull and is no more slender than this."""

_ANGLES = np.arange(32) * (2 * pi / 32)
_RAYS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_REACH = np.linspace(0.55, 1.65, 24)
"""Where on a ray the outline is searched for, in radii."""
_DISC_RADII = np.sqrt((np.arange(6) + 0.5) / 6)
_DISC = (_DISC_RADII[:, None, None] * np.stack([_RAYS[0, ::2], _RAYS[1, ::2]])[None]).transpose(1, 0, 2).reshape(2, -1)
"""(2, 96) points spread evenly over the unit disc, from the middle outwards."""


def find_circles(stain: NDArray[np.float32], edge: float) -> Circles:
    """One circle per cell: of the same area where the cell is alone, else fitted to the visible part of its outline.

    `stain` float32 (h, w) is higher in cells and passes `edge` at their outlines. Cells cut by the border of the
    picture count when enough of them is visible.
    """
    mask = (stain > edge).view(np.uint8)
    occupied = np.zeros_like(mask)
    alone = _alone(mask, occupied)
    fitted, seen = [np.empty((0, 3))], [np.empty(0)]
    level, factor = stain, 1
    while min(level.shape) >= 3 * _RADII[0]:
        circles, share = _fitted(level, edge, _voted(level, edge))
        fitted.append(circles * factor + [(factor - 1) / 2, (factor - 1) / 2, 0])
        seen.append(share)
        level = np.asarray(cv2.resize(level, (level.shape[1] // 2, level.shape[0] // 2), interpolation=cv2.INTER_AREA))
        factor *= 2
    circles = np.concatenate(fitted)[np.argsort(-np.concatenate(seen), kind="stable")]
    rims = sample_discs(mask, circles)[:, _DISC.shape[1] // 2 :].mean(axis=1)
    return np.concatenate([alone, _apart(circles[rims >= _RIM], occupied)])


def sample_discs(values: NDArray[np.uint8] | NDArray[np.float32], circles: Circles) -> NDArray[np.float32]:
    """(n, 96) values inside each circle, from the middle outwards; beyond the border, those at the border."""
    x, y, radius = (column[:, None] for column in circles.T)
    return _at(values, x + radius * _DISC[0], y + radius * _DISC[1])


def _at(values: NDArray[np.uint8] | NDArray[np.float32], x: Circles, y: Circles) -> NDArray[np.float32]:
    if x.size == 0:
        return np.empty(x.shape, np.float32)
    flat = (x.reshape(len(x), -1).astype(np.float32), y.reshape(len(x), -1).astype(np.float32))
    found = cv2.remap(values, *flat, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(x.shape)


def _alone(mask: NDArray[np.uint8], occupied: NDArray[np.uint8]) -> Circles:
    """Circles as large as the cells, holes filled, that touch neither each other nor the border; marks `occupied`."""
    height, width = mask.shape
    circles = []
    for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        x, y, w, h = cv2.boundingRect(outline)
        if min(w, h) < SMALLEST / 2 or x == 0 or y == 0 or x + w == width or y + h == height:
            continue
        area = _area(outline)
        (_, sides, _), hull = cv2.minAreaRect(outline), cv2.convexHull(outline)
        if area < pi * SMALLEST**2 / 4 or min(sides) < _SLENDER * max(sides) or area < _SOLID * _area(hull):
            continue
        cv2.drawContours(occupied, [outline], -1, 1, cv2.FILLED)
        moments = cv2.moments(outline)
        circles.append((moments["m10"] / moments["m00"], moments["m01"] / moments["m00"], sqrt(area / pi)))
    return np.array(circles).reshape(-1, 3)


def _area(outline: MatLike) -> float:
    """Pixels inside an outline that runs through the centres of its outermost ones (Pick's theorem)."""
    return cv2.contourArea(outline) + cv2.arcLength(outline, True) / 2 + 1


def _voted(stain: NDArray[np.float32], edge: float) -> Circles:
    """Circles that outlines curve around: each point of an outline votes for the centres on its inner side.

    The sign of the gradient tells inside from outside, so the pale middle of a cell casts no votes near it
    (Ballard 1981, generalised Hough transform). Best first.
    """
    height, width = stain.shape
    outlines = cv2.findContours((stain > edge).view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    if not outlines:
        return np.empty((0, 3))
    x, y = np.concatenate([outline[:, 0] for outline in outlines]).T
    inside = (x > 1) & (y > 1) & (x < width - 2) & (y < height - 2)
    x, y = x[inside], y[inside]
    smooth = cv2.GaussianBlur(np.minimum(stain, np.float32(2 * edge)), (0, 0), 1.5)
    right, down = (cv2.Sobel(smooth, cv2.CV_32F, *axis)[y, x] for axis in ((1, 0), (0, 1)))
    length = np.hypot(right, down) + 1e-9
    found = []
    for radius in _RADII:
        pitch = radius / 5
        columns, rows = int(width / pitch) + 2, int(height / pitch) + 2
        column = ((x + right / length * radius) / pitch).astype(np.int64)
        row = ((y + down / length * radius) / pitch).astype(np.int64)
        near = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
        votes = np.bincount(row[near] * columns + column[near], minlength=rows * columns).reshape(rows, columns)
        share = cv2.boxFilter(
            votes.astype(np.float32), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
        ) / np.float32(0.9 * 2 * pi * radius)  # an 8-connected circle has a tenth fewer pixels than its length
        row, column = np.nonzero((share > _VOTES) & (share == cv2.dilate(share, np.ones((3, 3), np.uint8))))
        centres = (column + 0.5) * pitch, (row + 0.5) * pitch
        found.append(np.stack([*centres, np.full(len(row), radius), share[row, column]], axis=1))
    candidates = np.concatenate(found)
    candidates = candidates[np.argsort(-candidates[:, 3], kind="stable"), :3]
    return _apart(candidates, np.zeros(stain.shape, np.uint8), reach=0.35, shared=1.0)


def _fitted(stain: NDArray[np.float32], edge: float, circles: Circles) -> tuple[Circles, NDArray[np.float64]]:
    """The circles moved and resized to the outline around them, and the share of directions in which it is visible.

    Circles with too little outline are left out.
    """
    height, width = stain.shape
    share = np.zeros(len(circles))
    for _ in range(2):
        x, y, radius = (column[:, None, None] for column in circles.T)
        ray_x, ray_y = x + radius * _RAYS[0, :, None] * _REACH, y + radius * _RAYS[1, :, None] * _REACH
        along = _at(stain, ray_x, ray_y)
        on_picture = (ray_x > 0) & (ray_y > 0) & (ray_x < width - 1) & (ray_y < height - 1)
        leaves = (along[..., :-1] > edge) & (along[..., 1:] <= edge) & on_picture[..., 1:]
        step = leaves.argmax(axis=2)
        before, after = (np.take_along_axis(along, step[..., None] + i, axis=2)[..., 0] for i in (0, 1))
        seen = leaves.any(axis=2)
        part = np.where(seen, (before - edge) / np.where(seen, before - after, 1), 0)
        distance = radius[..., 0] * (_REACH[step] + part * (_REACH[1] - _REACH[0]))
        ordered = np.sort(np.where(seen, distance, np.inf), axis=1)
        middle = np.take_along_axis(ordered, seen.sum(axis=1, keepdims=True) // 2, axis=1)
        seen &= (distance < _ROUND * middle) & (distance > middle / _ROUND)
        share = seen.mean(axis=1)
        opposite = seen & np.roll(seen, len(_ANGLES) // 2, axis=1)
        pairs = opposite.sum(axis=1)
        shift = 2 * ((distance * opposite) @ _RAYS.T) / np.maximum(pairs, 1)[:, None]
        shift[pairs < len(_ANGLES) / 4] = 0
        size = np.sqrt((distance**2 * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))
        keep = share >= 0.4
        circles = np.column_stack([circles[:, :2] + shift, size])[keep]
        share = share[keep]
    keep = share >= _OUTLINE
    return circles[keep], share[keep]


def _apart(circles: Circles, occupied: NDArray[np.uint8], reach: float = 0.8, shared: float = 0.3) -> Circles:
    """The circles, best first, without those whose middle, or more than `shared` of whose area, is occupied.

    Marks in `occupied` the middle of those kept, out to `reach` of their radius.
    """
    height, width = occupied.shape
    kept = []
    for index, (x, y, radius) in enumerate(circles.tolist()):
        if not (0 <= x < width and 0 <= y < height) or occupied[int(y), int(x)]:
            continue
        if shared < 1:
            columns = np.clip(x + radius * _DISC[0], 0, width - 1).astype(np.int64)
            rows = np.clip(y + radius * _DISC[1], 0, height - 1).astype(np.int64)
            if occupied[rows, columns].mean() > shared:
                continue
        cv2.circle(occupied, (int(x), int(y)), int(reach * radius), 1, cv2.FILLED)
        kept.append(index)
    return circles[kept]
