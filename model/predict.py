"""Segmentation of a picture of any size, tile by tile.

Three planes: level-0 pixels of the slide (no prefix), pixels of the working scale (`work_`), and those of the network's
padded input. The network sees a tile with a halo that is cut off again. Cells are parted over a block of tiles, so that
none is cut where two tiles meet; a photograph of a field is one block.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .engines.engine import SMALL_TILE, Engine
from .info import ModelInfo
from .preprocess import pad_to_stride, padded, resize, working_scale
from .separate import USUAL_SPLITTING, Sides, no_cells, part, seed_depth_of, territories
from .tiles import Reader, Rect, cut, cut_count

BLOCK, LARGEST_BLOCK = 896, 4096
"""Largest side of a block without its halo, in working-scale pixels, and in level-0 pixels where that is less: parting
its cells takes less than a second too."""
HALO = 32
"""Context on each side in working-scale pixels; about three quarters of a cell's diameter."""
SURE = 0.9
"""Probability that leaves no doubt: where touching cells come apart first."""


@dataclass(frozen=True, slots=True)
class PredictedTile:
    """At level 0: `classes` ids `(rect.h, rect.w)`; `probabilities` float32 `(outputs, rect.h, rect.w)` of a final tile
    where they were asked for.

    Every tile comes twice: a draft as soon as the network has seen it, and the final one when its block is complete.
    Only then are touching cells parted, whatever their classes, and specks and slivers at the edge of the slide left
    out as in the masks that the model learnt from. The drafts of a block cover it exactly once, the final tiles too.
    """

    rect: Rect
    classes: NDArray[np.uint8]
    final: bool
    probabilities: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """What is read and parted in one piece: `rect`, which with its halo is `outer`, both at level 0.

    `work_size` = (width, height) is that of `outer` at the working scale, `tile` the largest side of a tile without its
    halo. A plan of a large slide has thousands, so a block is cut into tiles when its turn comes, not before.
    """

    rect: Rect
    outer: Rect
    work_size: tuple[int, int]
    tile: int

    @property
    def tile_count(self) -> int:
        return cut_count(Rect(0, 0, *self.work_size), self.tile)

    def coarser(self, times: float) -> Block:
        """The same at so much less than the working scale."""
        width, height = self.work_size
        return replace(self, work_size=(max(1, round(width / times)), max(1, round(height / times))))

    def tiles(self, first: tuple[int, int] | None = None) -> list[Rect]:
        """What the network sees at a time, at the working scale; the nearest to the level-0 point `first` first."""
        across, down = self.work_size[0] / self.outer.w, self.work_size[1] / self.outer.h
        work_first = first and (round((first[0] - self.outer.x) * across), round((first[1] - self.outer.y) * down))
        return cut(Rect(0, 0, *self.work_size), self.tile, work_first)

    def level_0(self, tile: Rect) -> Rect:
        """Where a tile lies."""
        across, down = self.outer.w / self.work_size[0], self.outer.h / self.work_size[1]
        x, right = (self.outer.x + round(side * across) for side in (tile.x, tile.x + tile.w))
        y, bottom = (self.outer.y + round(side * down) for side in (tile.y, tile.y + tile.h))
        return Rect(x, y, right - x, bottom - y)


def blocks_of(
    region: Rect,
    scale: float,
    dimensions: tuple[int, int],
    first: tuple[int, int] | None = None,
    tile: int = SMALL_TILE,
) -> list[Block]:
    """Cut a region of a slide of `dimensions` = (width, height) at `scale` working-scale px per level-0 px.

    The nearest to the level-0 point `first` comes first; which blocks there are does not depend on it, so that a part
    of them can be predicted today and the others tomorrow. Nor on `tile`, which is the engine's.
    """
    blocks = []
    for rect in cut(region, min(BLOCK / scale, max(SMALL_TILE / scale, LARGEST_BLOCK)), first):
        outer = rect.grown(math.ceil(HALO / scale), dimensions)
        blocks.append(Block(rect, outer, (max(1, round(outer.w * scale)), max(1, round(outer.h * scale))), tile))
    return blocks


