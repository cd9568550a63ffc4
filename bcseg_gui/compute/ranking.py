"""How much a model doubts pictures, spot by spot, and so in which order to correct them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.cells.smear_area import find_smear_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.project.entry import LARGEST_PICTURE
from bcseg_gui.core.retraining.ranking import Spot, correcting_order
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.slides.look import Look
from model.engines.engine import Engine
from model.info import ModelInfo
from model.predict import foreground_of, predict_picture
from model.tiles import Rect, parted

from .pace import Pace
from .protocol import Event, Progress, Rank, RankedSlide, RankResult
from .reading import region_of
from .segmenting.blocks import is_whole_slide

SPOT_CELLS, FIELD_CELLS = 5, 14
"""Sides of spots in cell diameters: in a photograph at least as much as a person takes in at a glance; on a larger
slide what a person corrects at a time, about a photograph at 100×.
"""
SPOTS, SPOTS_IN_ALL = 24, 4800
"""The most in a slide, and in all together unless there are more slides: every spot is compared with every other."""
LIGHTS = Look(brightness=25 / 255), Look(brightness=-25 / 255)
"""A little lighter and darker: a model that has learnt from similar pictures finds the same cells in both."""
_FAINTEST = 1.0
"""Grey levels (standard deviation) by which something stands out; the palest visible cells do by two."""
_STRIP = 512
"""Rows at a time."""
_TRIED = 40
"""Places tried for each spot: a smear may cover little of its slide."""
_STEPS = 0.7548776662466927, 0.5698402909980532
"""Steps of the sequence whose first points fill a square evenly, however many they are (R₂, Roberts 2018)."""

Load = Callable[[int, Path], Generator[Event, None, tuple[Engine, ModelInfo]]]


def rank(load: Load, request: Rank, cancelled: Callable[[], bool]) -> Generator[Event, None, RankResult | None]:
    pace, total = Pace(), len(request.slides)
    yield Progress(request.job, 0, total)
    engine, info = yield from load(request.job, request.model_folder)
    most = max(1, min(SPOTS, SPOTS_IN_ALL // max(1, total)))
    pieces: list[tuple[int, list[Spot]]] = []
    known: list[list[Spot]] = []
    unread: list[int] = []
    for place, ranked in enumerate(request.slides):
        try:
            with open_slide(ranked.path, ranked.page) as slide:
                for left, to_learn in spots_of(engine, info, slide, ranked, most, cancelled):
                    if left:
                        pieces.append((place, left))
                    if to_learn:
                        known.append(to_learn)
        except UserError:
            unread.append(place)
        if cancelled():
            return None
        yield Progress(request.job, place + 1, total, pace.left(place + 1, total))
    order = correcting_order([spots for _place, spots in pieces], known)
    placed = (replace(suggestion, place=pieces[suggestion.place][0]) for suggestion in order)
    return RankResult(tuple(placed), tuple(unread))


def spots_of(
    engine: Engine, info: ModelInfo, slide: Slide, ranked: RankedSlide, most: int, cancelled: Callable[[], bool]
) -> Iterator[tuple[list[Spot], list[Spot]]]:
    """For each part of a slide corrected at a time, the spots left to correct and those still to be learnt from.

    At most `most` spots. Up to `LARGEST_PICTURE` the slide is one such part. The network does not see reviewed parts.
    Unreadable ones are skipped: they cannot be corrected either. Raises UserError when nothing can be read.
    """
    diameter = ranked.cell_diameter or slide_cell_diameter(slide)
    cell = diameter or info.source_cell_diameter
    all_left, all_known = list[Spot](), list[Spot]()
    is_read, problem = False, None
    for part, regions in _parts(slide, cell, most, diameter):
        left = [region for region in regions if not region.is_mostly_in(*ranked.reviewed)]
        to_learn = [region for region in regions if region.is_mostly_in(*ranked.to_learn)]
        if not left and not to_learn:
            continue
        try:
            picture = slide.read_region((part.x, part.y), 0, (part.w, part.h))
        except UserError as error:
            problem = error
            continue
        is_read = True
        planes = np.zeros((3, *picture.shape[:2]), np.float32)
        if left:
            lit = (light.apply(picture) for light in LIGHTS)
            seen = [predict_picture(engine, info, picture, diameter) for picture in lit if not cancelled()]
            if len(seen) < len(LIGHTS):
                return
            planes[:] = _planes(picture, seen, cell)
        all_left += _spots(left, part, picture, planes, cell)
        all_known += _spots(to_learn, part, picture, planes, cell)
        if slide.dimensions[0] * slide.dimensions[1] > LARGEST_PICTURE:
            yield all_left, all_known
            all_left, all_known = [], []
    if problem is not None and not is_read:
        raise problem
    yield all_left, all_known


def _planes(
    picture: NDArray[np.uint8], seen: Sequence[tuple[NDArray[np.float32], NDArray[np.uint8]]], cell_diameter: float
) -> NDArray[np.float32]:
    """Doubt, cells and isolated cells `(3, h, w)` of a picture, from what a model has `seen` in every light."""
    doubts = doubt([probabilities for probabilities, _classes in seen], round(cell_diameter / 2))
    doubts *= something(picture, cell_diameter)
    cells = sum(classes > 0 for _probabilities, classes in seen)
    return np.stack([doubts, cells, sum(itertools.starmap(alone, seen))])


def _spots(
    regions: Sequence[Region],
    part: Region,
    picture: NDArray[np.uint8],
    planes: NDArray[np.float32],
    cell_diameter: float,
) -> list[Spot]:
    """The spots of these regions of a part of a slide: `picture` `(h, w, 3)`; `planes` `(3, h, w)` from `_planes`."""
    spots = []
    for region in regions:
        place = region.slices_in(part)
        bits, cells, apart = planes[:, *place].sum(axis=(1, 2)).tolist()
        doubted = bits / (math.pi / 4 * cell_diameter**2)
        spots.append(Spot(region, doubted, appearance(picture[place]), apart / cells if cells else 1.0))
    return spots


def doubt(seen: Sequence[NDArray[np.float32]], edge: int) -> NDArray[np.float32]:
    """How much `seen`, a model's probabilities `(outputs, h, w)` of a picture in several lights, contradict each other.

    Bits `(h, w)`: the entropy of their mean without the mean of their entropies (mutual information, as in BALD,
    Houlsby et al. 2011). Where cells overlap a model wavers in any light, as people do; no correction helps there, and
    it counts for nothing. 0 within `edge` pixels of the picture's edges, where a model sees half of what it needs.
    """
    height, width = seen[0].shape[1:]
    doubtful = np.empty((height, width), np.float32)
    for top in range(0, height, _STRIP):  # a plane of a large photograph is 60 MB, and there are many
        strip = slice(top, top + _STRIP)
        rows = [each[:, strip] for each in seen]
        planes = [np.concatenate([1 - each, each]) if len(each) == 1 else each for each in rows]
        wavering = np.mean([_entropy(each) for each in planes], axis=0)
        doubtful[strip] = np.maximum(_entropy(np.mean(planes, axis=0)) - wavering, 0)
    if 2 * edge < min(height, width):
        doubtful[:edge] = doubtful[height - edge :] = 0
        doubtful[:, :edge] = doubtful[:, width - edge :] = 0
    return doubtful


def something(picture: NDArray[np.uint8], cell_diameter: float) -> NDArray[np.bool_]:
    """Where there is something to see `(h, w)` within a cell's width in an RGB picture `(h, w, 3)`: what a model says
    of empty glass does not matter.
    """
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(1.0, cell_diameter / 10)), np.float32)  # without its noise
    window = (max(3, round(cell_diameter)),) * 2
    mean, of_squares = (cv2.blur(plane, window, borderType=cv2.BORDER_REFLECT_101) for plane in (grey, grey**2))
    return np.asarray(of_squares - mean**2 > _FAINTEST**2)


def alone(probabilities: NDArray[np.float32], classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where cells `(h, w)` lie that a model did not have to part from others: `probabilities` `(outputs, h, w)` and the
    class ids that came of them.
    """
    _count, clumps = cv2.connectedComponents((foreground_of(probabilities) >= 0.5).view(np.uint8))
    count, cells = cv2.connectedComponents((classes > 0).view(np.uint8), connectivity=4)
    clump_of = np.zeros(count, np.int32)
    clump_of[cells] = clumps  # each cell lies in one clump alone
    in_clump = np.bincount(clump_of[1:], minlength=int(clumps.max()) + 1)
    return np.asarray((in_clump[clumps] == 1) & (cells > 0), np.bool_)


