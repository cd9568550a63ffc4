"""The cells of a mask: 4-connected components of one class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import pi, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Region
from ..masks import CLASS_BITS

BLOCK = 2048
"""Side in pixels of what is counted in one piece."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, in level-0 pixels. A pixel's centre lies at half coordinates, as for the brush."""

    class_id: int
    region: Region
    """its bounding box"""
    area: int
    """pixels"""
    centroid: tuple[float, float]
    """(x, y)"""
    cut: bool
    """it touches the border of what was looked at, so part of it may be missing"""

    @property
    def diameter(self) -> float:
        """Diameter of the circle of the same area."""
        return 2 * sqrt(self.area / pi)


def find_cells(classes: NDArray[np.uint8], min_area: int = 1, origin: tuple[int, int] = (0, 0)) -> list[Cell]:
    """Cells of at least `min_area` pixels, class by class, each class from top to bottom.

    `classes` is uint8 (h, w), class ids or mask bytes (the manual bit is ignored); `origin` is the level-0 (x, y) of
    its first pixel.
    """
    ids = classes & np.uint8(CLASS_BITS)
    height, width = ids.shape
    x0, y0 = origin
    cells = []
    for class_id in _classes_in(ids):
        _, _, stats, centroids = cv2.connectedComponentsWithStats((ids == class_id).view(np.uint8), connectivity=4)
        # Row 0 is everything else.
        for (x, y, w, h, area), (cx, cy) in zip(stats[1:].tolist(), centroids[1:].tolist(), strict=True):
            if area >= min_area:
                cut = x == 0 or y == 0 or x + w == width or y + h == height
                centroid = (cx + x0 + 0.5, cy + y0 + 0.5)
                cells.append(Cell(class_id, Region(x + x0, y + y0, w, h), area, centroid, cut))
    return cells


def count_in_blocks(
    read: Callable[[Region], NDArray[np.uint8]],
    dimensions: tuple[int, int],
    min_area: int = 1,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> int | None:
    """The number of cells that `find_cells` finds in a mask of (width, height), of any size, in little memory.

    `read` gives the classes of a region, uint8 (region.h, region.w), as `Mask.read` does. None when `cancelled`.
    """
    width, height = dimensions
    count, seams = 0, _Seams()
    above = np.zeros(width, np.int64)
    for y in range(0, height, BLOCK):
        below = np.zeros(width, np.int64)
        left = np.zeros(min(BLOCK, height - y), np.int64)
        for x in range(0, width, BLOCK):
            if cancelled():
                return None
            region = Region(x, y, min(BLOCK, width - x), len(left))
            whole, edges = _count_whole(read(region) & np.uint8(CLASS_BITS), min_area, seams)
            count += whole
            seams.join(above[x : x + region.w], edges.top)
            seams.join(left, edges.left)
            below[x : x + region.w], left = edges.bottom, edges.right
        done, above = seams.leave(below, min_area)
        count += done
    return count + seams.leave(np.zeros(0, np.int64), min_area)[0]


@dataclass(frozen=True, slots=True)
class _Edges:
    """The pieces along a block's border, as numbers of `_Seams`; 0 where there is none."""

    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]


def _count_whole(ids: NDArray[np.uint8], min_area: int, seams: _Seams) -> tuple[int, _Edges]:
    """The number of cells that do not touch the border of `ids` (h, w); what touches it goes to `seams`."""
    height, width = ids.shape
    count = 0
    edges = _Edges(*(np.zeros(side, np.int64) for side in (width, width, height, height)))
    for class_id in _classes_in(ids):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((ids == class_id).view(np.uint8), connectivity=4)
        x, y, w, h, areas = stats.T
        cut = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
        cut[0] = False  # everything else
        count += int(np.count_nonzero(~cut[1:] & (areas[1:] >= min_area)))
        pieces = np.zeros(len(stats), np.int64)
        pieces[cut] = seams.add(int(class_id), areas[cut].tolist())
        edges.top[:] += pieces[labels[0]]
        edges.bottom[:] += pieces[labels[-1]]
        edges.left[:] += pieces[labels[:, 0]]
        edges.right[:] += pieces[labels[:, -1]]
    return count, edges


class _Seams:
    """Pieces of cells that blocks cut, numbered from 1, joined where they meet (union-find)."""

    def __init__(self) -> None:
        self._parents = [0]
        self._areas = [0]
        self._classes = [0]

    def add(self, class_id: int, areas: list[int]) -> NDArray[np.int64]:
        """Numbers of new pieces."""
        first = len(self._parents)
        self._parents.extend(range(first, first + len(areas)))
        self._areas.extend(areas)
        self._classes.extend([class_id] * len(areas))
        return np.arange(first, len(self._parents))

    def join(self, pieces: NDArray[np.int64], others: NDArray[np.int64]) -> None:
        """Pieces side by side, pixel by pixel: those of one class are one."""
        both = (pieces > 0) & (others > 0)
        for pair in set(zip(pieces[both].tolist(), others[both].tolist(), strict=True)):
            one, other = map(self._root, pair)
            if one != other and self._classes[one] == self._classes[other]:
                self._parents[other] = one
                self._areas[one] += self._areas[other]

    def leave(self, border: NDArray[np.int64], min_area: int) -> tuple[int, NDArray[np.int64]]:
        """Forget all but the cells at `border`; the number of those that end before it, and `border` renumbered."""
        numbers, places = np.unique(border, return_inverse=True)
        roots = [self._root(number) for number in numbers.tolist()]
        open_cells = sorted({*roots, 0})
        ended = {root for root in range(1, len(self._parents)) if self._parents[root] == root}.difference(open_cells)
        count = sum(self._areas[root] >= min_area for root in ended)
        renumbered = {root: number for number, root in enumerate(open_cells)}
        self._parents = list(range(len(open_cells)))
        self._areas = [self._areas[root] for root in open_cells]
        self._classes = [self._classes[root] for root in open_cells]
        return count, np.array([renumbered[root] for root in roots], np.int64)[places]

    def _root(self, piece: int) -> int:
        while self._parents[piece] != piece:
            self._parents[piece] = self._parents[self._parents[piece]]
            piece = self._parents[piece]
        return piece


def median_diameter(cells: Iterable[Cell]) -> float | None:
    """Median diameter in level-0 pixels of the cells that are whole, None when there is none."""
    diameters = [cell.diameter for cell in cells if not cell.cut]
    return float(np.median(diameters)) if diameters else None


def _classes_in(ids: NDArray[np.uint8]) -> list[int]:
    """The class ids there are, ascending, without background."""
    if not ids.size:
        return []
    # Not np.bincount: that makes eight bytes of each pixel, and holds up the other threads meanwhile.
    return [int(found) for found in np.flatnonzero(cv2.calcHist([ids], [0], None, [256], [0, 256])[1:]) + 1]
