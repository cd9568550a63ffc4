"""Segmentation of a picture of any size, tile by tile.

Three planes: level-0 pixels of the slide (no prefix), pixels of the working scale (`work_`), and those of the network's
padded input. The network sees a tile with a halo that is cut off again. Cells are parted over a block of tiles, so that
none is cut where two tiles meet; a photograph of a field is one block.
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
BLOCK, LARGEST_BLOCK = 896, 4096
"""Largest side of a block without its halo, in working-scale pixels, and in level-0 pixels where that is less: parting
its cells takes less than a second too."""
HALO = 32
"""Context on each side in working-scale pixels; about three quarters of a cell's diameter."""
SURE = 0.9
"""Probability that leaves no doubt: where touching cells come apart first."""


@dataclass(frozen=True, slots=True)
class PredictedTile:
    """At level 0: `probabilities` float32 `(outputs, rect.h, rect.w)`, `classes` ids `(rect.h, rect.w)`.

    Every tile comes twice: a draft as soon as the network has seen it, and the final one when its block is complete.
    Only then are touching cells of a one-class model parted, and specks and slivers at the edge of the slide left out
    as in the masks that the model learnt from. The drafts of a region cover it exactly once, the final tiles too.
    """

    rect: Rect
    probabilities: NDArray[np.float32]
    classes: NDArray[np.uint8]
    final: bool


@dataclass(frozen=True, slots=True)
class Block:
    """What is read and parted in one piece: `rect`, which with its halo is `outer`, both at level 0.

    `tiles` cut the `work_size` = (width, height) of `outer` into what the network sees at a time.
    """

    rect: Rect
    outer: Rect
    work_size: tuple[int, int]
    tiles: tuple[Rect, ...]

    def level_0(self, tile: Rect) -> Rect:
        """Where a tile lies."""
        across, down = self.outer.w / self.work_size[0], self.outer.h / self.work_size[1]
        x, right = (self.outer.x + round(side * across) for side in (tile.x, tile.x + tile.w))
        y, bottom = (self.outer.y + round(side * down) for side in (tile.y, tile.y + tile.h))
        return Rect(x, y, right - x, bottom - y)


def blocks_of(
    region: Rect, scale: float, dimensions: tuple[int, int], first: tuple[int, int] | None = None
) -> list[Block]:
    """Cut a region of a slide of `dimensions` = (width, height) at `scale` working-scale px per level-0 px.

    The blocks, and in them the tiles, that are nearest to the level-0 point `first` come first.
    """
    blocks = []
    for rect in cut(region, min(BLOCK / scale, max(TILE / scale, LARGEST_BLOCK)), first):
        outer = rect.grown(math.ceil(HALO / scale), dimensions)
        work_size = max(1, round(outer.w * scale)), max(1, round(outer.h * scale))
        work_first = first and (round((first[0] - outer.x) * scale), round((first[1] - outer.y) * scale))
        blocks.append(Block(rect, outer, work_size, tuple(cut(Rect(0, 0, *work_size), TILE, work_first))))
    return blocks


def count_tiles(region: Rect, scale: float, dimensions: tuple[int, int]) -> int:
    """How many drafts `predict` yields for a region: nearly all of its work."""
    return sum(len(block.tiles) for block in blocks_of(region, scale, dimensions))


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
    for block in blocks_of(region or Rect(0, 0, *dimensions), scale, dimensions, first):
        picture = read(block.outer, block.work_size)
        work_probabilities = np.empty((info.num_outputs, *picture.shape[:2]), np.float32)
        for tile in block.tiles:
            if cancelled():
                return
            context = tile.grown(HALO, block.work_size)
            batch = normalise(pad_to_stride(picture[context.slices]), info)[None]
            seen = engine.probabilities(batch)[0, :, : context.h, : context.w][:, *tile.inside(context)]
            work_probabilities[:, *tile.slices] = seen
            yield _draft(block, tile, seen, threshold)
        yield from _final(block, work_probabilities, info, dimensions, threshold)


def _draft(block: Block, tile: Rect, seen: NDArray[np.float32], threshold: float) -> PredictedTile:
    whole = block.level_0(tile)
    rect = whole.common(block.rect)
    probabilities = _enlarged(seen, whole)[:, *rect.inside(whole)]
    return PredictedTile(rect, probabilities, classify(probabilities, threshold), final=False)


def _final(
    block: Block,
    work_probabilities: NDArray[np.float32],
    info: ModelInfo,
    dimensions: tuple[int, int],
    threshold: float,
) -> Iterator[PredictedTile]:
    outer = block.outer
    probabilities = _enlarged(work_probabilities, outer)
    classes = classify(probabilities, threshold)
    if info.num_outputs == 1:
        cell = math.pi / 4 * info.cell_diameter**2
        foreground = work_probabilities[0] >= threshold
        territory = territories(
            foreground, info.cell_diameter, sure=work_probabilities[0] >= SURE, smallest=info.smallest * cell
        )
        sides: Sides = (
            outer.x == 0, outer.y == 0, outer.x + outer.w == dimensions[0], outer.y + outer.h == dimensions[1],
        )  # fmt: skip
        dropped = no_cells(
            territory, foreground, sides,
            smallest=info.smallest * cell, smallest_at_edge=info.smallest_at_edge * cell,
        )  # fmt: skip
        territory = np.asarray(cv2.resize(territory, (outer.w, outer.h), interpolation=cv2.INTER_NEAREST), np.int16)
        cells = part((classes > 0) & ~dropped[territory], territory, info.cell_diameter * outer.w / block.work_size[0])
        classes = cells.astype(np.uint8)
    for tile in block.tiles:
        rect = block.level_0(tile).common(block.rect)
        place = rect.inside(outer)
        yield PredictedTile(rect, probabilities[:, *place], classes[place], final=True)


def _enlarged(planes: NDArray[np.float32], rect: Rect) -> NDArray[np.float32]:
    """`(n, h, w)` at level 0."""
    size = rect.w, rect.h
    return np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in planes])


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
        return resize(picture[rect.slices], size)

    height, width = picture.shape[:2]
    probabilities = np.empty((info.num_outputs, height, width), np.float32)
    classes = np.empty((height, width), np.uint8)
    for tile in predict(engine, info, read, (width, height), slide_cell_diameter=slide_cell_diameter):
        probabilities[:, *tile.rect.slices] = tile.probabilities
        classes[tile.rect.slices] = tile.classes
    return probabilities, classes
