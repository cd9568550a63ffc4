"""What finds the cells for `bcseg segment`: a model, or a method that needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.compute.reading import reader_of, rect_of, region_of
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide


@dataclass(frozen=True, slots=True)
class Work:
    """`tiles`: regions with their class ids, and whether one more of `total` is done; a later tile replaces an earlier.

    `cell_diameter` in level-0 px.
    """

    tiles: Iterator[tuple[Region, NDArray[np.uint8], bool]]
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
    from model.predict import count_tiles, predict
    from model.preprocess import working_scale

    model = load_model(folder)
    info, engine = model.info, TorchEngine(model)

    def start(slide: Slide, region: Region, diameter: float | None) -> Work:
        rect = rect_of(region)
        predicted = predict(
            engine,
            info,
            reader_of(slide),
            slide.dimensions,
            region=rect,
            slide_cell_diameter=diameter,
            threshold=threshold,
        )
        total = count_tiles(rect, working_scale(info, diameter), slide.dimensions)
        tiles = ((region_of(tile.rect), tile.classes, not tile.final) for tile in predicted)
        return Work(tiles, total, diameter or info.source_cell_diameter)

    return Segmenter(info.name, engine.name, len(info.classes), start)


def with_watershed() -> Segmenter:
    """Without torch, so that it starts at once."""
    from model.classical import calibrate

    def start(slide: Slide, region: Region, diameter: float | None) -> Work:
        read = reader_of(slide)
        calibration = calibrate(read, slide.dimensions, diameter)
        rects = calibration.tiles(rect_of(region))
        tiles = ((region_of(rect), calibration.segment(read, rect), True) for rect in rects)
        return Work(tiles, len(rects), calibration.cell_diameter)

    return Segmenter("watershed", "opencv", 1, start)
