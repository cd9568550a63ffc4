"""A mask as one picture file: PNG, or a tiled pyramidal BigTIFF where a PNG would be too large to open."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..files import temporary_folder, write_error
from ..geometry import Region
from ..masks import CLASS_BITS

Read = Callable[[Region], NDArray[np.uint8]]
"""Gives the classes of a region, uint8 (region.h, region.w), as `Mask.read` does."""

LARGEST_PNG_SIDE = 32_767
LARGEST_PNG_PIXELS = 500_000_000
_TIFF_TILE = 512

_PALETTE = (0, 0, 0, 0, 114, 178, 213, 94, 0, 0, 158, 115, 204, 121, 167, 240, 228, 66, 86, 180, 233, 230, 159, 0)
"""RGB of class ids 0…7: the colour-blind-safe palette of Okabe and Ito on black."""


def suffix_for(dimensions: tuple[int, int]) -> str:
    """`.png`, or `.tif` for more than 32,767 px a side or half a gigapixel; `dimensions` is (width, height)."""
    large = max(dimensions) > LARGEST_PNG_SIDE or dimensions[0] * dimensions[1] > LARGEST_PNG_PIXELS
    return ".tif" if large else ".png"


def write_mask_picture(path: Path, classes: NDArray[np.uint8], class_count: int = 1) -> None:
    """`write_mask` of an array `(h, w)` of class ids or mask bytes."""
    height, width = classes.shape
    everything = Region(0, 0, width, height)
    write_mask(path, (width, height), lambda region: classes[region.slices_in(everything)], class_count)


def write_mask(
    path: Path, dimensions: tuple[int, int], read: Read, class_count: int = 1, *, mpp: float | None = None
) -> None:
    """Write a mask of (width, height): 0/255 for one class, the ids with a palette otherwise.

    The suffix chooses the format. `read` is asked for bands of 512 rows, from top to bottom, and gives class ids or
    mask bytes (the manual bit does not leave); memory is bounded by a few such bands. `mpp` goes into a TIFF. The file
    appears as a whole or not at all. Raises UserError when it cannot be written, and whatever `read` does.
    """
    with temporary_folder(path) as folder:
        temporary = folder / path.name
        try:
            if path.suffix == ".png":
                _write_png(temporary, dimensions, read, class_count)
            else:
                _write_pyramid(temporary, dimensions, read, class_count, mpp)
            temporary.replace(path)
        except OSError as error:
            raise write_error(error, path) from error


def _bands(dimensions: tuple[int, int], read: Read, class_count: int) -> Iterator[NDArray[np.uint8]]:
    """The picture's values, 512 rows at a time."""
    width, height = dimensions
    for y in range(0, height, _TIFF_TILE):
        ids = read(Region(0, y, width, min(_TIFF_TILE, height - y))) & np.uint8(CLASS_BITS)
        yield (ids > 0) * np.uint8(255) if class_count == 1 else ids


def _compressor() -> zlib._Compress:
    # Masks are runs of equal bytes: Z_RLE is faster than level 1 and smaller than level 6.
    return zlib.compressobj(1, zlib.DEFLATED, strategy=zlib.Z_RLE)


def _write_png(path: Path, dimensions: tuple[int, int], read: Read, class_count: int) -> None:
    """Row by row, without Pillow, which needs the whole picture in memory."""
    width, height = dimensions
    colour = 0 if class_count == 1 else 3
    with path.open("wb") as file:

        def chunk(kind: bytes, data: bytes) -> None:
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))

        file.write(b"\x89PNG\r\n\x1a\n")
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
        if colour == 3:
            chunk(b"PLTE", bytes(_PALETTE).ljust(3 * (CLASS_BITS + 1), b"\0"))
        compressor = _compressor()
        for band in _bands(dimensions, read, class_count):
            rows = np.pad(band, ((0, 0), (1, 0)))  # each row starts with its filter: none
            chunk(b"IDAT", compressor.compress(rows.data))
        chunk(b"IDAT", compressor.flush())
        chunk(b"IEND", b"")


def _write_pyramid(path: Path, dimensions: tuple[int, int], read: Read, class_count: int, mpp: float | None) -> None:
    count = 1
    while max(dimensions) >> count - 1 > 2 * _TIFF_TILE:
        count += 1
    with tempfile.TemporaryFile(dir=path.parent) as spill, tifffile.TiffWriter(path, bigtiff=True) as tiff:
        levels = [_Level(dimensions, level, spill) for level in range(1, count)]
        tiles: Iterator[bytes] = _finest(_bands(dimensions, read, class_count), levels)
        for level in range(count):
            if level:
                tiles = levels[level - 1].tiles()
            tiff.write(
                tiles,
                shape=_shape(dimensions, level),
                dtype=np.uint8,
                tile=(_TIFF_TILE, _TIFF_TILE),
                compression="zlib",
                photometric="minisblack",
                subfiletype=1 if level else 0,  # OpenSlide wants the levels as pages, not as SubIFDs
                resolution=None if mpp is None else (1e4 / mpp / 2**level,) * 2,
                resolutionunit=None if mpp is None else "CENTIMETER",
                metadata=None,
            )


def _shape(dimensions: tuple[int, int], level: int) -> tuple[int, int]:
    width, height = dimensions
    return max(1, height >> level), max(1, width >> level)


def _finest(bands: Iterable[NDArray[np.uint8]], levels: list[_Level]) -> Iterator[bytes]:
    """Tiles of level 0; the coarser levels take from each band what they show of it."""
    for band in bands:
        coarser = band
        for level in levels:  # before the tiles: nobody comes back here after the last of them
            coarser = level.add_rows(coarser)
        yield from _encoded(band)


class _Level:
    """A coarser level: every second row and column of the one before, so ids stay ids. Its tiles wait in a file."""

    def __init__(self, dimensions: tuple[int, int], level: int, spill: IO[bytes]) -> None:
        height, width = _shape(dimensions, level)
        self._spill = spill
        self._missing = height
        self._band = np.zeros((0, width), np.uint8)
        self._places: list[tuple[int, int]] = []

    def add_rows(self, band: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Rows of the level before, an even number but for the last; returns the rows of this level they gave."""
        rows = np.ascontiguousarray(band[::2, ::2][: self._missing, : self._band.shape[1]])
        self._missing -= len(rows)
        self._band = np.concatenate((self._band, rows))
        if len(self._band) == _TIFF_TILE or (len(rows) and not self._missing):
            for data in _encoded(self._band):
                self._places.append((self._spill.tell(), len(data)))
                self._spill.write(data)
            self._band = self._band[:0]
        return rows

    def tiles(self) -> Iterator[bytes]:
        for start, length in self._places:
            self._spill.seek(start)
            yield self._spill.read(length)


def _encoded(band: NDArray[np.uint8]) -> Iterator[bytes]:
    """The tiles of a band of at most 512 rows, filled up with background, as a TIFF holds them."""
    for x in range(0, band.shape[1], _TIFF_TILE):
        part = band[:, x : x + _TIFF_TILE]
        if part.any():
            tile = np.zeros((_TIFF_TILE, _TIFF_TILE), np.uint8)
            tile[: part.shape[0], : part.shape[1]] = part
            yield _deflated(tile.data)
        else:
            yield _EMPTY_TILE


def _deflated(data: bytes | memoryview) -> bytes:
    compressor = _compressor()
    return compressor.compress(data) + compressor.flush()


_EMPTY_TILE = _deflated(bytes(_TIFF_TILE * _TIFF_TILE))
"""Written out, not omitted: other programs show a missing tile as transparent or not at all."""
