"""Which engine runs a model on this computer: tried once on pictures, and remembered.

An engine is taken only when it finds what torch finds in float32 on the CPU.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from .checkpoint import Model, make_folder, write_atomic
from .convert import Observer, Ranges
from .engine import LARGE_TILE, SMALL_TILE, Engine, TorchEngine, best_device, physical_cores
from .errors import ModelError
from .metrics import label_cells
from .openvino_engine import OpenVinoEngine, Precision, processor
from .predict import predict_picture
from .quiet_openvino import ov

SCHEMA = 1
PRECISIONS: tuple[Precision, ...] = ("int8", "bf16", "f32")
"""From the fastest to the most exact."""
LEAST_DICE, MOST_COUNT_ERROR = 0.995, 0.01
TRIAL_SECONDS = 0.3
PATIENCE = 1.0
"""Seconds that a tile may take, so that Cancel is heard."""

Wanted = Literal["auto", "torch", "openvino"]
Pictures = Callable[[], Sequence[NDArray[np.uint8]]]
"""RGB `(h, w, 3)` at the working scale of the model, to try engines on; asked for only when they are needed."""

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """`seconds` a megapixel at the working scale; `dice` of its mask and the reference's; `cells` in its mask.

    `error`: why it does not work here at all.
    """

    engine: str
    seconds: float = 0.0
    dice: float = 0.0
    cells: int = 0
    accepted: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was tried, the reference first, on how many pictures, and what conversion to integers needs to know."""

    trials: tuple[Trial, ...]
    pictures: int
    ranges: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    def best(self, wanted: Wanted = "auto") -> Trial:
        """The fastest that is accepted. Raises ModelError when none of the wanted kind is."""
        fit = [trial for trial in self.trials if trial.accepted and (wanted == "auto" or wanted in trial.engine)]
        if not fit:
            raise ModelError(
                "OpenVINO does not find the same cells as the reference with this model on this computer. "
                "Use --engine auto."
            )
        return min(fit, key=lambda trial: trial.seconds)


def open_engine(model: Model, choice: Choice, wanted: Wanted = "auto") -> Engine:
    """Raises ModelError when no engine of the wanted kind finds the same cells."""
    best = choice.best(wanted)
    in_time = int((PATIENCE * 1e6 / best.seconds) ** 0.5)
    return _engine(best.engine, model, choice.ranges, min(LARGE_TILE, max(SMALL_TILE, in_time)))


def choice_of(model: Model, pictures: Pictures, cache: Path | None) -> Choice:
    """The engines tried with this model on this computer; `cache`: a folder that remembers, if there is one."""
    return at_once(choosing(model, pictures, cache))


def choosing(model: Model, pictures: Pictures, cache: Path | None) -> Generator[None, None, Choice]:
    """As `choice_of`. Comes back between the steps of a trial, of about a second each, not at all where the outcome is
    remembered. One that is left before its end is not remembered.
    """
    path = cache / f"{_key(model)}.json" if cache is not None and model.info.weights_sha256 else None
    if path is not None and (remembered := _read(path)) is not None:
        return remembered
    choice = yield from _tried(model, pictures)
    if path is not None:
        try:
            make_folder(path.parent)
            write_atomic(path, msgspec.json.encode(choice))
        except ModelError as error:
            log.warning("Which engine is the fastest will be measured again: %s", error)
    return choice


def at_once(steps: Generator[None, None, T]) -> T:
    """Goes through all steps; returns what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _key(model: Model) -> str:
    """Another one for everything that the choice depends on."""
    info = model.info
    machine = processor(), physical_cores(), ov.get_version(), torch.__version__, str(best_device())
    known = SCHEMA, info.weights_sha256, info.mean, info.std, machine
    return hashlib.sha256(repr(known).encode()).hexdigest()[:24]


def _read(path: Path) -> Choice | None:
    """None: it is not there, of another version of this program, or damaged."""
    try:
        choice = msgspec.json.decode(path.read_bytes(), type=Choice)
    except (OSError, msgspec.DecodeError):
        return None
    return choice if choice.schema == SCHEMA and choice.trials else None


def _tried(model: Model, wanted: Pictures) -> Generator[None, None, Choice]:
    yield
    pictures = wanted()
    observer = Observer(model)
    started = time.perf_counter()
    truth = yield from _masks(observer, model, pictures)
    seconds = (time.perf_counter() - started) / (sum(mask.size for mask in truth) / 1e6)
    ranges = dict(observer.ranges)
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
                model=model.info.name, engines=", ".join(refused),
            )
        )  # fmt: skip
    return Choice(tuple(trials), len(pictures), ranges)


def _candidates() -> Iterator[str]:
    if (device := best_device()).type != "cpu":
        yield f"torch-{device.type}"
    yield from (f"openvino-{precision}" for precision in PRECISIONS)


def _engine(name: str, model: Model, ranges: Ranges, tile: int) -> Engine:
    kind, _, variant = name.partition("-")
    engine: TorchEngine | OpenVinoEngine
    if kind == "torch":
        engine = TorchEngine(model, torch.device(variant or "cpu"))
    else:
        engine = OpenVinoEngine(model, next(one for one in PRECISIONS if one == variant), ranges)
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
    """A megapixel, from repeated runs; the first of this size, which chooses kernels, does not count."""
    side = 256
    picture = np.zeros((1, side, side, 3), np.uint8)
    engine.probabilities(picture)
    began, best = time.perf_counter(), float("inf")
    while (started := time.perf_counter()) - began < TRIAL_SECONDS:
        engine.probabilities(picture)
        best = min(best, time.perf_counter() - started)
    return best / (side**2 / 1e6)


def agreement(masks: Sequence[NDArray[np.uint8]], truth: Sequence[NDArray[np.uint8]]) -> float:
    """Dice coefficient of class ids over all pictures; 1 where there is nothing in either."""
    common = sum(np.count_nonzero((a == b) & (a > 0)) for a, b in zip(masks, truth, strict=True))
    both = sum(np.count_nonzero(mask) for mask in (*masks, *truth))
    return float(2 * common / both) if both else 1.0


def _count(classes: NDArray[np.uint8]) -> int:
    return len(label_cells(classes, min_area=1).areas)
