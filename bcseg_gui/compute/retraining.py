"""Training, judging and comparing models, over core and model. Imported in the compute process and the command line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.project import Split
from bcseg_gui.core.retraining.gate import PictureFigures, decide
from bcseg_gui.core.retraining.record import Record, UsedPair, read_record
from bcseg_gui.core.retraining.reference import ALIKE, CELL_DIAMETER, reference_smears
from bcseg_gui.core.retraining.report import write_report
from model import train as training
from model.checkpoint import Model, load_model
from model.dataset import (
    Dataset,
    Pair,
    PictureReader,
    cell_diameter_of,
    hash_file,
    load_dataset,
    read_pair,
    read_picture,
)
from model.distributed import leads, processes
from model.engine import SMALL_TILE
from model.evaluate import PairReader, Segmenter, score_pairs, with_model
from model.info import read_info
from model.metrics import PictureScore, summary
from model.predict import HALO
from model.torch_engine import TorchEngine

from .pace import Pace
from .preview import difference
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
Pixels = NDArray[np.uint8]
FIGURES = [field.name for field in fields(Metrics) if field.name != "pictures"]
WATCHED = 4
"""Test pictures that are looked at after every round; all of them at the end."""
SHOWN = 5
"""Test pictures that the report shows: those on which the new model does worst."""


def train(
    request: Train,
    cancelled: Cancelled,
    settings: training.TrainSettings | None = None,
    *,
    dataset: Dataset | None = None,
    read: PictureReader = read_picture,
) -> Generator[Event, None, TrainResult | None]:
    """`settings`: others than those of `fine_tuning`, for measurements. `dataset`: instead of what the folder holds."""
    pace = Pace()
    dataset = dataset or load_dataset(request.dataset_folder)
    settings = settings or fine_tuning(request.epochs, request.seed)
    if not leads():  # the first process judges, the others help it to learn
        helping = load_model(request.parent_folder)
        deque(training.train(helping, dataset, request.output_folder, settings, read=read), maxlen=0)
        return None
    judging = _Judging(dataset, request.parent_folder, read, cancelled)
    yield Progress(request.job, 0, 1)
    if not judging.measure_old():
        return None
    yield ParentMeasured(request.job, _metrics(judging.old[: settings.watched or None]))
    candidate = load_model(request.parent_folder).renamed(request.output_folder.name)
    trained: training.Trained | None = None
    steps: Pace | None = None
    before = 0
    work = training.train(candidate, dataset, request.output_folder, settings, read=read, cancelled=cancelled)
    for event in work:
        match event:
            case training.StepDone():
                if steps is None:  # a run that goes on has steps behind it
                    steps, before = Pace(), event.step
                # What comes after the last step is not counted: it takes seconds, the steps minutes.
                left = steps.left(event.step - before, event.steps - before)
                yield Progress(request.job, event.step, event.steps, left, event.loss)
            case training.EpochDone():
                yield EpochDone(request.job, epochs=event.epochs, **asdict(event.row))
            case training.Trained():
                trained = event
                break
    yield Progress(request.job, 1, 1)  # how long judging takes is not known
    if trained is None or not judging.measure_new(request.output_folder, trained.scores):
        return None
    record = replace(judging.record(request, settings, trained), seconds=round(pace.seconds, 1))
    write_report(request.output_folder, record, judging.worst())
    next(work, None)  # only now the checkpoint goes: killed while it was judged, it is judged again
    return TrainResult(
        request.output_folder, _metrics(judging.old), _metrics(judging.new), record.decision, len(dataset.training),
        pace.seconds,
    )  # fmt: skip


def fine_tuning(epochs: int, seed: int) -> training.TrainSettings:
    return training.TrainSettings(epochs=epochs, seed=seed, checkpoint_every=0, patience=2, watched=WATCHED).gentler()


class _Judging:
    """The model in use and the candidate on the same test pictures and reference pictures."""

    def __init__(self, dataset: Dataset, parent_folder: Path, read: PictureReader, cancelled: Cancelled) -> None:
        self._dataset, self._folder, self._cancelled = dataset, parent_folder, cancelled
        classes = len(read_info(parent_folder).classes)
        self._read: PairReader = lambda pair: read_pair(pair, classes, read)
        smears = {name: (smear.image, (smear.mask > 0).astype(np.uint8)) for name, smear in reference_smears()}
        self._reference = [Pair(Path(name), Path(name), CELL_DIAMETER) for name in smears]
        self._smear: PairReader = lambda pair: smears[pair.image.name]
        self.new_folder = parent_folder
        self.old: Sequence[PictureScore] = ()
        self.new: Sequence[PictureScore] = ()
        self.reference_old: Sequence[PictureScore] = ()
        self.reference_new: Sequence[PictureScore] = ()

    def measure_old(self) -> bool:
        """False once cancelled."""
        model = load_model(self._folder)
        self.old = _scores(model, self._dataset.holdout, self._read, self._cancelled)
        self.reference_old = _scores(model, self._reference, self._smear, self._cancelled)
        if summary(self.reference_old)["dice"] < ALIKE:  # it finds something else than all cells
            self._reference, self.reference_old = [], ()
        return not self._cancelled()

    def measure_new(self, folder: Path, scores: Sequence[PictureScore]) -> bool:
        """`scores`: those on the test pictures. False once cancelled."""
        self.new_folder, self.new = folder, scores
        self.reference_new = _scores(load_model(folder), self._reference, self._smear, self._cancelled)
        return not self._cancelled()

    def record(self, request: Train, settings: training.TrainSettings, trained: training.Trained) -> Record:
        """All that there is to say of the run, but how long it took."""
        pairs = tuple(_used_pairs(self._dataset))
        before = read_record(self._folder)
        learnt = {pair.image_sha256 for pair in (before.pairs if before else ()) if pair.split == "train"}
        near = {pair.slide for pair in self._dataset.training}
        slides = {
            pair.slide or pair.image.name
            for pair, used in zip(self._dataset.holdout, pairs[-len(self._dataset.holdout) :], strict=True)
            if used.image_sha256 not in learnt and (not pair.slide or pair.slide not in near)
        }
        old, new, reference_old, reference_new = (
            tuple(map(_picture_figures, scores))
            for scores in (self.old, self.new, self.reference_old, self.reference_new)
        )
        parent = read_info(self._folder)
        return Record(
            model=trained.info.name,
            weights_sha256=trained.info.weights_sha256,
            parent=parent.name,
            parent_sha256=parent.weights_sha256,
            author=request.author,
            created=trained.info.created,
            dataset=request.dataset_folder.name,
            settings=asdict(settings) | {"processes": processes()},
            pairs=pairs,
            rounds=tuple(asdict(row) for row in trained.history),
            old=old,
            new=new,
            reference_old=reference_old,
            reference_new=reference_new,
            decision=decide(old, new, reference_old, reference_new, slides=len(slides)),
        )

    def worst(self) -> list[tuple[str, Pixels]]:
        """Names and pictures of those that the new model does worst on, with what changed."""
        pairs = {pair.image.name: pair for pair in self._dataset.holdout}
        chosen = sorted(self.new, key=lambda score: score.dice)[:SHOWN]
        models = [load_model(folder) for folder in (self._folder, self.new_folder)]
        seen = []
        for score in chosen:
            pair = pairs[score.name]
            picture, truth = self._read(pair)
            masks = [_segmenter(model)(picture, cell_diameter_of(pair, truth))[0] for model in models]
            seen.append((score.name, difference(picture, truth, *masks)))
        return seen


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
        for score in score_pairs(_segmenter(model), dataset.holdout, read):
            if cancelled():
                return None
            scores.append(score)
            done += 1
            yield Progress(request.job, done, total, pace.left(done, total))
        rows.append(_metrics(scores))
    return EvaluateResult(tuple(rows), pace.seconds)


def _scores(model: Model, pairs: Sequence[Pair], read: PairReader, cancelled: Cancelled) -> list[PictureScore]:
    """Of as many as there is time for until `cancelled()`."""
    scores = []
    for score in score_pairs(_segmenter(model), pairs, read):
        scores.append(score)
        if cancelled():
            break
    return scores


def _segmenter(model: Model) -> Segmenter:
    return with_model(TorchEngine(model), model.info)


def _used_pairs(dataset: Dataset) -> Iterator[UsedPair]:
    sides: list[tuple[Split, Sequence[Pair]]] = [("train", dataset.training), ("holdout", dataset.holdout)]
    for split, pairs in sides:
        for pair in pairs:
            yield UsedPair(pair.image.name, split, hash_file(pair.image).hex(), hash_file(pair.mask).hex())


def _picture_figures(score: PictureScore) -> PictureFigures:
    return PictureFigures(**{field.name: getattr(score, field.name) for field in fields(PictureFigures)})


def _metrics(scores: Sequence[PictureScore]) -> Metrics:
    figures = summary(scores)
    return Metrics(len(scores), **{name: figures[name] for name in FIGURES})
