"""Choose the engine that runs a model on this computer: each is tried once on pictures, and the outcome is cached.

An engine is accepted only if it finds what torch finds in float32 on the CPU.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..checkpoint import Model
from ..errors import ModelError
from ..predict import predict_picture
from ..scoring.metrics import label_cells
from .choice import EngineChoice, Memory, Trial, Wanted, at_once
from .convert import ConversionError, Observer, Ranges, to_openvino
from .engine import LARGE_TILE, Engine
from .openvino_engine import PRECISIONS, OpenVinoEngine
from .torch_engine import TorchEngine, best_device

LEAST_DICE, MOST_COUNT_ERROR = 0.995, 0.01
TRIAL_SECONDS = 0.3

Pictures = Callable[[], Sequence[NDArray[np.uint8]]]
"""Returns RGB `(h, w, 3)` at the working scale of the model to try engines on; called only if trials are needed."""

log = logging.getLogger(__name__)


def open_engine(model: Model, choice: EngineChoice, wanted: Wanted = "auto", cache: Path | None = None) -> Engine:
    """Open the best engine. `cache`: folder that keeps its compiled graph, so that it opens faster the next time.

    Raises ModelError if no engine of the wanted kind finds the same cells.
    """
    best = choice.best(wanted)
    engine = _engine(best.engine, model, choice.ranges, best.tile)
    memory = Memory.of(model.info, cache)
    if memory is not None and isinstance(engine, OpenVinoEngine):
        memory.keep_graph(engine)
    return engine


def choice_of(model: Model, pictures: Pictures, cache: Path | None) -> EngineChoice:
    """Try the engines with this model on this computer. `cache`: folder in which the outcome is kept, if any."""
    return at_once(choosing(model, pictures, cache))


def choosing(model: Model, pictures: Pictures, cache: Path | None) -> Generator[None, None, EngineChoice]:
    """As `choice_of`. Yields between steps of about a second each, not at all if the outcome is cached.

    A generator that is closed before its end caches nothing.
    """
    memory = Memory.of(model.info, cache)
    remembered = memory.choice() if memory is not None else None
    if remembered is not None and _tried_all(remembered):
        return remembered
    choice = yield from _tried(model, pictures)
    if memory is not None:
        memory.keep_choice(choice)
    return choice


def _tried(model: Model, wanted: Pictures) -> Generator[None, None, EngineChoice]:
    yield
    pictures = wanted()
    reference = _reference(model)
    started = time.perf_counter()
    truth = yield from _masks(reference, model, pictures)
    seconds = (time.perf_counter() - started) / (sum(mask.size for mask in truth) / 1e6)
    ranges = dict(reference.ranges) if isinstance(reference, Observer) else {}
    trials = [Trial("torch", seconds, 1.0, sum(map(_count, truth)), True)]
    for name in _candidates():
        trial = yield from _trial(name, model, ranges, pictures, truth)
        trials.append(trial)
        if trial.accepted and name.startswith("openvino"):
            break
    if refused := [trial.engine for trial in trials if not trial.accepted]:
        log.warning(
            ModelError(
                "Finding cells takes longer on this computer than it might: with the model “{model}”, {engines} failed "
                "the trial. “bcseg doctor” tells why.",
                model=model.info.name,
                engines=", ".join(refused),
            )
        )
    return EngineChoice(tuple(trials), len(pictures), ranges)


def _reference(model: Model) -> Observer | TorchEngine:
    """torch in float32 on the CPU, with the ranges of what it sees unless the network cannot be traced."""
    try:
        return Observer(model)
    except ConversionError:  # reported by the trials of the engines that need a trace
        engine = TorchEngine(model, torch.device("cpu"))
        engine.tile = LARGE_TILE
        return engine


def _candidates() -> Iterator[str]:
    yield from _graphics_cards()
    yield from (f"openvino-{precision}" for precision in PRECISIONS)


def _graphics_cards() -> list[str]:
    device = best_device()
    return [f"torch-{device.type}"] if device.type != "cpu" else []


def _tried_all(choice: EngineChoice) -> bool:
    """Whether the present graphics card was tried, and no other: a card may be added, removed or fail."""
    return [trial.engine for trial in choice.trials if trial.engine.startswith("torch-")] == _graphics_cards()


def _engine(name: str, model: Model, ranges: Ranges, tile: int) -> Engine:
    kind, _, variant = name.partition("-")
    engine: TorchEngine | OpenVinoEngine
    if kind == "torch":
        engine = TorchEngine(model, torch.device(variant or "cpu"))
    else:
        precision = next(one for one in PRECISIONS if one == variant)
        engine = OpenVinoEngine(to_openvino(model, ranges if precision == "int8" else None), precision)
    engine.tile = tile
    return engine


def _trial(
    name: str,
    model: Model,
    ranges: Ranges,
    pictures: Sequence[NDArray[np.uint8]],
    truth: Sequence[NDArray[np.uint8]],
) -> Generator[None, None, Trial]:
    try:
        engine = _engine(name, model, ranges, LARGE_TILE)
        found = yield from _masks(engine, model, pictures)
        seconds = _seconds(engine)
    except RuntimeError as error:
        return Trial(name, error=str(error))
    if engine.name != name:
        return Trial(name, error="not enough memory")
    cells, true_cells = (sum(map(_count, masks)) for masks in (found, truth))
    dice = agreement(found, truth)
    accepted = dice >= LEAST_DICE and abs(cells - true_cells) <= MOST_COUNT_ERROR * true_cells
    return Trial(name, seconds, dice, cells, accepted)


def _masks(
    engine: Engine, model: Model, pictures: Sequence[NDArray[np.uint8]]
) -> Generator[None, None, list[NDArray[np.uint8]]]:
    masks = []
    for picture in pictures:
        yield
        masks.append(_classes(engine, model, picture))
    return masks


def _classes(engine: Engine, model: Model, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return predict_picture(engine, model.info, picture, model.info.cell_diameter)[1]


def _seconds(engine: Engine) -> float:
    """Seconds per megapixel, the best of repeated runs; the first, in which kernels are chosen, does not count."""
    side = 256
    picture = np.zeros((1, side, side, 3), np.uint8)
    engine.probabilities(picture)
    began, best = time.perf_counter(), float("inf")
    while (started := time.perf_counter()) - began < TRIAL_SECONDS:
        engine.probabilities(picture)
        best = min(best, time.perf_counter() - started)
    return best / (side**2 / 1e6)


def agreement(masks: Sequence[NDArray[np.uint8]], truth: Sequence[NDArray[np.uint8]]) -> float:
    """Dice coefficient of class ids over all pictures; 1 if both are empty."""
    common = sum(np.count_nonzero((a == b) & (a > 0)) for a, b in zip(masks, truth, strict=True))
    both = sum(np.count_nonzero(mask) for mask in (*masks, *truth))
    return float(2 * common / both) if both else 1.0


def _count(classes: NDArray[np.uint8]) -> int:
    return len(label_cells(classes, min_area=1).areas)
