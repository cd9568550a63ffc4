"""Makes the sample slides that ship with the app: `python -m bcseg_gui.core.synthetic.samples [FOLDER]`.

Four field photographs, one pyramidal slide and their exact masks, all synthetic, so free of patients and licences.
"""

from __future__ import annotations

import io
import itertools
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..resources import resource
from .smear import make_smear

FIELDS: dict[str, dict[str, Any]] = {
    "field-1": {"seed": 4, "stain": "violet", "cell_diameter": 106.0, "density": 0.22, "white_cells": 2},
    "field-2": {"seed": 3, "stain": "slate", "cell_diameter": 98.0, "density": 0.30, "white_cells": 2},
    "field-3": {"seed": 2, "stain": "wine", "cell_diameter": 88.0, "density": 0.26, "white_cells": 2, "crenated": 0.2},
    "field-4": {"seed": 1, "stain": "pink", "cell_diameter": 116.0, "density": 0.24, "white_cells": 2},
}
FIELD_SIZE = (1600, 1200)
SLIDE_SIZE = (6000, 4500)
SLIDE_MPP = 0.1
RED_CELL_MICRONS = 7.5

_TILE = 256


def write_samples(folder: Path) -> None:
    """Write every sample into `folder`, its mask into `folder/masks`. Raises OSError when that cannot be written."""
    masks = folder / "masks"
    masks.mkdir(parents=True, exist_ok=True)
    for name, look in FIELDS.items():
        smear = make_smear(*FIELD_SIZE, **look)
        Image.fromarray(smear.image).save(folder / f"{name}.jpg", quality=90)
        Image.fromarray(smear.mask).save(masks / f"{name}.png", optimize=True)
    diameter = RED_CELL_MICRONS / SLIDE_MPP
    slide = make_smear(*SLIDE_SIZE, seed=5, stain="violet", cell_diameter=diameter, density=0.2, noise=0.4)
    write_pyramid(folder / "slide.tif", slide.image, SLIDE_MPP)
    Image.fromarray(slide.mask).save(masks / "slide.png", optimize=True)


def write_pyramid(path: Path, image: NDArray[np.uint8], mpp: float, *, quality: int = 75, smallest: int = 512) -> None:
    """Write RGB (h, w, 3) as a tiled JPEG TIFF with halved levels, as slide scanners do and OpenSlide reads.

    `mpp` goes into the resolution tags. Levels stop when both sides are at most `smallest`. Written by hand, since
    tifffile needs a further package for JPEG and Pillow writes no tiles.
    """
    file = bytearray(b"II*\0" + bytes(4))
    pointer, level, downsample = 4, image, 1  # `pointer`: where the place of the next directory is to be written
    while True:
        tiles = list(_jpeg_tiles(level, quality))
        offsets = [len(file) + start for start in itertools.accumulate((len(tile) for tile in tiles), initial=0)]
        file += b"".join(tiles)
        file += bytes(len(file) % 2)  # directories start on even places
        file[pointer : pointer + 4] = struct.pack("<I", len(file))
        counts = [len(tile) for tile in tiles]
        directory, pointer = _directory(level.shape, mpp * downsample, downsample > 1, offsets[:-1], counts, len(file))
        file += directory
        height, width = level.shape[:2]
        if max(height, width) <= smallest:
            break
        level = np.asarray(cv2.resize(level, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        downsample *= 2
    path.write_bytes(file)


def _jpeg_tiles(level: NDArray[np.uint8], quality: int) -> Iterator[bytes]:
    height, width = level.shape[:2]
    padded = np.pad(level, ((0, -height % _TILE), (0, -width % _TILE), (0, 0)), mode="edge")
    for y in range(0, height, _TILE):
        for x in range(0, width, _TILE):
            data = io.BytesIO()
            tile = Image.fromarray(np.ascontiguousarray(padded[y : y + _TILE, x : x + _TILE]))
            tile.save(data, format="JPEG", quality=quality, subsampling="4:2:0", optimize=True)
            yield data.getvalue()


def _directory(
    shape: tuple[int, ...], mpp: float, is_reduced: bool, offsets: list[int], counts: list[int], at: int
) -> tuple[bytes, int]:
    """A TIFF directory that will stand at byte `at`, and the byte where the next one's place goes."""
    short, long, rational = ("H", 3), ("I", 4), ("II", 5)
    per_cm = [round(1e4 / mpp * 1000), 1000]
    entries: list[tuple[int, tuple[str, int], list[int]]] = [
        (254, long, [int(is_reduced)]),  # NewSubfileType
        (256, long, [shape[1]]),
        (257, long, [shape[0]]),
        (258, short, [8, 8, 8]),  # BitsPerSample
        (259, short, [7]),  # Compression: JPEG
        (262, short, [6]),  # Photometric: YCbCr
        (277, short, [3]),  # SamplesPerPixel
        (282, rational, per_cm),
        (283, rational, per_cm),
        (296, short, [3]),  # ResolutionUnit: cm
        (322, long, [_TILE]),
        (323, long, [_TILE]),
        (324, long, offsets),
        (325, long, counts),
        (530, short, [2, 2]),  # YCbCrSubSampling
    ]
    pointer = at + 2 + 12 * len(entries)
    head, values = struct.pack("<H", len(entries)), b""
    for tag, (letter, kind), numbers in entries:
        packed = struct.pack(f"<{len(numbers)}{letter[0]}", *numbers)
        head += struct.pack("<HHI", tag, kind, len(numbers) // len(letter))
        if len(packed) <= 4:
            head += packed.ljust(4, b"\0")
        else:
            head += struct.pack("<I", pointer + 4 + len(values))
            values += packed + bytes(len(packed) % 2)
    return head + bytes(4) + values, pointer


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else resource("samples"))
