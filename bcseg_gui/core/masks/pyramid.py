"""What a byte of the mask means, and its overview levels: which tile shows which, and how a tile is halved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..geometry import TILE_SIZE, TileKey

Tile = NDArray[np.uint8]
Pixel = TypeVar("Pixel", bound=np.generic)

MANUAL = 0x80
"""Bit of a pixel that a person set; predictions leave such a pixel alone."""
CLASS_BITS = 0x7F
"""Bits of a pixel that hold its class id; 0 is background."""

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


def halved(tile: Tile) -> Tile:
    """Half the size: a pixel is the highest class id of the four below it, without the manual bit, or a gap.

    The highest, not the most frequent: the thinnest cell stays visible however far one zooms out, and no cell grows
    by as much as one overview pixel. A gap of one or two pixels between cells stays visible too, else those that touch
    would look like one.
    """
    classes: Tile = tile & np.uint8(CLASS_BITS)
    return np.where(_of_four(_gaps(classes > 0)), np.uint8(0), _of_four(classes)).astype(np.uint8)


def _of_four(pixels: NDArray[Pixel]) -> NDArray[Pixel]:
    rows = np.maximum(pixels[0::2], pixels[1::2])
    return np.asarray(np.maximum(rows[:, 0::2], rows[:, 1::2]), pixels.dtype)


def _gaps(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that are no cell and have cells within two pixels on both sides, left and right or above and below."""
    around = np.pad(cells, 2)
    left, right = (around[2:-2, x:][:, : cells.shape[1]] | around[2:-2, x + 1 :][:, : cells.shape[1]] for x in (0, 3))
    above, below = (around[y:, 2:-2][: cells.shape[0]] | around[y + 1 :, 2:-2][: cells.shape[0]] for y in (0, 3))
    return np.asarray(~cells & ((left & right) | (above & below)), np.bool_)
