"""A segmentation in blocks: which of them are computed, and what comes out, tile by tile.

For the compute process and the command line. torch is loaded only where a network is used.
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

from ..protocol import QuickSegment, Segment
from ..reading import reader_of, rect_of, region_of

if TYPE_CHECKING:
    from model.engines.engine import Engine
    from model.info import ModelInfo
    from model.predict import Block, PredictedTile
    from model.tiles import Reader, Rect

FIELD = 4096
"""Longer side in pixels up to which a slide is a photograph of one field: without empty glass worth looking for."""
COARSENESS = 3
"""Of the first of several blocks a draft comes at once, at so much less than the working scale: a ninth of the work,
and on the validation pictures a Dice of 0.91 where the working scale has 0.95."""
_OUTLINE_SQUARES = 1024
"""Squares on the longer side of an outline's bounding box, in which it is drawn to see which blocks it touches."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Class ids of `region`, uint8 (region.h, region.w); a later one replaces an earlier of the same place.

    `is_new`: one more tile of the plan is done. `finished`: the block that is complete with this.
    """

    region: Region
    classes: NDArray[np.uint8]
    is_new: bool
    finished: Region | None


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """`found` computes while it is gone through; `total` tiles, of which `done` were finished by an earlier job.

    It raises UserError at once when nothing can be read, and at its end, with the field `unread`, when so many blocks
    could not be. `empty`: blocks left out, because nothing lies there. `cell_diameter` in level-0 px.
    """

    found: Iterator[Found]
    done: int
    total: int
    empty: tuple[Region, ...]
    cell_diameter: float


def segment_slide(
    engine: Engine,
    info: ModelInfo,
    slide: Slide,
    request: Segment,
    cancelled: Callable[[], bool] = lambda: False,
) -> Work:
    """Raises UserError when the region lies outside the slide, or nothing can be read; see also `Work.found`."""
    from model.predict import blocks_of, predict
    from model.preprocess import working_scale

    region = slide.clipped(request.region)
    diameter = request.cell_diameter or slide_cell_diameter(slide)
    read = reader_of(slide, request.look)
    blocks = blocks_of(rect_of(region), working_scale(info, diameter), slide.dimensions, request.first, engine.tile)
    plan = _plan(slide, request, [region_of(block.rect) for block in blocks], diameter)
    ids = np.array((0, *(request.class_ids or range(1, len(info.classes) + 1))), np.uint8)

    def tiles_in(block: Block, info: ModelInfo, read: Reader) -> Iterator[PredictedTile]:
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

    def found(number: int) -> Iterator[Found]:
        block, finals, reading = blocks[number], 0, read
        if len(plan.wanted) > 1 and number == plan.wanted[0]:
            draft = block.coarser(COARSENESS)
            reading = _held(read(block.outer, block.work_size))  # nothing is shown of a block that cannot be read
            coarse = replace(info, cell_diameter=info.cell_diameter / COARSENESS)
            for tile in islice(tiles_in(draft, coarse, reading), draft.tile_count):
                yield Found(region_of(tile.rect), ids[tile.classes], False, None)
        for tile in tiles_in(block, info, reading):
            finals += tile.final
            finished = region_of(block.rect) if finals == block.tile_count else None
            yield Found(region_of(tile.rect), ids[tile.classes], not tile.final, finished)

    def tiles_of(numbers: Iterable[int]) -> int:
        return sum(blocks[number].tile_count for number in numbers)

    done = tiles_of(plan.finished)
    return Work(
        _all_readable(slide, plan, found, cancelled),
        done,
        done + tiles_of(plan.wanted),
        plan.empty,
        diameter or info.source_cell_diameter,
    )


def _held(picture: NDArray[np.uint8]) -> Reader:
    """Reads what is read already, at its size or at a smaller one."""
    from model.preprocess import resize

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return resize(picture, size)

    return read


def quick_segment_slide(slide: Slide, request: QuickSegment, cancelled: Callable[[], bool] = lambda: False) -> Work:
    """As `segment_slide`, by a threshold and a watershed; a block is one tile, and a photograph one block."""
    from model.classical import calibrate

    region = slide.clipped(request.region)
    read = reader_of(slide, request.look)
    diameter = request.cell_diameter or slide_cell_diameter(slide)
    calibration = calibrate(read, slide.dimensions, diameter, unreadable=(UserError,))
    tiles = calibration.tiles(rect_of(region), request.first)
    plan = _plan(slide, request, [region_of(tile) for tile in tiles], calibration.cell_diameter)

    def found(number: int) -> Iterator[Found]:
        where = region_of(tiles[number])
        yield Found(where, calibration.segment(read, tiles[number]), True, where)

    everything = _all_readable(slide, plan, found, cancelled)
    return Work(
        everything if is_large(slide) else _as_one_block(everything, region, len(plan.wanted)),
        len(plan.finished),
        len(plan.finished) + len(plan.wanted),
        plan.empty,
        calibration.cell_diameter,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Numbers of the blocks to compute, in their order, and of those that an earlier job did."""

    wanted: list[int]
    finished: list[int]
    empty: tuple[Region, ...]


def _plan(slide: Slide, request: Segment | QuickSegment, blocks: Sequence[Region], diameter: float | None) -> _Plan:
    """`blocks` without those that the outline does not touch."""
    touches_outline = _touched_by(request.outline, slide)
    area = find_smear_area(slide, diameter) if request.skip_empty and is_large(slide) else None
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


def is_large(slide: Slide) -> bool:
    """It is no photograph of one field."""
    return max(slide.dimensions) > FIELD


def _touched_by(outline: Sequence[tuple[int, int]], slide: Slide) -> Callable[[Region], bool]:
    """Whether a region comes near the inside of a level-0 polygon; everything does without one."""
    if not outline:
        return lambda region: True
    side = max(1, max(slide.dimensions) // _OUTLINE_SQUARES)
    squares = np.zeros((slide.dimensions[1] // side + 1, slide.dimensions[0] // side + 1), np.uint8)
    cv2.fillPoly(squares, [np.array(outline, np.int32) // side], 1)
    return SmearArea(np.asarray(cv2.integral(squares), np.int32), (side, side)).touches


def _all_readable(
    slide: Slide, plan: _Plan, found: Callable[[int], Iterator[Found]], cancelled: Callable[[], bool]
) -> Iterator[Found]:
    """What is found in the blocks that are wanted; one that cannot be read does not stop the others.

    Raises UserError at the end when there was one, and at once what the reader says when the file is gone or there is
    nothing else.
    """
    unread = 0
    count = len(plan.wanted) + len(plan.finished)
    for number in plan.wanted:
        if cancelled():
            return
        try:
            yield from found(number)
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


def _as_one_block(tiles: Iterator[Found], region: Region, count: int) -> Iterator[Found]:
    """`count` tiles of a photograph: finished with the last of them, so that Cancel leaves it as it was.

    Where some cannot be read, the others are finished one by one at the end.
    """
    taken: list[Found] = []
    try:
        for tile in tiles:
            taken.append(tile)
            yield replace(tile, finished=region if len(taken) == count else None)
    except UserError:
        yield from (replace(tile, is_new=False) for tile in taken)
        raise
