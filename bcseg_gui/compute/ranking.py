"""How unsure a model is of pictures, for the order in which to correct them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.next_up import correcting_order
from bcseg_gui.core.slides import open_slide
from model.engine import Engine
from model.info import ModelInfo
from model.predict import predict_picture

from .pace import Pace
from .protocol import Event, Progress, Rank, RankResult

LARGEST_SIDE = 2048
"""Level-0 pixels; of a larger slide the middle stands for all."""
MAYBE = 0.05
"""Probability of a cell from which a pixel counts: how much empty glass there is says nothing of doubt."""


def rank(
    load: Callable[[int, Path], Generator[Event, None, tuple[Engine, ModelInfo]]],
    request: Rank,
    cancelled: Callable[[], bool],
) -> Generator[Event, None, RankResult | None]:
    pace, total = Pace(), len(request.slides)
    yield Progress(request.job, 0, total)
    engine, info = yield from load(request.job, request.model_folder)
    doubts: list[float] = []
    looks: list[tuple[float, ...]] = []
    for done, (path, page) in enumerate(request.slides, 1):
        if cancelled():
            return None
        try:
            picture, diameter = _middle(path, page)
        except UserError:  # it cannot be corrected either
            doubts.append(0.0)
            looks.append((0.0,) * 6)
        else:
            doubts.append(doubt(predict_picture(engine, info, picture, diameter)[0]))
            looks.append(look(picture))
        yield Progress(request.job, done, total, pace.left(done, total))
    return RankResult(tuple(correcting_order(doubts, looks)))


def doubt(probabilities: NDArray[np.float32]) -> float:
    """Mean entropy in bits of what may be cell, of probabilities `(outputs, h, w)`; 0 where nothing may."""
    foreground = probabilities[0] if len(probabilities) == 1 else 1 - probabilities[0]
    share = np.clip(foreground[foreground >= MAYBE], 1e-6, 1 - 1e-6)
    if not share.size:
        return 0.0
    return float(-np.mean(share * np.log2(share) + (1 - share) * np.log2(1 - share)))


def look(picture: NDArray[np.uint8]) -> tuple[float, ...]:
    """Means and spreads of the optical densities of an RGB picture `(h, w, 3)`: stain, light and how full it is."""
    density = -np.log((picture.reshape(-1, 3).astype(np.float32) + 1) / 256)
    return *density.mean(0).tolist(), *density.std(0).tolist()


def _middle(path: Path, page: int) -> tuple[NDArray[np.uint8], float | None]:
    """Pixels, and the cell diameter in them."""
    with open_slide(path, page) as slide:
        width, height = slide.dimensions
        w, h = min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)
        part = Region((width - w) // 2, (height - h) // 2, w, h)
        return slide.read_region((part.x, part.y), 0, (w, h)), slide_cell_diameter(slide)