def predict(
    engine: Engine,
    info: ModelInfo,
    read: Reader,
    dimensions: tuple[int, int],
    block: Block,
    *,
    first: tuple[int, int] | None = None,
    threshold: float = 0.5,
    splitting: float = USUAL_SPLITTING,
    with_probabilities: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[PredictedTile]:
    """Predict a block of a slide of `dimensions` = (width, height); stops between tiles once `cancelled()`.

    `first`: the level-0 point whose neighbourhood comes first; `threshold`: the probability from which a pixel is cell;
    `splitting`: how readily cells that touch are parted, see `separate`.
    """
    picture = read(block.outer, block.work_size)
    work_probabilities = np.empty((info.num_outputs, *picture.shape[:2]), np.float32)
    tiles = block.tiles(first)
    for group in _alike(tiles, block, info.stride, engine.batch):
        if cancelled():
            return
        contexts = [tile.grown(HALO, block.work_size) for tile in group]
        batch = np.stack([pad_to_stride(picture[context.slices], info.stride) for context in contexts])
        for tile, context, planes in zip(group, contexts, engine.probabilities(batch), strict=True):
            seen = planes[:, *tile.inside(context)]
            work_probabilities[:, *tile.slices] = seen
            whole = block.level_0(tile)
            rect = whole.common(block.rect)
            yield PredictedTile(rect, _enlarged_classes(seen, whole, threshold)[rect.inside(whole)], final=False)
    classes = _parted(block, work_probabilities, info, dimensions, threshold, splitting)
    probabilities = _enlarged(work_probabilities, block.outer) if with_probabilities else None
    for tile in tiles:
        rect = block.level_0(tile).common(block.rect)
        place = rect.inside(block.outer)
        yield PredictedTile(
            rect, classes[place], final=True, probabilities=None if probabilities is None else probabilities[:, *place]
        )


def _alike(tiles: Sequence[Rect], block: Block, stride: int, most: int) -> Iterator[Sequence[Rect]]:
    """In their order, at most so many at a time that the network sees at the same size."""

    def size(tile: Rect) -> tuple[int, int]:
        context = tile.grown(HALO, block.work_size)
        return padded(context.w, stride), padded(context.h, stride)

    for _, group in itertools.groupby(tiles, size):
        alike = list(group)
        for at in range(0, len(alike), most):
            yield alike[at : at + most]


def _parted(
    block: Block,
    work_probabilities: NDArray[np.float32],
    info: ModelInfo,
    dimensions: tuple[int, int],
    threshold: float,
    splitting: float,
) -> NDArray[np.uint8]:
    """The final classes of `block.outer`."""
    outer = block.outer
    cell = math.pi / 4 * info.cell_diameter**2
    likelihood = foreground_of(work_probabilities)
    foreground = likelihood >= threshold
    # The less readily, the less does a doubt between two cells part them.
    sure = threshold + (SURE - threshold) * min(1.0, splitting / USUAL_SPLITTING)
    territory = territories(
        foreground,
        info.cell_diameter,
        sure=likelihood >= sure,
        seed_depth=seed_depth_of(splitting),
        smallest=info.smallest * cell,
    )
    sides: Sides = (
        outer.x == 0,
        outer.y == 0,
        outer.x + outer.w == dimensions[0],
        outer.y + outer.h == dimensions[1],
    )
    dropped = no_cells(
        territory,
        foreground,
        sides,
        smallest=info.smallest * cell,
        smallest_at_edge=info.smallest_at_edge * cell,
    )
    territory = np.asarray(cv2.resize(territory, (outer.w, outer.h), interpolation=cv2.INTER_NEAREST), np.int16)
    classes = _enlarged_classes(work_probabilities, outer, threshold)
    classes[dropped[territory]] = 0
    diameter = info.cell_diameter * outer.w / block.work_size[0]
    for number in range(1, len(info.classes) + 1):
        cells = classes == number
        classes[cells & ~part(cells, territory, diameter)] = 0
    return classes


def _enlarged(planes: NDArray[np.float32], rect: Rect) -> NDArray[np.float32]:
    """`(n, h, w)` at level 0."""
    size = rect.w, rect.h
    return np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in planes])


def _enlarged_classes(planes: NDArray[np.float32], rect: Rect, threshold: float) -> NDArray[np.uint8]:
    """`classify` at level 0, never with more than two planes of that size in memory."""
    size = rect.w, rect.h
    first = cv2.resize(planes[0], size, interpolation=cv2.INTER_LINEAR)
    if len(planes) == 1:
        return np.asarray(first >= threshold, np.bool_).view(np.uint8)
    foreground = 1 - first >= threshold
    classes = np.ones(foreground.shape, np.uint8)
    best = cv2.resize(planes[1], size, interpolation=cv2.INTER_LINEAR)
    for number, plane in enumerate(planes[2:], 2):
        likelihood = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
        classes[likelihood > best] = number
        np.maximum(best, likelihood, out=best)
    classes[~foreground] = 0
    return classes


def foreground_of(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability `(h, w)` of a cell of whatever class, from probabilities `(outputs, h, w)`."""
    return np.asarray(probabilities[0] if len(probabilities) == 1 else 1 - probabilities[0])


def classify(probabilities: NDArray[np.float32], threshold: float = 0.5) -> NDArray[np.uint8]:
    """Class ids `(h, w)`: 0 background; cells that touch are not parted. One output: foreground from `threshold`.

    Several: the likeliest class where the foreground as a whole reaches `threshold`.
    """
    if len(probabilities) == 1:
        return np.asarray(probabilities[0] >= threshold, np.uint8)
    foreground = foreground_of(probabilities) >= threshold
    return np.where(foreground, probabilities[1:].argmax(0) + 1, 0).astype(np.uint8)


def predict_picture(
    engine: Engine, info: ModelInfo, picture: NDArray[np.uint8], slide_cell_diameter: float | None = None
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Probabilities float32 `(outputs, h, w)` and class ids `(h, w)` of a whole RGB picture held in memory."""

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(picture[rect.slices], size)

    height, width = picture.shape[:2]
    dimensions = width, height
    probabilities = np.empty((info.num_outputs, height, width), np.float32)
    classes = np.empty((height, width), np.uint8)
    scale = working_scale(info, slide_cell_diameter)
    for block in blocks_of(Rect(0, 0, *dimensions), scale, dimensions, tile=engine.tile):
        for tile in predict(engine, info, read, dimensions, block, with_probabilities=True):
            if tile.final:
                probabilities[:, *tile.rect.slices] = tile.probabilities
            classes[tile.rect.slices] = tile.classes
    return probabilities, classes
