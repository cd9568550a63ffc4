"""What finds the cells for `bcseg segment`: a model, or a method that needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, read_scaled

if TYPE_CHECKING:
    from model.tiles import Reader, Rect


@dataclass(frozen=True, slots=True)
class Work:
    """`tiles`: regions that cover what is wanted once, with their class ids; `cell_diameter` in level-0 px."""

    tiles: Iterator[tuple[Region, NDArray[np.uint8]]]
    total: int
    cell_diameter: float


@dataclass(frozen=True, slots=True)
class Segmenter:
    """`start` takes a slide, the part of it that is wanted, and its cell diameter in level-0 px where it is known."""

    name: str
    engine: str
    classes: int
    start: Callable[[Slide, Region, float | None], Work]


def with_model(folder: Path, threshold: float) -> Segmenter:
    """`threshold`: the probability from which a pixel is cell. Raises ModelError when the folder holds no model."""
    from model.checkpoint import load_model
    from model.engine import TorchEngine
    from model.predict import predict, tiles_of
    from model.preprocess import working_scale

    model = load_model(folder)
    info, engine = model.info, TorchEngine(model)

    def start(slide: Slide, region: Region, diameter: float | None) -> Work:
        rect = _rect(region)
        predicted = predict(
            engine,
            info,
            _reader(slide),
            slide.dimensions,
            region=rect,
            slide_cell_diameter=diameter,
            threshold=threshold,
        )
        total = len(tiles_of(rect, working_scale(info, diameter)))
        tiles = ((_region(tile.rect), tile.classes) for tile in predicted)
        return Work(tiles, total, diameter or info.source_cell_diameter)

    return Segmenter(info.name, engine.name, len(info.classes), start)


def with_watershed() -> Segmenter:
    """Without torch, so that it starts at once."""
    from model.classical import calibrate

    def start(slide: Slide, region: Region, diameter: float | None) -> Work:
        read = _reader(slide)
        calibration = calibrate(read, slide.dimensions, diameter)
        rects = calibration.tiles(_rect(region))
        tiles = ((_region(rect), calibration.segment(read, rect)) for rect in rects)
        return Work(tiles, len(rects), calibration.cell_diameter)

    return Segmenter("watershed", "opencv", 1, start)


def _reader(slide: Slide) -> Reader:
    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return read_scaled(slide, _region(rect), size)

    return read


def _rect(region: Region) -> Rect:
    from model.tiles import Rect

    return Rect(region.x, region.y, region.w, region.h)


def _region(rect: Rect) -> Region:
    return Region(rect.x, rect.y, rect.w, rect.h)
