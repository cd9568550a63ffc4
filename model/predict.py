"""Segmentation of a picture of any size, tile by tile.

Three planes: level-0 pixels of the slide (no prefix), pixels of the working scale (`work_`), and those of the network's
padded input. A tile is read with a halo that is cut off again, so that every tile is final when it is yielded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .checkpoint import ModelInfo
from .engine import Engine
from .preprocess import normalise, pad_to_stride, resize, working_scale
from .separate import Sides, no_cells, part, territories
from .tiles import Reader, Rect, cut

TILE = 256
"""Largest side of a tile without its halo, in working-scale pixels: about a second of two cores, so Cancel is heard."""
HALO = 32
"""Context on each side in working-scale pixels; about three quarters of a cell's diameter."""


SURE = 0.9
"""Probability that leaves no doubt: where touching cells come apart first."""


@dataclass(frozen=True, slots=True)
class PredictedTile:
    """At level 0: `probabilities` float32 `(outputs, rect.h, rect.w)`, `classes` ids `(rect.h, rect.w)`.

    In `classes` touching cells of a one-class model are parted, and slivers at the edge of the slide are left out as
    in the masks that the model learnt from. The tiles of a region cover it exactly once.
    """

    rect: Rect
    probabilities: NDArray[np.float32]
    classes: NDArray[np.uint8]


def tiles_of(region: Rect, scale: float, first: tuple[int, int] | None = None) -> list[Rect]:
    """Cut a region into nearly equal tiles of at most `TILE` working-scale pixels, the nearest to `first` first."""
    return cut(region, TILE / scale, first)


def predict(
    engine: Engine,
    info: ModelInfo,
    read: Reader,
    dimensions: tuple[int, int],
    *,
    region: Rect | None = None,
    slide_cell_diameter: float | None = None,
    first: tuple[int, int] | None = None,
    threshold: float = 0.5,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[PredictedTile]:
    """Predict a region of a slide of `dimensions` = (width, height); stops between tiles once `cancelled()`.

    `slide_cell_diameter` in level-0 px; `first`: the level-0 point whose neighbourhood comes first; `threshold`: the
    probability from which a pixel is cell.
    """
    scale = working_scale(info, slide_cell_diameter)
    for tile in tiles_of(region or Rect(0, 0, *dimensions), scale, first):
        if cancelled():
            return
        yield _predict_tile(engine, info, read, dimensions, tile, scale, threshold)


def _predict_tile(
    engine: Engine,
    info: ModelInfo,
    read: Reader,
    dimensions: tuple[int, int],
    tile: Rect,
    scale: float,
    threshold: float,
) -> PredictedTile:
    halo = math.ceil(HALO / scale)
    left, top = max(0, tile.x - halo), max(0, tile.y - halo)
    right, bottom = min(dimensions[0], tile.x + tile.w + halo), min(dimensions[1], tile.y + tile.h + halo)
    outer = Rect(left, top, right - left, bottom - top)
    work_size = max(1, round(outer.w * scale)), max(1, round(outer.h * scale))
    picture = read(outer, work_size)
    batch = normalise(pad_to_stride(picture), info)[None]
    work_probabilities = engine.probabilities(batch)[0, :, : work_size[1], : work_size[0]]
    inner = (
        slice(tile.y - outer.y, tile.y - outer.y + tile.h),
        slice(tile.x - outer.x, tile.x - outer.x + tile.w),
    )
    size = outer.w, outer.h
    probabilities = np.stack(
        [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)[inner] for plane in work_probabilities]
    )
    classes = classify(probabilities, threshold)
    if info.num_outputs == 1:
        # At the working scale, where the halo shows the cells at the tile's border almost whole.
        foreground = work_probabilities[0] >= threshold
        territory = territories(foreground, info.cell_diameter, sure=work_probabilities[0] >= SURE)
        sides: Sides = left == 0, top == 0, right == dimensions[0], bottom == dimensions[1]
        cell = math.pi / 4 * info.cell_diameter**2
        dropped = no_cells(
            territory, foreground, sides,
            smallest=info.smallest * cell, smallest_at_edge=info.smallest_at_edge * cell,
        )  # fmt: skip
        territory = np.asarray(cv2.resize(territory, size, interpolation=cv2.INTER_NEAREST)[inner], np.int16)
        cells = part((classes > 0) & ~dropped[territory], territory, info.cell_diameter / scale)
        classes = cells.astype(np.uint8)
    return PredictedTile(tile, probabilities, classes)


def classify(probabilities: NDArray[np.float32], threshold: float = 0.5) -> NDArray[np.uint8]:
    """Class ids `(h, w)`: 0 background; cells that touch are not parted. One output: foreground from `threshold`.

    Several: the likeliest class where the foreground as a whole reaches `threshold`.
    """
    if len(probabilities) == 1:
        return np.asarray(probabilities[0] >= threshold, np.uint8)
    foreground = 1 - probabilities[0] >= threshold
    return np.where(foreground, probabilities[1:].argmax(0) + 1, 0).astype(np.uint8)


def predict_picture(
    engine: Engine, info: ModelInfo, picture: NDArray[np.uint8], slide_cell_diameter: float | None = None
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Probabilities float32 `(outputs, h, w)` and class ids `(h, w)` of a whole RGB picture held in memory."""

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(picture[rect.y : rect.y + rect.h, rect.x : rect.x + rect.w], size)

    height, width = picture.shape[:2]
    probabilities = np.empty((info.num_outputs, height, width), np.float32)
    classes = np.empty((height, width), np.uint8)
    for tile in predict(engine, info, read, (width, height), slide_cell_diameter=slide_cell_diameter):
        place = slice(tile.rect.y, tile.rect.y + tile.rect.h), slice(tile.rect.x, tile.rect.x + tile.rect.w)
        probabilities[:, *place] = tile.probabilities
        classes[place] = tile.classes
    return probabilities, classes
