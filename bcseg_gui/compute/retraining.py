"""Training and comparing models. Imported in the compute process and the command line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, fields, replace
from functools import partial

import numpy as np

from bcseg_gui.core.cells.diameter import estimate_cell_diameter
from bcseg_gui.core.retraining.report import write_report
from model.cell_size import smallest_cells
from model.checkpoint import Model, grown, load_model, new_model
from model.dataset import Dataset, Pair, load_dataset
from model.engines.engine import SMALL_TILE
from model.engines.torch_engine import TorchEngine
from model.errors import ModelError
from model.info import read_info
from model.pictures import PictureReader, read_mask, read_pair, read_picture
from model.predict import HALO
from model.scoring.evaluate import PairReader, score_pairs
from model.scoring.metrics import PictureScore, summary
from model.training import train as training
from model.training.distributed import is_leader
from model.training.settings import TrainSettings

from .judging import Judging, segmenter
from .pace import Pace
from .protocol import (
    EpochDone,
    Estimate,
    EstimateResult,
    Evaluate,
    EvaluateResult,
    Event,
    Metrics,
    ParentMeasured,
    Progress,
    Train,
    TrainResult,
)

Cancelled = Callable[[], bool]
FIGURES = [field.name for field in fields(Metrics) if field.name != "pictures"]
WATCHED = 4
"""Test pictures that are scored after every round; all of them are at the end."""


def train(
    request: Train,
    cancelled: Cancelled,
    settings: TrainSettings | None = None,
    *,
    dataset: Dataset | None = None,
    read: PictureReader = read_picture,
) -> Generator[Event, None, TrainResult | None]:
    """`settings` replace those of `settings_for`, for measurements. `dataset` replaces that of the folder; its masks
    number the classes as the model does.
    """
    pace = Pace()
    if dataset is None:
        dataset = replace(load_dataset(request.dataset_folder), class_ids=tuple(request.classes.values()))
    if request.new_target:
        dataset = _sized(dataset, read)
    candidate = _candidate(request, dataset)
    settings = settings or settings_for(request)
    if not is_leader():  # the first process judges, the others only help to train
        deque(training.train(candidate, dataset, request.output_folder, settings, read=read), maxlen=0)
        return None
    judging = Judging(dataset, request, candidate.info, read, cancelled)
    yield Progress(request.job, 0, 1)
    if not judging.measure_old():
        return None
    if judging.old:
        yield ParentMeasured(request.job, _metrics(judging.old[: settings.watched or None]))
    trained: training.TrainingFinished | None = None
    steps: Pace | None = None
    before = 0
    work = training.train(candidate, dataset, request.output_folder, settings, read=read, cancelled=cancelled)
    for event in work:
        match event:
            case training.StepFinished():
                if steps is None:  # a resumed run has steps behind it
                    steps, before = Pace(), event.step
                # What follows the last step is not counted: it takes seconds, the steps take minutes.
                left = steps.left(event.step - before, event.steps - before)
                yield Progress(request.job, event.step, event.steps, left, event.loss)
            case training.EpochFinished():
                yield EpochDone(request.job, epochs=event.epochs, **asdict(event.row))
            case training.TrainingFinished():
                trained = event
                break
    yield Progress(request.job, 1, 1)  # how long judging takes is not known
    if trained is None or not judging.measure_new(request.output_folder, trained.scores):
        return None
    record = replace(judging.record(request, settings, trained), seconds=round(pace.seconds, 1))
    write_report(request.output_folder, record, judging.worst())
    next(work, None)  # only now is the checkpoint removed: if killed while judging, it is judged again
    old = _metrics(judging.old) if judging.old else None
    return TrainResult(
        request.output_folder, old, _metrics(judging.new), record.decision, len(dataset.training), pace.seconds
    )


def fine_tuning(epochs: int, seed: int) -> TrainSettings:
    return TrainSettings(epochs=epochs, seed=seed, checkpoint_every=0, patience=2, watched=WATCHED).gentler()


def settings_for(request: Train) -> TrainSettings:
    gentle = fine_tuning(request.epochs, request.seed)
    grows = len(request.classes) > len(read_info(request.parent_folder).classes)
    if not grows and not request.new_target:
        return gentle
    # New classes take steps rather than pixels, so the steps are small; small pictures fill such crops too. The loss
    # stagnates for rounds before a class is distinguished, so that is no reason to stop.
    new = replace(gentle, crop=128, patience=0)
    if request.new_target:  # the rates of a new model: little of what it knew is worth keeping
        usual = TrainSettings()
        return replace(new, batch=8, encoder_rate=usual.encoder_rate, decoder_rate=usual.decoder_rate)
    return replace(new, decoder_rate=1e-3, head_rate=1e-2)


def _candidate(request: Train, dataset: Dataset) -> Model:
    """The model to train. Raises ModelError when its classes do not continue the parent's."""
    parent = load_model(request.parent_folder)
    names, known = tuple(request.classes) or parent.info.classes, parent.info.classes
    if request.new_target:
        # The smallest cell says nothing about the smallest parasite.
        smallest, at_edge = smallest_cells(
            (read_mask(pair.mask, len(names), dataset.class_ids) for pair in dataset.training),
            (pair.cell_diameter for pair in dataset.training),
        )
        least = smallest or 0.0
        info = replace(parent.info, classes=names, smallest=least, smallest_at_edge=at_edge or least)
        started = new_model(info, seed=request.seed)
        started.network.inherit(parent.network)
        return started.renamed(request.output_folder.name)
    if names[: len(known)] != known:
        raise ModelError(
            "“{model}” finds {known}. What goes on from it keeps these classes and has new ones after them; for other "
            "classes, train a model for a new target.",
            model=parent.info.name,
            known=", ".join(known),
        )
    new = names[len(known) :]
    return (grown(parent, new) if new else parent).renamed(request.output_folder.name)


