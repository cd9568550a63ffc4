"""How a picture of any size is cut into tiles, in level-0 pixels. Knows no network."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rect:
    """Half-open rectangle in level-0 pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its pixels in an array `(h, w)` of the whole picture."""
        return slice(self.y, self.y + self.h), slice(self.x, self.x + self.w)

    def grown(self, by: int, dimensions: tuple[int, int]) -> Rect:
        """With `by` px more on every side, within a picture of `dimensions` = (width, height)."""
        left, top = max(0, self.x - by), max(0, self.y - by)
        right, bottom = min(dimensions[0], self.x + self.w + by), min(dimensions[1], self.y + self.h + by)
        return Rect(left, top, right - left, bottom - top)

    def common(self, other: Rect) -> Rect:
        """What both cover; without area where they do not meet."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.x + self.w, other.x + other.w), min(self.y + self.h, other.y + other.h)
        return Rect(left, top, max(0, right - left), max(0, bottom - top))

    def inside(self, outer: Rect) -> tuple[slice, slice]:
        """Its pixels in an array of `outer`, which contains it."""
        return Rect(self.x - outer.x, self.y - outer.y, self.w, self.h).slices


class Reader(Protocol):
    """Reads a level-0 rectangle that lies within the slide, resized to `size` = (width, height): RGB uint8."""

    def __call__(self, rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]: ...


def cut_count(region: Rect, side: float) -> int:
    """How many tiles `cut` makes."""
    return _pieces(region.w, side) * _pieces(region.h, side)


def _pieces(length: int, side: float) -> int:
    return max(1, min(length, math.ceil(length / side)))


def cut(region: Rect, side: float, first: tuple[int, int] | None = None) -> list[Rect]:
    """A region as nearly equal tiles of at most `side` px, the nearest to the point `first` = (x, y) first."""
    tiles = parted(region, _pieces(region.w, side), _pieces(region.h, side))
    if first is not None:
        tiles.sort(key=lambda tile: math.dist(first, (tile.x + tile.w / 2, tile.y + tile.h / 2)))
    return tiles


def parted(region: Rect, columns: int, rows: int) -> list[Rect]:
    """A region as so many nearly equal tiles, row by row."""
    xs = [region.x + region.w * i // columns for i in range(columns + 1)]
    ys = [region.y + region.h * i // rows for i in range(rows + 1)]
    return [
        Rect(x, y, right - x, bottom - y) for y, bottom in itertools.pairwise(ys) for x, right in itertools.pairwise(xs)
    ]
