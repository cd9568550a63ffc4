"""A slide predicted block by block: the plan of its blocks, and the tiles that come of them.

The one block loop of the window's compute process, the command line and the demo. torch is loaded only where a network
is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.cells.smear_area import SmearArea, find_smear_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide

from ..pace import Pace
from ..protocol import Progress, QuickSegment, Segment, TilePredicted
from ..reading import reader_of, rect_of, region_of

if TYPE_CHECKING:
    from model.engines.engine import Engine
    from model.info import ModelInfo
    from model.predict import Block, PredictedTile
    from model.tiles import Reader, Rect

FIELD = 4096
"""Longer side in pixels up to which a slide is a photograph of one field, without empty glass worth looking for."""
COARSENESS = 3
"""How much coarser than the working scale the first of several blocks is drafted, so that something shows at once: a
ninth of the work, and on the validation pictures a Dice of 0.91 where the working scale has 0.95."""
_OUTLINE_SQUARES = 1024
"""Squares on the longer side of an outline's bounding box, in which it is drawn to see which blocks it touches."""


@dataclass(frozen=True, slots=True, eq=False)
class SlideTile:
    """Class ids of `region`, uint8 (region.h, region.w); a later tile replaces an earlier one of the same place.

    `is_new`: one more tile of the plan is done. `finished`: the block that this tile completes.
    """

    region: Region
    classes: NDArray[np.uint8]
    is_new: bool
    finished: Region | None


@dataclass(frozen=True, slots=True, eq=False)
class SlidePrediction:
    """`tiles` is computed while it is iterated: `total` tiles, of which `done` were finished by an earlier job.

    The iterator raises UserError at once when nothing can be read, and at its end, with the field `unread`, when some
    blocks could not be. `empty`: blocks left out as empty glass. `cell_diameter` in level-0 px.
    """

    tiles: Iterator[SlideTile]
    done: int
    total: int
    empty: tuple[Region, ...]
    cell_diameter: float


def events_of(job: int, prediction: SlidePrediction) -> Iterator[Progress | TilePredicted]:
    """Compute the tiles: the events of a segmentation, each new tile announced by its progress."""
    pace, done = Pace(), prediction.done
    yield Progress(job, done, prediction.total, empty=prediction.empty)
    for tile in prediction.tiles:
        if tile.is_new:
            done += 1
            left = pace.left(done - prediction.done, prediction.total - prediction.done)
            yield Progress(job, done, prediction.total, left)
        yield TilePredicted(job, tile.region, tile.classes, tile.finished)


def predict_slide(
    engine: Engine,
    info: ModelInfo,
    slide: Slide,
    request: Segment,
    cancelled: Callable[[], bool] = lambda: False,
) -> SlidePrediction:
    """Raises UserError when the region lies outside the slide or nothing can be read; see also `SlidePrediction`."""
    from model.predict import blocks_of, predict
    from model.preprocess import working_scale

    region = slide.clipped(request.region)
    diameter = request.cell_diameter or slide_cell_diameter(slide)
    read = reader_of(slide, request.look)
    blocks = blocks_of(rect_of(region), working_scale(info, diameter), slide.dimensions, request.first, engine.tile)
    plan = _plan(slide, request, [region_of(block.rect) for block in blocks], diameter)
    ids = np.array((0, *(request.class_ids or range(1, len(info.classes) + 1))), np.uint8)

    def predicted(block: Block, info: ModelInfo, read: Reader) -> Iterator[PredictedTile]:
        return predict(
            engine,
            info,
            read,
            slide.dimensions,
            block,
            first=request.first,
            threshold=request.threshold,
            splitting=request.splitting,
            cancelled=cancelled,
        )

    def tiles_in(number: int) -> Iterator[SlideTile]:
        block, finals, reading = blocks[number], 0, read
        if len(plan.wanted) > 1 and number == plan.wanted[0]:
            draft = block.coarser(COARSENESS)
            reading = _held(read(block.outer, block.work_size))  # an unreadable block shows no draft either
            coarse = replace(info, cell_diameter=info.cell_diameter / COARSENESS)
            for tile in islice(predicted(draft, coarse, reading), draft.tile_count):
                yield SlideTile(region_of(tile.rect), ids[tile.classes], False, None)
        for tile in predicted(block, info, reading):
            finals += tile.final
            finished = region_of(block.rect) if finals == block.tile_count else None
            yield SlideTile(region_of(tile.rect), ids[tile.classes], not tile.final, finished)

    def tile_count(numbers: Iterable[int]) -> int:
        return sum(blocks[number].tile_count for number in numbers)

    done = tile_count(plan.finished)
    return SlidePrediction(
        _all_readable(slide, plan, tiles_in, cancelled),
        done,
        done + tile_count(plan.wanted),
        plan.empty,
        diameter or info.source_cell_diameter,
    )


