"""A cell of a mask with its pixels, and many cells as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from ..geometry import Point, Region

_EAST, _SOUTH, _WEST, _NORTH = range(4)
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A 4-connected component of one class: bool `where` (region.h, region.w), `region` its bounding box."""

    class_id: int
    region: Region
    where: NDArray[np.bool_]

    @property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.where))

    def holds(self, point: Point) -> bool:
        x, y = floor(point[0]) - self.region.x, floor(point[1]) - self.region.y
        return 0 <= x < self.region.w and 0 <= y < self.region.h and bool(self.where[y, x])

    def outlines(self) -> list[list[Point]]:
        """Closed polygons along the edges of its pixels, corners only, the first point not repeated.

        The outer one runs clockwise on the screen, those of holes the other way round.
        """
        padded = np.pad(self.where, 1)
        ahead: dict[tuple[int, int], list[int]] = {}
        # An edge has the cell on its right: it runs east along a pixel's top, south down its right side, and so on.
        for direction, inside, outside in (
            (_EAST, padded[1:, :], padded[:-1, :]),
            (_WEST, padded[:-1, :], padded[1:, :]),
            (_NORTH, padded[:, 1:], padded[:, :-1]),
            (_SOUTH, padded[:, :-1], padded[:, 1:]),
        ):
            rows, cols = np.nonzero(inside & ~outside)
            # Where the edge begins, as a corner of the cell's box; index i of these arrays is the line before pixel i.
            first_col, first_row = {_EAST: (-1, 0), _WEST: (0, 0), _NORTH: (0, 0), _SOUTH: (0, -1)}[direction]
            for row, col in zip((rows + first_row).tolist(), (cols + first_col).tolist(), strict=True):
                ahead.setdefault((col, row), []).append(direction)
        outlines: list[list[Point]] = []
        while ahead:
            outlines.append([(x + self.region.x, y + self.region.y) for x, y in _loop(ahead)])
        return outlines


def _loop(ahead: dict[tuple[int, int], list[int]]) -> list[tuple[int, int]]:
    """Remove one closed path from `ahead` and return its corners."""
    start = at = next(iter(ahead))
    heading, corners = -1, []
    while True:
        choices = ahead[at]
        # Where two pixels meet at a corner only, a right turn keeps to the same pixel.
        turn = (heading + 1) % 4
        direction = turn if heading >= 0 and turn in choices else choices[0]
        choices.remove(direction)
        if not choices:
            del ahead[at]
        if direction != heading:
            corners.append(at)
        heading = direction
        at = at[0] + _STEPS[heading][0], at[1] + _STEPS[heading][1]
        if at == start and (at not in ahead or (heading + 1) % 4 not in ahead[at]):
            return corners


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Many cells, a row of each array per cell, without their pixels: 100,000 take 8 MB."""

    class_ids: NDArray[np.uint8]
    """(n,)"""
    boxes: NDArray[np.int64]
    """(n, 4): bounding boxes x, y, w, h in level-0 px"""
    areas: NDArray[np.int64]
    """(n,) px"""
    centroids: NDArray[np.float64]
    """(n, 2): x, y in level-0 px; the centre of a pixel is at half coordinates"""

    def __len__(self) -> int:
        return len(self.class_ids)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Cells:
        """The cells of some rows, given by number or as a bool for each."""
        return Cells(self.class_ids[rows], self.boxes[rows], self.areas[rows], self.centroids[rows])

    @property
    def diameters(self) -> NDArray[np.float64]:
        """(n,): diameter in px of the circle of the same area."""
        return np.asarray(2 * np.sqrt(self.areas / np.pi), np.float64)

    @classmethod
    def none(cls) -> Cells:
        return cls(np.zeros(0, np.uint8), np.zeros((0, 4), np.int64), np.zeros(0, np.int64), np.zeros((0, 2)))

    @classmethod
    def joined(cls, parts: Sequence[Cells]) -> Cells:
        """All rows of the parts, one part after the other."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.class_ids for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.areas for part in parts]),
            np.concatenate([part.centroids for part in parts]),
        )

    def merged(self) -> Cells:
        """The one cell that all rows, pieces of it, make up."""
        left_top = self.boxes[:, :2].min(axis=0)
        right_bottom = (self.boxes[:, :2] + self.boxes[:, 2:]).max(axis=0)
        area = self.areas.sum(keepdims=True)
        return Cells(
            self.class_ids[:1],
            np.concatenate([left_top, right_bottom - left_top])[None],
            area,
            (self.areas @ self.centroids / area)[None],
        )