def _entropy(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bits."""
    shares = np.clip(probabilities, 1e-6, 1)
    return np.asarray(-(shares * np.log2(shares)).sum(axis=0), np.float32)


def appearance(picture: NDArray[np.uint8]) -> tuple[float, ...]:
    """Means and standard deviations of an RGB picture's `(h, w, 3)` optical densities: stain, light, crowdedness."""
    density = -np.log((picture.reshape(-1, 3).astype(np.float32) + 1) / 256)
    return *density.mean(0).tolist(), *density.std(0).tolist()


def _parts(
    slide: Slide, cell: float, most: int, cell_diameter: float | None
) -> Iterator[tuple[Region, Sequence[Region]]]:
    """The regions to read at a time, each with its spots: all of a photograph, of a larger slide spots all over it.

    At most so many. `cell`: what a cell's diameter is taken for, in level-0 px.
    """
    width, height = slide.dimensions
    if not is_whole_slide(slide):
        yield Region(0, 0, width, height), cut(width, height, SPOT_CELLS * cell, most)
        return
    area, found, across = find_smear_area(slide, cell_diameter), 0, min(round(FIELD_CELLS * cell), width, height)
    most = min(most, width * height // across**2)  # else they would overlap
    for number in range(_TRIED * most):
        x, y = ((0.5 + number * step) % 1 for step in _STEPS)
        spot = Region(int(x * (width - across)), int(y * (height - across)), across, across)
        if area.touches(spot):
            yield spot, [spot]
            found += 1
        if found == most:
            return


def cut(width: int, height: int, side: float, most: int) -> list[Region]:
    """Cut a picture into at most `most` pieces of about the same size, no smaller than `side`."""
    columns, rows = (max(1, round(length / side)) for length in (width, height))
    if columns * rows > most:
        return cut(width, height, 1.1 * side, most)
    return [region_of(rect) for rect in parted(Rect(0, 0, width, height), columns, rows)]
