"""A mask as one picture file: PNG, or a tiled pyramidal BigTIFF where a PNG would be too large to open."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from ..files import temporary_folder, write_error

LARGEST_PNG_SIDE = 32_767
LARGEST_PNG_PIXELS = 500_000_000
_TIFF_TILE = 512

_PALETTE = (0, 0, 0, 0, 114, 178, 213, 94, 0, 0, 158, 115, 204, 121, 167, 240, 228, 66, 86, 180, 233, 230, 159, 0)
"""RGB of class ids 0…7: the colour-blind-safe palette of Okabe and Ito on black."""


def suffix_for(dimensions: tuple[int, int]) -> str:
    """`.png`, or `.tif` for more than 32,767 px a side or half a gigapixel; `dimensions` is (width, height)."""
    large = max(dimensions) > LARGEST_PNG_SIDE or dimensions[0] * dimensions[1] > LARGEST_PNG_PIXELS
    return ".tif" if large else ".png"


@contextmanager
def blank_mask(dimensions: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """A zeroed array `(height, width)` to fill; for a large slide it lies in a temporary file, not in memory."""
    width, height = dimensions
    if suffix_for(dimensions) == ".png":
        yield np.zeros((height, width), np.uint8)
        return
    with tempfile.TemporaryFile() as file:
        yield np.memmap(file, np.uint8, "w+", shape=(height, width))


def write_mask_picture(path: Path, classes: NDArray[np.uint8], class_count: int = 1) -> None:
    """Write class ids `(h, w)`: 0/255 for one class, the ids with a palette otherwise. The suffix chooses the format.

    The file appears as a whole or not at all. Raises UserError when it cannot be written.
    """
    with temporary_folder(path) as folder:
        temporary = folder / path.name
        try:
            if path.suffix == ".png":
                _write_png(temporary, classes, class_count)
            else:
                _write_pyramid(temporary, classes, class_count)
            temporary.replace(path)
        except OSError as error:
            raise write_error(error, path) from error


def _write_png(path: Path, classes: NDArray[np.uint8], class_count: int) -> None:
    if class_count == 1:
        picture = Image.fromarray((classes > 0).astype(np.uint8) * np.uint8(255))
    else:
        picture = Image.fromarray(classes)
        picture.putpalette(_PALETTE)  # turns the mode into P; the values stay the class ids
    picture.save(path, compress_level=3)


def _write_pyramid(path: Path, classes: NDArray[np.uint8], class_count: int) -> None:
    levels = 1
    while max(classes.shape) >> levels > 2 * _TIFF_TILE:
        levels += 1
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for level in range(levels):
            height, width = max(1, classes.shape[0] >> level), max(1, classes.shape[1] >> level)
            tiff.write(
                _tiles(classes, level, (height, width), class_count),
                shape=(height, width),
                dtype=np.uint8,
                tile=(_TIFF_TILE, _TIFF_TILE),
                compression="zlib",
                photometric="minisblack",
                subfiletype=1 if level else 0,  # OpenSlide wants the levels as pages, not as SubIFDs
                metadata=None,
            )


def _tiles(
    classes: NDArray[np.uint8], level: int, shape: tuple[int, int], class_count: int
) -> Iterator[NDArray[np.uint8]]:
    """Tiles of a level, row by row; a pixel of a coarser level is one of those it covers, so ids stay ids."""
    step, side = 1 << level, _TIFF_TILE << level
    for y in range(0, shape[0] << level, side):
        for x in range(0, shape[1] << level, side):
            tile = np.asarray(classes[y : y + side : step, x : x + side : step])
            rows, columns = min(_TIFF_TILE, shape[0] - (y >> level)), min(_TIFF_TILE, shape[1] - (x >> level))
            tile = tile[:rows, :columns]
            if class_count == 1:
                tile = (tile > 0).astype(np.uint8) * np.uint8(255)
            yield np.asarray(
                cv2.copyMakeBorder(tile, 0, _TIFF_TILE - rows, 0, _TIFF_TILE - columns, cv2.BORDER_CONSTANT), np.uint8
            )
