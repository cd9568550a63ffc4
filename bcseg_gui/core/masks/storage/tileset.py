"""Sets of tiles of a mask, quick and small also for a slide of a hundred thousand tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import TILE_SIZE, TileKey

from ..pyramid import level_count

Grid = NDArray[np.bool_]


class TileSet:
    """Which tiles of each level are in it: a grid of bool a level, (rows, cols) of tiles."""

    def __init__(self, dimensions: tuple[int, int], places: Iterable[tuple[int, int, int]] = ()) -> None:
        """`dimensions` of the mask in level-0 pixels, `places` as (level, row, col); those outside are left out."""
        self._dimensions = dimensions
        width, height = dimensions
        self._grids: list[Grid] = [
            np.zeros((-(-height // (TILE_SIZE << level)), -(-width // (TILE_SIZE << level))), np.bool_)
            for level in range(level_count(dimensions))
        ]
        all_places = np.array(list(places), np.int64).reshape(-1, 3)
        for level, grid in enumerate(self._grids):
            rows, cols = all_places[all_places[:, 0] == level, 1:].T
            inside = (rows >= 0) & (rows < grid.shape[0]) & (cols >= 0) & (cols < grid.shape[1])
            grid[rows[inside], cols[inside]] = True

    def __contains__(self, key: TileKey) -> bool:
        if not 0 <= key.level < len(self._grids):
            return False
        grid = self._grids[key.level]
        return 0 <= key.row < grid.shape[0] and 0 <= key.col < grid.shape[1] and bool(grid[key.row, key.col])

    def add_upwards(self, key: TileKey) -> None:
        """Add a tile and the overview tiles that show it."""
        for level in range(key.level, len(self._grids)):
            shift = level - key.level
            self._grids[level][key.row >> shift, key.col >> shift] = True

    def discard(self, key: TileKey) -> None:
        self._grids[key.level][key.row, key.col] = False

    def parents(self, level: int) -> Iterator[TileKey]:
        """The tiles of an overview level that show one of this set, row by row, as the set is now."""
        grid = _halved(self._grids[level - 1])
        for row in np.flatnonzero(grid.any(axis=1)).tolist():
            for col in np.flatnonzero(grid[row]).tolist():
                yield TileKey(level, row, col)

    def with_ancestors(self) -> TileSet:
        """The level-0 tiles of this set and the overview tiles that show them."""
        result = TileSet(self._dimensions)
        result._grids[0] = self._grids[0].copy()
        for level in range(1, len(self._grids)):
            result._grids[level] = _halved(result._grids[level - 1])
        return result

    def below_missing(self, others: TileSet) -> TileSet:
        """Tiles of this set below an overview tile of it that is not among `others`, and above such tiles."""
        result = TileSet(self._dimensions)
        for level in range(len(self._grids) - 1):
            missing = self._grids[level + 1] & ~others._grids[level + 1]
            due = np.repeat(np.repeat(missing, 2, axis=0), 2, axis=1)
            rows, cols = self._grids[level].shape
            result._grids[level] |= self._grids[level] & due[:rows, :cols]
            result._grids[level + 1] |= _halved(result._grids[level])
        return result


def _halved(grid: Grid) -> Grid:
    """The grid of the next coarser level, True where any of four is."""
    rows, cols = grid.shape
    even = np.pad(grid, ((0, rows % 2), (0, cols % 2)))
    return np.asarray(even.reshape((rows + 1) // 2, 2, (cols + 1) // 2, 2).any(axis=(1, 3)), np.bool_)
