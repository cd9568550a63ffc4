"""What a byte of the mask means, and its overview levels: which tile shows which, and how a tile is halved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..geometry import TILE_SIZE, TileKey

Tile = NDArray[np.uint8]

MANUAL = 0x80
"""Bit of a pixel that a person set; predictions leave such a pixel alone."""
CLASS_BITS = 0x7F
"""Bits of a pixel that hold its class id; 0 is background."""

GAP_LEVELS = 3
"""Overview levels in which gaps between cells are kept; further out, cells are a few pixels wide and would give way."""
_HALF = TILE_SIZE // 2


def level_count(dimensions: tuple[int, int]) -> int:
    """Levels of half size each, down to the first that fits into one tile; level 0 counts."""
    side, count = max(dimensions), 1
    while side > TILE_SIZE:
        side, count = -(-side // 2), count + 1
    return count


def ancestors(key: TileKey, levels: int) -> Iterator[TileKey]:
    """The overview tiles that show a tile, the nearest first."""
    for level in range(key.level + 1, levels):
        shift = level - key.level
        yield TileKey(level, key.row >> shift, key.col >> shift)


def children(key: TileKey) -> Iterator[tuple[TileKey, slice, slice]]:
    """The four tiles one level finer, each with the rows and columns it takes in the tile."""
    for down in (0, 1):
        for right in (0, 1):
            child = TileKey(key.level - 1, 2 * key.row + down, 2 * key.col + right)
            yield child, slice(down * _HALF, (down + 1) * _HALF), slice(right * _HALF, (right + 1) * _HALF)


def halved(tile: Tile, *, with_gaps: bool = True) -> Tile:
    """Half the size: a pixel is the highest class id of the four below it, without the manual bit, or a gap.

    The highest, not the most frequent: the thinnest cell stays visible however far one zooms out, and no cell grows
    by as much as one overview pixel. `with_gaps`, one or two pixels between cells stay visible too, else those that
    touch would look like one.
    """
    classes: Tile = tile & np.uint8(CLASS_BITS)
    rows = np.maximum(classes[0::2], classes[1::2]).view(np.uint16)
    highest = np.maximum(rows & np.uint16(0xFF), rows >> np.uint16(8)).astype(np.uint8)
    if with_gaps:
        gaps = _gaps(classes != 0)
        highest[(gaps[0::2] | gaps[1::2]).view(np.uint16) != 0] = 0
    return np.asarray(highest, np.uint8)


def _gaps(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that are no cell and have cells within two pixels on both sides, left and right or above and below."""
    height, width = cells.shape
    around = np.pad(cells, 2)
    pitch = width + 4
    # As one long row: a neighbour is then a shift, several times as fast as rows and columns.
    flat, count = around.ravel(), height * pitch - 4

    def at(down: int, right: int) -> NDArray[np.bool_]:
        start = (2 + down) * pitch + 2 + right
        return flat[start : start + count]

    between = (at(0, -2) | at(0, -1)) & (at(0, 1) | at(0, 2))
    between |= (at(-2, 0) | at(-1, 0)) & (at(1, 0) | at(2, 0))
    between &= ~at(0, 0)
    return np.ascontiguousarray(np.append(between, np.zeros(4, np.bool_)).reshape(height, pitch)[:, :width])
