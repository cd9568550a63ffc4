"""A tile as bytes, and back."""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np

from bcseg_gui.core.geometry import TILE_SIZE

from ..pyramid import Tile

_PLANES = 0x42
"""First byte of a tile packed as bit planes; a tile of schema 1 is a zlib stream, which starts with 0x78."""
_PLANE_BYTES = TILE_SIZE * TILE_SIZE // 8


def pack(tile: Tile, level: int = 1) -> bytes:
    """Compressed bytes of a tile, empty for a tile of zeros; equal tiles give equal bytes at one `level` of zlib.

    Bit planes, since most tiles use one or two bits of eight: a third of the time and half the size of the bytes. The
    fastest level, since the next stroke waits for it.
    """
    used = int(np.bitwise_or.reduce(tile, axis=None))
    if not used:
        return b""
    planes = [np.packbits(tile & np.uint8(1 << bit)) for bit in range(8) if used >> bit & 1]
    return bytes((_PLANES, used)) + zlib.compress(np.concatenate(planes).data, level)


def pack_quickly(tile: Tile) -> bytes:
    """As `pack`, in a fifth of the time and, but for tiles of one value, without compression."""
    value = int(tile[0, 0])
    return _packed_plain(value) if int(tile.min()) == value == int(tile.max()) else pack(tile, 0)


@cache
def _packed_plain(value: int) -> bytes:
    return pack(np.full((TILE_SIZE, TILE_SIZE), value, np.uint8))


def unpack(data: bytes) -> Tile:
    """A new array that owns its memory. Raises zlib.error or ValueError for anything `pack` did not write."""
    shape = (TILE_SIZE, TILE_SIZE)
    if not data:
        return np.zeros(shape, np.uint8)
    if data[0] != _PLANES:
        return _inflated(data, TILE_SIZE * TILE_SIZE).reshape(shape).copy()
    if len(data) < 2:
        raise ValueError("a tile is cut off")
    bits = [bit for bit in range(8) if data[1] >> bit & 1]
    planes = _inflated(data[2:], len(bits) * _PLANE_BYTES).reshape(len(bits), _PLANE_BYTES)
    tile = np.zeros(shape, np.uint8)
    for bit, plane in zip(bits, planes, strict=True):
        pixels = np.unpackbits(plane).reshape(shape)
        tile |= pixels << np.uint8(bit) if bit else pixels
    return tile


def _inflated(data: bytes, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    # Bounded, so that a damaged or hostile file cannot swell in memory; one byte more lets the checksum be read.
    return np.frombuffer(zlib.decompressobj().decompress(data, size + 1), np.uint8)
