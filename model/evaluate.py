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
from .predict import predict_picture

PairReader = Callable[[Pair], tuple[NDArray[np.uint8], NDArray[np.uint8]]]
Segmenter = Callable[[NDArray[np.uint8]], tuple[NDArray[np.uint8], NDArray[np.float32] | None]]
"""From an RGB picture `(h, w, 3)` to class ids `(h, w)` and, where it is known, the probability of foreground."""


def with_model(engine: Engine, info: ModelInfo, cell_diameter: float | None = None) -> Segmenter:
    """`cell_diameter`: of all pictures, level-0 px; None: as the model was trained."""

    def segment(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        probabilities, classes = predict_picture(engine, info, picture, cell_diameter)
        foreground = probabilities[0] if len(probabilities) == 1 else 1 - probabilities[0]
        return classes, foreground

    return segment


def with_method(method: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Segmenter:
    """`method`: from an RGB picture to class ids 0/1."""
    return lambda picture: (method(picture), None)


def score(segment: Segmenter, name: str, picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> PictureScore:
    started = time.perf_counter()
    classes, probability = segment(picture)
    return score_picture(name, classes, truth, probability, seconds=time.perf_counter() - started)


def score_pairs(segment: Segmenter, pairs: Iterable[Pair], read: PairReader) -> Iterator[PictureScore]:
    """One score a pair, in order."""
    for pair in pairs:
        yield score(segment, pair.image.name, *read(pair))
