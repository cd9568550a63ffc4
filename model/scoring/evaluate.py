"""Scores of a model or of a classical method over pairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from ..cell_size import cell_diameter_of
from ..classical import watershed
from ..dataset import Pair
from ..engines.engine import Engine
from ..info import ModelInfo
from ..predict import foreground_of, predict_picture
from .metrics import PictureScore, score_picture

PairReader = Callable[[Pair], tuple[NDArray[np.uint8], NDArray[np.uint8]]]
SegmentPicture = Callable[[NDArray[np.uint8], float | None], tuple[NDArray[np.uint8], NDArray[np.float32] | None]]
"""Maps an RGB picture `(h, w, 3)` and its cell diameter (level-0 px; None: unknown) to class ids `(h, w)` and, if
known, the probability of foreground."""


def with_model(engine: Engine, info: ModelInfo) -> SegmentPicture:
    def segment(
        picture: NDArray[np.uint8], cell_diameter: float | None
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        probabilities, classes = predict_picture(engine, info, picture, cell_diameter)
        return classes, foreground_of(probabilities)

    return segment


def with_method(method: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> SegmentPicture:
    """`method`: from an RGB picture to class ids 0/1; it does not ask for the cell diameter."""
    return lambda picture, _: (method(picture), None)


def with_watershed() -> SegmentPicture:
    return lambda picture, cell_diameter: (watershed(picture, cell_diameter), None)


def score_pairs(segment: SegmentPicture, pairs: Iterable[Pair], read: PairReader) -> Iterator[PictureScore]:
    """One score a pair, in order; each picture at the cell diameter that goes with its mask."""
    for pair in pairs:
        picture, truth = read(pair)
        started = time.perf_counter()
        classes, probability = segment(picture, cell_diameter_of(pair, truth))
        seconds = time.perf_counter() - started
        yield score_picture(pair.image.name, classes, truth, probability, seconds=seconds)
