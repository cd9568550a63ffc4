"""Scores of a model or of a classical method over pairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from .checkpoint import ModelInfo
from .dataset import Pair
from .engine import Engine
from .metrics import PictureScore, score_picture
from .predict import classify, predict_picture

PairReader = Callable[[Pair], tuple[NDArray[np.uint8], NDArray[np.uint8]]]


def score_model(
    engine: Engine, info: ModelInfo, pairs: Iterable[Pair], read: PairReader, cell_diameter: float | None = None
) -> Iterator[PictureScore]:
    """One score a pair, in order. `cell_diameter`: of all pictures, level-0 px; None: as the model was trained."""
    for pair in pairs:
        picture, truth = read(pair)
        started = time.perf_counter()
        probabilities = predict_picture(engine, info, picture, cell_diameter)
        classes = classify(probabilities)
        seconds = time.perf_counter() - started
        foreground = probabilities[0] if len(probabilities) == 1 else 1 - probabilities[0]
        yield score_picture(pair.image.name, classes, truth, foreground, seconds=seconds)


def score_method(
    method: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], pairs: Iterable[Pair], read: PairReader
) -> Iterator[PictureScore]:
    """Scores of a function from an RGB picture to class ids 0/1."""
    for pair in pairs:
        picture, truth = read(pair)
        started = time.perf_counter()
        classes = method(picture)
        yield score_picture(pair.image.name, classes, truth, seconds=time.perf_counter() - started)
