"""The training loop: learning rate → forward, backward, step → checkpoint → validation, as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..checkpoint import Model
from ..dataset import Dataset
from ..errors import ModelError
from ..files import make_folder
from ..info import ModelInfo, read_info
from ..pictures import PictureReader, read_picture
from ..scoring.metrics import PictureScore
from .crops import Crop
from .distributed import broadcast_from_leader, is_leader, own_share
from .history import EpochRow
from .measure import measured
from .run import CachedPairReader, TrainingRun
from .settings import TrainSettings
from .unfinished import remove_checkpoint


@dataclass(frozen=True, slots=True)
class StepFinished:
    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    row: EpochRow
    epochs: int


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """The model is on disk; `scores` are those of its holdout pictures."""

    info: ModelInfo
    scores: tuple[PictureScore, ...]
    history: tuple[EpochRow, ...]


def train(
    model: Model,
    dataset: Dataset,
    output: Path,
    settings: TrainSettings,
    *,
    read: PictureReader = read_picture,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[StepFinished | EpochFinished | TrainingFinished]:
    """Train `model` in place and write `output`: weights, model.json, history.csv, curves.png, anew after each epoch.

    The last epoch's weights stay, not those of the epoch that did best on the holdout: chosen by it, they would look
    better on it than they are. An interrupted run that is started again with the same arguments goes on from its last
    checkpoint, which is removed when the caller asks for more than `TrainingFinished`. Stops between steps and between
    validation pictures once `cancelled()`. The random numbers of a step depend on the seed and the step alone, so the
    same seed gives the same weights, interrupted or not. Of several processes the first alone reads and writes in
    `output`, validates, and says `TrainingFinished`. Raises ModelError for unusable files.
    """
    if broadcast_from_leader(lambda: (dataset.hash, settings)) != (dataset.hash, settings):
        raise ModelError(
            "The machines have been given different pictures or settings. Start the same command on all of them, with "
            "the same pictures."
        )
    broadcast_from_leader(lambda: make_folder(output))
    reader = CachedPairReader(len(model.info.classes), read, dataset.class_ids)
    info, area = broadcast_from_leader(lambda: measured(model.info, dataset))
    run = TrainingRun(broadcast_from_leader(lambda: replace(model, info=info)), dataset, settings, output, area)
    run.resume()
    started = time.monotonic()
    while run.step < run.steps:
        if broadcast_from_leader(cancelled):
            run.save_checkpoint()
            return
        crops = [run.draw(reader, index) for index in own_share(settings.batch)]
        loss = run.train_step(crops)
        yield StepFinished(run.step, run.steps, loss, time.monotonic() - started)
        if run.step % run.steps_per_epoch == 0:
            scores = broadcast_from_leader(lambda: run.validate(reader, cancelled, settings.watched or None))
            if scores is None:
                return
            row = run.finish_epoch(scores, time.monotonic() - started)
            yield EpochFinished(row, run.steps // run.steps_per_epoch)
            started = time.monotonic()
        elif settings.checkpoint_every and run.step % settings.checkpoint_every == 0:
            run.save_checkpoint()
    # It was stopped after its last checkpoint, perhaps before the model was written; or only some were looked at.
    if len(run.scores) < len(dataset.holdout):
        scores = broadcast_from_leader(lambda: run.validate(reader, cancelled))
        if scores is None:
            return
        run.write(scores)
    if is_leader():
        yield TrainingFinished(read_info(output), tuple(run.scores), tuple(run.history))
        remove_checkpoint(output)


def step_seconds(model: Model, settings: TrainSettings) -> float:
    """How long a step of training takes on this machine, tried with a part of one on noise. Spoils the model."""
    run = TrainingRun(model, Dataset((), (), ""), settings, Path(), 0.0)
    rng = np.random.default_rng(0)
    side = settings.crop // 2
    noise = Crop(rng.integers(256, size=(side, side, 3), dtype=np.uint8), *rng.random((2, side, side), np.float32))
    run.train_step([noise])  # the first one is slow: torch chooses its kernels and memory grows
    started = time.monotonic()
    run.train_step([noise] * settings.batch)
    return (time.monotonic() - started) * (settings.crop / side) ** 2
