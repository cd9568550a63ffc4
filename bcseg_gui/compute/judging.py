"""A retrained model compared with its parent, on the test pictures and the reference pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.drawing import changes
from bcseg_gui.core.project import Split
from bcseg_gui.core.retraining.gate import (
    BlockCounts,
    ClassFigures,
    PictureFigures,
    class_figures,
    decide,
    judge_target,
)
from bcseg_gui.core.retraining.record import Record, UsedPair, read_record
from bcseg_gui.core.retraining.reference import ALIKE, CELL_DIAMETER, reference_smears
from model.cell_size import cell_diameter_of
from model.checkpoint import Model, load_model
from model.dataset import Dataset, Pair, hash_file
from model.engines.torch_engine import TorchEngine
from model.info import ModelInfo, read_info
from model.pictures import PictureReader, read_pair
from model.scoring.evaluate import PairReader, SegmentPicture, score_pairs, with_model
from model.scoring.metrics import PictureScore, score_picture, summary, without_new
from model.training.distributed import processes
from model.training.settings import TrainSettings
from model.training.train import TrainingFinished

from .protocol import Train

Cancelled = Callable[[], bool]
Pixels = NDArray[np.uint8]
Blocks = tuple[BlockCounts, ...]
"""Of one test picture."""
SHOWN = 5
"""Test pictures in the report: those on which the new model does worst."""


class Judging:
    """Scores the parent and the candidate, described by `info`, on the same test pictures and reference pictures.

    Classes that the parent does not know are left out of the comparison; a new target is not compared at all.
    """

    def __init__(
        self, dataset: Dataset, request: Train, info: ModelInfo, read: PictureReader, cancelled: Cancelled
    ) -> None:
        parent_folder = request.parent_folder
        self._dataset, self._folder, self._cancelled = dataset, parent_folder, cancelled
        self._names, self._is_target = info.classes, request.new_target
        self._known = len(info.classes) if request.new_target else len(read_info(parent_folder).classes)
        self._read: PairReader = lambda pair: read_pair(pair, len(info.classes), read, dataset.class_ids)
        self._class_blocks: list[list[Blocks]] = [[] for _name in info.classes]
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
        if self._is_target:
            return not self._cancelled()
        model = load_model(self._folder)
        self.old = self._on_holdout(model)
        self.reference_old = _scores(model, self._reference, self._smear, self._cancelled)
        if summary(self.reference_old)["dice"] < ALIKE:  # it does not look for all cells
            self._reference, self.reference_old = [], ()
        return not self._cancelled()

    def measure_new(self, folder: Path, scores: Sequence[PictureScore]) -> bool:
        """`scores`: the candidate's on the test pictures. False once cancelled."""
        model = load_model(folder)
        self.new_folder, self.new = folder, scores
        if len(self._names) > 1:
            self.new = self._on_holdout(model, self._class_blocks)
        elif self._is_target:
            self._class_blocks = [[score.blocks for score in scores]]
        if self.reference_old:
            self.reference_new = _scores(model, self._reference, self._smear, self._cancelled)
        return not self._cancelled()

    def _on_holdout(self, model: Model, class_blocks: Sequence[list[Blocks]] = ()) -> list[PictureScore]:
        """Scores on the classes that both know, picture by picture until cancelled; those of each class are appended to
        `class_blocks`.
        """
        segment, scores = segmenter(model), []
        for pair in self._dataset.holdout:
            picture, truth = self._read(pair)
            name = pair.image.name
            classes, foreground = segment(picture, cell_diameter_of(pair, truth))
            for number, blocks in enumerate(class_blocks, 1):
                alone = ((mask == number).view(np.uint8) for mask in (classes, truth))
                blocks.append(score_picture(name, *alone).blocks)
            kept, drawn = without_new(classes, truth, self._known)
            if foreground is not None:
                foreground = np.where(truth > self._known, np.float32(0), foreground)
            scores.append(score_picture(name, kept, drawn, foreground))
            if self._cancelled():
                break
        return scores

    def record(self, request: Train, settings: TrainSettings, trained: TrainingFinished) -> Record:
        """The record of the training, but for its duration."""
        old, new, reference_old, reference_new = (
            tuple(map(_picture_figures, scores))
            for scores in (self.old, self.new, self.reference_old, self.reference_new)
        )
        parent, pairs = read_info(self._folder), tuple(_used_pairs(self._dataset))
        classes, slides = self._class_figures(), self._slides(pairs)
        if self._is_target:
            decision = judge_target(classes, slides=slides)
        else:
            decision = decide(old, new, reference_old, reference_new, slides=slides, classes=classes)
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
            decision=decision,
            class_blocks={
                name: tuple(blocks) for name, blocks in zip(self._names, self._class_blocks, strict=True) if blocks
            },
        )

    def _class_figures(self) -> list[ClassFigures]:
        known = 0 if self._is_target else self._known
        return [
            class_figures(name, blocks, is_new=number >= known)
            for number, (name, blocks) in enumerate(zip(self._names, self._class_blocks, strict=True))
            if blocks
        ]

    def _slides(self, pairs: Sequence[UsedPair]) -> int:
        """The number of slides, which neither model learnt from, that the test pictures come from."""
        before = read_record(self._folder)
        learnt = {pair.image_sha256 for pair in (before.pairs if before else ()) if pair.split == "train"}
        near = {pair.slide for pair in self._dataset.training}
        return len(
            {
                pair.slide or pair.image.name
                for pair, used in zip(self._dataset.holdout, pairs[-len(self._dataset.holdout) :], strict=True)
                if used.image_sha256 not in learnt and (not pair.slide or pair.slide not in near)
            }
        )

    def worst(self) -> list[tuple[str, Pixels]]:
        """Names and pictures of the `SHOWN` on which the new model does worst, with the differences drawn."""
        pairs = {pair.image.name: pair for pair in self._dataset.holdout}
        chosen = sorted(self.new, key=lambda score: score.dice)[:SHOWN]
        folders = [self.new_folder] if self._is_target else [self._folder, self.new_folder]
        models = [load_model(folder) for folder in folders]
        seen = []
        for score in chosen:
            pair = pairs[score.name]
            picture, truth = self._read(pair)
            masks = [segmenter(model)(picture, cell_diameter_of(pair, truth))[0] for model in models]
            seen.append((score.name, changes(picture, truth, masks[-1], masks[0] if len(masks) > 1 else None)))
        return seen


def _scores(model: Model, pairs: Sequence[Pair], read: PairReader, cancelled: Cancelled) -> list[PictureScore]:
    """Scores of all cells, whatever their classes, picture by picture until `cancelled()`."""
    segment = segmenter(model)

    def find(picture: Pixels, cell_diameter: float | None) -> tuple[Pixels, NDArray[np.float32] | None]:
        classes, foreground = segment(picture, cell_diameter)
        return (classes > 0).view(np.uint8), foreground

    scores = []
    for score in score_pairs(find, pairs, read):
        scores.append(score)
        if cancelled():
            break
    return scores


def _used_pairs(dataset: Dataset) -> Iterator[UsedPair]:
    sides: list[tuple[Split, Sequence[Pair]]] = [("train", dataset.training), ("holdout", dataset.holdout)]
    for split, pairs in sides:
        for pair in pairs:
            yield UsedPair(pair.image.name, split, hash_file(pair.image).hex(), hash_file(pair.mask).hex())


def _picture_figures(score: PictureScore) -> PictureFigures:
    return PictureFigures(**{field.name: getattr(score, field.name) for field in fields(PictureFigures)})


def segmenter(model: Model) -> SegmentPicture:
    return with_model(TorchEngine(model), model.info)
