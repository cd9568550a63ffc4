"""The work itself, over core and model. Imported in the compute process alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bcseg_gui.core.slides import open_slide
from model import train as training
from model.checkpoint import WEIGHTS_FILE, Model, ModelInfo, load_model
from model.dataset import Dataset, Pair, load_dataset, read_pair
from model.engine import SMALL_TILE, Engine, TorchEngine, physical_cores
from model.evaluate import score_pairs, with_model
from model.metrics import PictureScore, summary
from model.predict import HALO
from model.remembering import RememberingEngine

from .calibration import engine_for
from .pace import Pace
from .protocol import (
    QUICK_ENGINE,
    QUICK_METHOD,
    EpochDone,
    Evaluate,
    EvaluateResult,
    Event,
    Metrics,
    Progress,
    QuickSegment,
    Segment,
    SegmentResult,
    TilePredicted,
    Train,
    TrainResult,
    WarmUp,
)
from .segmenting import Work, quick_segment_slide, segment_slide
from .server import Handlers

Cancelled = Callable[[], bool]
FIGURES = [field.name for field in fields(Metrics) if field.name != "pictures"]


def make_handlers() -> Handlers:
    if cores := physical_cores():
        torch.set_num_threads(cores)
    models = LoadedModels()
    return {
        WarmUp: partial(warm_up, models),
        Segment: partial(segment, models),
        QuickSegment: quick_segment,
        Train: train,
        Evaluate: evaluate,
    }


class LoadedModels:
    """Keeps the last model, so that the next picture does not wait for it to load."""

    def __init__(self) -> None:
        self._key: tuple[Path, int] | None = None
        self._loaded: tuple[Engine, ModelInfo] | None = None

    def get(self, folder: Path) -> tuple[Engine, ModelInfo]:
        """Raises ModelError. A folder whose weights were replaced is loaded anew."""
        try:
            key = folder, (folder / WEIGHTS_FILE).stat().st_mtime_ns
        except OSError:
            key = None  # load_model says what is wrong
        if self._loaded is None or key is None or key != self._key:
            self._loaded = None  # never two models in memory
            model = load_model(folder)
            self._key, self._loaded = key, (RememberingEngine(engine_for(model, folder)), model.info)
        return self._loaded


def warm_up(models: LoadedModels, request: WarmUp, cancelled: Cancelled) -> Generator[Event, None, None]:
    engine, _ = models.get(request.model_folder)
    yield Progress(request.job, 0, 1)
    # The first run is slow: kernels are chosen and memory grows.
    side = SMALL_TILE + 2 * HALO
    engine.probabilities(np.zeros((1, side, side, 3), np.uint8))


def segment(models: LoadedModels, request: Segment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    pace = Pace()
    with open_slide(request.slide_path, request.page) as slide:
        slide.clipped(request.region)  # said before the model is loaded
        engine, info = models.get(request.model_folder)
        work = segment_slide(engine, info, slide, request, cancelled)
        yield from _found(request.job, work)
    return SegmentResult(work.cell_diameter, pace.seconds, info.name, engine.name)


def quick_segment(request: QuickSegment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    pace = Pace()
    with open_slide(request.slide_path, request.page) as slide:
        work = quick_segment_slide(slide, request, cancelled)
        yield from _found(request.job, work)
    return SegmentResult(work.cell_diameter, pace.seconds, QUICK_METHOD, QUICK_ENGINE)


def _found(job: int, work: Work) -> Iterator[Event]:
    pace, done = Pace(), work.done
    yield Progress(job, done, work.total, empty=work.empty)
    for found in work.found:
        if found.is_new:
            done += 1
            yield Progress(job, done, work.total, pace.left(done - work.done, work.total - work.done))
        yield TilePredicted(job, found.region, found.classes, found.finished)


def train(request: Train, cancelled: Cancelled) -> Generator[Event, None, TrainResult | None]:
    whole = Pace()
    dataset = load_dataset(request.dataset_folder)
    candidate = load_model(request.parent_folder).renamed(request.output_folder.name)
    settings = training.TrainSettings(request.epochs, request.seed, checkpoint_every=0).gentler()
    trained: training.Trained | None = None
    yield Progress(request.job, 0, 1)
    for event in training.train(candidate, dataset, request.output_folder, settings, cancelled=cancelled):
        match event:
            case training.StepDone():
                # The parent's scores, still to come, are not counted: they take seconds, the steps minutes.
                left = whole.left(event.step, event.steps)
                yield Progress(request.job, event.step, event.steps, left, event.loss)
            case training.EpochDone():
                yield EpochDone(request.job, epochs=event.epochs, **asdict(event.row))
            case training.Trained():
                trained = event
    if trained is None:
        return None
    del candidate  # its optimiser's memory goes with it, before the parent comes back
    old: list[PictureScore] = []
    for score in _scores(load_model(request.parent_folder), dataset):
        if cancelled():
            return None
        old.append(score)
    return TrainResult(
        request.output_folder, _metrics(old), _metrics(trained.scores), len(dataset.training), whole.seconds
    )


def evaluate(request: Evaluate, cancelled: Cancelled) -> Generator[Event, None, EvaluateResult | None]:
    pace = Pace()
    dataset = load_dataset(request.dataset_folder)
    total = len(request.model_folders) * len(dataset.holdout)
    rows: list[Metrics] = []
    done = 0
    yield Progress(request.job, 0, total)
    for folder in request.model_folders:
        model = load_model(folder)
        scores: list[PictureScore] = []
        for score in _scores(model, dataset):
            if cancelled():
                return None
            scores.append(score)
            done += 1
            yield Progress(request.job, done, total, pace.left(done, total))
        rows.append(_metrics(scores))
    return EvaluateResult(tuple(rows), pace.seconds)


def _scores(model: Model, dataset: Dataset) -> Iterator[PictureScore]:
    def read(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return read_pair(pair, len(model.info.classes))

    return score_pairs(with_model(TorchEngine(model), model.info), dataset.holdout, read)


def _metrics(scores: Sequence[PictureScore]) -> Metrics:
    figures = summary(scores)
    return Metrics(len(scores), **{name: figures[name] for name in FIGURES})
