"""Writes a pyramidal tiled BigTIFF of smear of any size in seconds and a few tens of megabytes.

    python benchmarks/synthetic_slide.py OUT.tif SIDE [--cell-diameter PX]

The smear is a disc on blank glass, so that there is something to skip. Equal tiles are stored once, and every place
that shows one points to the same bytes.
"""

from __future__ import annotations

import argparse
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.core.synthetic.smear import STAINS, Smear, make_smear

TILE = 512
PERIOD = 8
"""Tiles after which the smear repeats."""
DISC = 0.47
"""Radius of the smear as a part of the side: glass is 31 % of the area."""
SMALLEST = 512
RED_CELL_MICRONS = 7.5
SHORT, LONG, RATIONAL, LONG8 = 3, 4, 5, 16
"""Types of TIFF fields."""

Tiles = list[NDArray[np.uint8]]


def write_slide(path: Path, side: int, cell_diameter: float = 75.0) -> None:
    """A slide of `side` × `side` pixels; its mpp says that a red cell is 7.5 µm."""
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        link = 8
        for level, (size, places, tiles) in enumerate(_levels(side, cell_diameter)):
            stored = np.array([_append(file, _jpeg(tile)) for tile in tiles], np.uint64)
            mpp = RED_CELL_MICRONS / cell_diameter * side / size
            link = _append_directory(file, link, size, level > 0, stored[places], mpp)


def _levels(side: int, cell_diameter: float) -> Iterator[tuple[int, NDArray[np.intp], Tiles]]:
    """Side in pixels, which tile is at each place (rows, cols), and the different tiles, from level 0 on."""
    places, tiles = tile_places(side), [_glass(), *cut(pattern(cell_diameter).image)]
    yield side, places, tiles
    while side > SMALLEST:
        side = (side + 1) // 2
        places = np.pad(places, [(0, n % 2) for n in places.shape])  # what lies beyond the slide is glass
        fours = np.stack([places[0::2, 0::2], places[0::2, 1::2], places[1::2, 0::2], places[1::2, 1::2]], axis=-1)
        kinds, inverse = np.unique(fours.reshape(-1, 4), axis=0, return_inverse=True)
        places, tiles = inverse.reshape(fours.shape[:2]), [_halved([tiles[i] for i in four]) for four in kinds]
        yield side, places, tiles


def tile_places(side: int) -> NDArray[np.intp]:
    """What is where on level 0 (rows, cols): 0 is glass, n the tile n − 1 of the smear's pattern."""
    count = -(-side // TILE)
    row, col = np.mgrid[:count, :count]
    away = np.hypot((row + 0.5) * TILE / side - 0.5, (col + 0.5) * TILE / side - 0.5)
    return np.where(away < DISC, 1 + row % PERIOD * PERIOD + col % PERIOD, 0).astype(np.intp)


def pattern(cell_diameter: float) -> Smear:
    """A smear that repeats without a seam: a field and its reflections."""
    field = make_smear(PERIOD * TILE // 2, PERIOD * TILE // 2, 1, cell_diameter)
    return Smear(_reflected(field.image), _reflected(field.mask))


def _reflected(field: NDArray[np.uint8]) -> NDArray[np.uint8]:
    half = np.hstack([field, field[:, ::-1]])
    return np.vstack([half, half[::-1]])


def cut(values: NDArray[np.uint8]) -> Tiles:
    """Row by row."""
    height, width = values.shape[:2]
    return [values[y : y + TILE, x : x + TILE] for y in range(0, height, TILE) for x in range(0, width, TILE)]


def _glass() -> NDArray[np.uint8]:
    noise = np.random.default_rng(1).normal(STAINS["violet"].background, 1.2, (TILE, TILE, 3))
    return noise.round().clip(0, 255).astype(np.uint8)


def _halved(four: Tiles) -> NDArray[np.uint8]:
    whole = np.vstack([np.hstack(four[:2]), np.hstack(four[2:])])
    return np.asarray(cv2.resize(whole, (TILE, TILE), interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(tile: NDArray[np.uint8]) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(tile)).save(memory, "JPEG", quality=85, subsampling="4:4:4")
    return memory.getvalue()


def _append(file: BinaryIO, data: bytes) -> tuple[int, int]:
    """Where the data starts, on an even byte, and how long it is."""
    file.seek(0, io.SEEK_END)
    file.write(b"\0" * (file.tell() % 2))
    offset = file.tell()
    file.write(data)
    return offset, len(data)


def _append_directory(
    file: BinaryIO, link: int, size: int, is_reduced: bool, stored: NDArray[np.uint64], mpp: float
) -> int:
    """Write the directory of one level, point `link` to it, and return where the link to the next one goes.

    `stored`: offset and length of each tile (rows, cols, 2).
    """
    resolution = (round(1e7 / mpp), 1000)  # pixels a centimetre
    tags: list[tuple[int, int, tuple[int, ...] | NDArray[Any]]] = [
        (254, LONG, (int(is_reduced),)),
        (256, LONG, (size,)),
        (257, LONG, (size,)),
        (258, SHORT, (8, 8, 8)),
        (259, SHORT, (7,)),  # JPEG
        (262, SHORT, (6,)),  # YCbCr
        (277, SHORT, (3,)),
        (282, RATIONAL, resolution),
        (283, RATIONAL, resolution),
        (284, SHORT, (1,)),
        (296, SHORT, (3,)),  # centimetre
        (322, LONG, (TILE,)),
        (323, LONG, (TILE,)),
        (324, LONG8, stored[..., 0].ravel()),
        (325, LONG8, stored[..., 1].ravel()),
        (530, SHORT, (1, 1)),  # 4:4:4
    ]
    entries = b""
    for tag, kind, values in tags:
        data = np.asarray(values, {SHORT: "<u2", LONG: "<u4", RATIONAL: "<u4", LONG8: "<u8"}[kind]).tobytes()
        count = len(values) // (2 if kind == RATIONAL else 1)
        inline = data.ljust(8, b"\0") if len(data) <= 8 else struct.pack("<Q", _append(file, data)[0])
        entries += struct.pack("<HHQ", tag, kind, count) + inline
    directory, _ = _append(file, struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", 0))
    file.seek(link)
    file.write(struct.pack("<Q", directory))
    return directory + 8 + len(entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("side", type=int)
    parser.add_argument("--cell-diameter", type=float, default=75.0, help="in level-0 pixels")
    choice = parser.parse_args()
    write_slide(choice.out, choice.side, choice.cell_diameter)


if __name__ == "__main__":
    main()