def _sized(dataset: Dataset, read: PictureReader) -> Dataset:
    """With the cell diameters that the model will be given in use: what is drawn may be of another size."""

    def sized(pair: Pair) -> Pair:
        return replace(pair, cell_diameter=pair.cell_diameter or estimate_cell_diameter(read(pair.image)))

    return replace(dataset, training=tuple(map(sized, dataset.training)), holdout=tuple(map(sized, dataset.holdout)))


def estimate(request: Estimate, cancelled: Cancelled) -> Generator[Event, None, EstimateResult]:
    yield Progress(request.job, 0, 1)
    model = load_model(request.model_folder)
    engine, side = TorchEngine(model), SMALL_TILE + 2 * HALO
    tile = np.zeros((1, side, side, 3), np.uint8)
    engine.probabilities(tile)  # the first run is slow
    pace = Pace()
    engine.probabilities(tile)
    segmenting = pace.seconds / SMALL_TILE**2 * 1e6
    settings = fine_tuning(1, 0)
    learning = training.step_seconds(load_model(request.model_folder), settings)
    return EstimateResult(learning, segmenting, settings.batch * settings.crop**2)


def evaluate(request: Evaluate, cancelled: Cancelled) -> Generator[Event, None, EvaluateResult | None]:
    pace = Pace()
    dataset = load_dataset(request.dataset_folder)
    total = len(request.model_folders) * len(dataset.holdout)
    rows: list[Metrics] = []
    done = 0
    yield Progress(request.job, 0, total)
    for folder in request.model_folders:
        model = load_model(folder)
        read: PairReader = partial(read_pair, classes=len(model.info.classes))
        scores: list[PictureScore] = []
        for score in score_pairs(segmenter(model), dataset.holdout, read):
            if cancelled():
                return None
            scores.append(score)
            done += 1
            yield Progress(request.job, done, total, pace.left(done, total))
        rows.append(_metrics(scores))
    return EvaluateResult(tuple(rows), pace.seconds)


def _metrics(scores: Sequence[PictureScore]) -> Metrics:
    figures = summary(scores)
    return Metrics(len(scores), **{name: figures[name] for name in FIGURES})
