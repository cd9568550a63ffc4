"""Rectangles and tiles. A `Region` is always in level-0 pixels; other planes carry a prefix in the variable's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .errors import UserError

TILE_SIZE = 512
"""Side of a mask tile and of a viewer tile, in pixels of its level."""

Point = tuple[float, float]
"""Level-0 position `(x, y)`; pixel (i, j) covers `[i, i + 1) × [j, j + 1)`."""


@dataclass(frozen=True, slots=True)
class Region:
    """Half-open rectangle `[x, x + w) × [y, y + h)` in level-0 pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def area(self) -> int:
        return max(0, self.w) * max(0, self.h)

    @property
    def is_empty(self) -> bool:
        return self.w <= 0 or self.h <= 0

    def intersected(self, other: Region) -> Region:
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Region(x, y, max(0, min(self.right, other.right) - x), max(0, min(self.bottom, other.bottom) - y))

    def united(self, other: Region) -> Region:
        """Smallest region that holds both; an empty one adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Region(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def is_mostly_in(self, *others: Region) -> bool:
        """More than half of it lies in one of the others."""
        return any(2 * self.intersected(other).area > self.area for other in others)

    def grown(self, margin: int) -> Region:
        return Region(self.x - margin, self.y - margin, self.w + 2 * margin, self.h + 2 * margin)

    def slices_in(self, outer: Region) -> tuple[slice, slice]:
        """`(rows, columns)` that cut this region out of an array that covers `outer`."""
        return (
            slice(self.y - outer.y, self.bottom - outer.y),
            slice(self.x - outer.x, self.right - outer.x),
        )

    @classmethod
    def parse(cls, text: str) -> Region:
        """Read `X,Y,W,H`. Raises UserError for anything else, or when width or height is not positive."""
        try:
            x, y, w, h = (int(part) for part in text.split(","))
        except ValueError:
            raise UserError("“{text}” is not a region: give X,Y,WIDTH,HEIGHT in pixels.", text=text) from None
        if w <= 0 or h <= 0:
            raise UserError("The region “{text}” is empty: width and height must be above 0.", text=text)
        return cls(x, y, w, h)


def united_region(regions: Iterable[Region]) -> Region:
    """Smallest region that holds all."""
    united = Region(0, 0, 0, 0)
    for region in regions:
        united = united.united(region)
    return united


@dataclass(frozen=True, slots=True)
class TileKey:
    """One tile of `TILE_SIZE`² pixels of a level; `row` and `col` count tiles from the top left."""

    level: int
    row: int
    col: int

    def level_region(self) -> Region:
        """The tile's rectangle in pixels of its own level (equal to level-0 pixels at level 0)."""
        return Region(self.col * TILE_SIZE, self.row * TILE_SIZE, TILE_SIZE, TILE_SIZE)


def tiles_covering(level_region: Region, level: int = 0) -> Iterator[TileKey]:
    """Keys of the tiles that touch a rectangle given in that level's pixels, row by row."""
    if level_region.is_empty:
        return
    for row in range(level_region.y // TILE_SIZE, -(-level_region.bottom // TILE_SIZE)):
        for col in range(level_region.x // TILE_SIZE, -(-level_region.right // TILE_SIZE)):
            yield TileKey(level, row, col)