def _held(picture: NDArray[np.uint8]) -> Reader:
    """Reads a picture in memory, at its size or a smaller one."""
    from model.preprocess import resize

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(picture, size)

    return read


def predict_slide_quickly(
    slide: Slide, request: QuickSegment, cancelled: Callable[[], bool] = lambda: False
) -> SlidePrediction:
    """As `predict_slide`, by a threshold and a watershed; a block is one tile, and a photograph one block."""
    from model.classical import calibrate

    region = slide.clipped(request.region)
    read = reader_of(slide, request.look)
    diameter = request.cell_diameter or slide_cell_diameter(slide)
    calibration = calibrate(read, slide.dimensions, diameter, unreadable=(UserError,))
    rects = calibration.tiles(rect_of(region), request.first)
    plan = _plan(slide, request, [region_of(rect) for rect in rects], calibration.cell_diameter)

    def tiles_in(number: int) -> Iterator[SlideTile]:
        where = region_of(rects[number])
        yield SlideTile(where, calibration.segment(read, rects[number]), True, where)

    tiles = _all_readable(slide, plan, tiles_in, cancelled)
    return SlidePrediction(
        tiles if is_whole_slide(slide) else _as_one_block(tiles, region, len(plan.wanted)),
        len(plan.finished),
        len(plan.finished) + len(plan.wanted),
        plan.empty,
        calibration.cell_diameter,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Numbers of the blocks to compute, in order, and of those that an earlier job finished."""

    wanted: list[int]
    finished: list[int]
    empty: tuple[Region, ...]


def _plan(slide: Slide, request: Segment | QuickSegment, blocks: Sequence[Region], diameter: float | None) -> _Plan:
    """`blocks` without those that the outline does not touch."""
    touches_outline = _touched_by(request.outline, slide)
    area = find_smear_area(slide, diameter) if request.skip_empty and is_whole_slide(slide) else None
    earlier = frozenset(request.finished)
    wanted, finished, empty = [], [], []
    for number, block in enumerate(blocks):
        if not touches_outline(block):
            continue
        if block in earlier:
            finished.append(number)
        elif area is not None and not area.touches(block):
            empty.append(block)
        else:
            wanted.append(number)
    return _Plan(wanted, finished, tuple(empty))


def is_whole_slide(slide: Slide) -> bool:
    """It is larger than a photograph of one field."""
    return max(slide.dimensions) > FIELD


def _touched_by(outline: Sequence[tuple[int, int]], slide: Slide) -> Callable[[Region], bool]:
    """Tells whether a region comes near the inside of a level-0 polygon; without one, every region does."""
    if not outline:
        return lambda region: True
    side = max(1, max(slide.dimensions) // _OUTLINE_SQUARES)
    squares = np.zeros((slide.dimensions[1] // side + 1, slide.dimensions[0] // side + 1), np.uint8)
    cv2.fillPoly(squares, [np.array(outline, np.int32) // side], 1)
    return SmearArea(np.asarray(cv2.integral(squares), np.int32), (side, side)).touches


def _all_readable(
    slide: Slide, plan: _Plan, tiles_in: Callable[[int], Iterator[SlideTile]], cancelled: Callable[[], bool]
) -> Iterator[SlideTile]:
    """The tiles of the wanted blocks; a block that cannot be read does not stop the others.

    Raises UserError: at the end when some could not be read, at once when the file is gone or no block is readable.
    """
    unread = 0
    count = len(plan.wanted) + len(plan.finished)
    for number in plan.wanted:
        if cancelled():
            return
        try:
            yield from tiles_in(number)
        except UserError:
            unread += 1
            if unread == count or not slide.path.exists():
                raise
    if unread:
        raise UserError(
            "{unread} of {count} parts of “{path}” could not be read, so no cells were looked for there; what was "
            "found in the others is kept. Copy the file again from its source, then segment it again.",
            unread=unread,
            count=count,
            path=slide.path,
        )


def _as_one_block(tiles: Iterator[SlideTile], region: Region, count: int) -> Iterator[SlideTile]:
    """The `count` tiles of a photograph, finished with the last of them, so that Cancel leaves the mask as it was.

    Where some cannot be read, the others are finished one by one at the end.
    """
    seen: list[SlideTile] = []
    try:
        for tile in tiles:
            seen.append(tile)
            yield replace(tile, finished=region if len(seen) == count else None)
    except UserError:
        yield from (replace(tile, is_new=False) for tile in seen)
        raise
