"""The truth that `bcseg evaluate` compares with: masks, points on cells, or boxes around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import ngettext
from bcseg_gui.core.slides import find_slides
from model.dataset import Pair, find_pairs
from model.pictures import read_pair
from model.scoring.metrics import PictureScore, score_picture, summary
from model.scoring.objects import Objects, ObjectScore, object_summary, read_boxes, read_points, score_objects

from .panels import mask_panel, object_panel
from .sheet import Panel

Known = TypeVar("Known")
Score = TypeVar("Score")
Pixels = NDArray[np.uint8]


class Truth(Protocol[Known, Score]):
    """One kind of truth. `Known`: what it knows of a picture; `Score`: how a mask of class ids compares with that."""

    columns: ClassVar[Mapping[str, str]]
    """Titles of the figures of `summary` that the table shows."""

    def pairs(self, images: Path) -> list[Pair]:
        """The pictures with their label files. Raises UserError or ModelError when there is none."""

    def read(self, pair: Pair, picture: Pixels) -> Known:
        """Raises ModelError when the label file is broken."""

    def score(
        self, name: str, classes: Pixels, probability: NDArray[np.float32] | None, known: Known, seconds: float
    ) -> Score: ...

    def goodness(self, score: Score) -> tuple[float, ...]:
        """Sort key: the worst pictures have the smallest."""

    def figures(self, score: Score) -> dict[str, object]:
        """Everything known about one picture, for the JSON."""

    def summary(self, scores: Sequence[Score]) -> Mapping[str, object]: ...

    def panel(self, score: Score, picture: Pixels, classes: Pixels, known: Known) -> Panel: ...


@dataclass(frozen=True, slots=True)
class MaskFolder:
    """`classes`: how many classes the masks distinguish; one stands for all cells."""

    folder: Path
    classes: int = 1

    columns: ClassVar[Mapping[str, str]] = {
        "dice": "Dice",
        "jaccard": "Jaccard",
        "pixel_accuracy": "accuracy",
        "loss": "loss",
        "object_f1": "cell F1",
        "count_error": "count error",
        "worst_dice": "worst Dice",
        "seconds_per_megapixel": "s/MP",
    }

    def pairs(self, images: Path) -> list[Pair]:
        return find_pairs(images, self.folder)

    def read(self, pair: Pair, picture: Pixels) -> Pixels:
        return read_pair(pair, self.classes, lambda _path: picture)[1]

    def score(
        self, name: str, classes: Pixels, probability: NDArray[np.float32] | None, known: Pixels, seconds: float
    ) -> PictureScore:
        return score_picture(name, classes, known, probability, seconds=seconds)

    def goodness(self, score: PictureScore) -> tuple[float, ...]:
        return (score.dice,)

    def figures(self, score: PictureScore) -> dict[str, object]:
        return asdict(score) | {"count_error": score.count_error}

    def summary(self, scores: Sequence[PictureScore]) -> Mapping[str, object]:
        return summary(scores)

    def panel(self, score: PictureScore, picture: Pixels, classes: Pixels, known: Pixels) -> Panel:
        return mask_panel(score, picture, classes, known)


@dataclass(frozen=True, slots=True)
class LabelFolder:
    """A folder of label files `<stem of the picture><suffix>`; `read_file` takes one and the picture's shape."""

    folder: Path
    suffix: str
    read_file: Callable[[Path, tuple[int, int]], Objects]

    columns: ClassVar[Mapping[str, str]] = {
        "objects": "objects",
        "found_share": "found",
        "worst_found_share": "worst found",
        "crowded_share": "crowded",
        "cells": "cells",
        "blank": "blank",
        "seconds_per_megapixel": "s/MP",
        "worst_picture": "worst picture",
    }

    def pairs(self, images: Path) -> list[Pair]:
        """Pictures without a label file are skipped; a sentence says how many."""
        # In the order of `find_pairs`, for every 5th is a test picture.
        pairs = [Pair(path, self.folder / f"{path.stem}{self.suffix}") for path in sorted(find_slides([images]))]
        labelled = [pair for pair in pairs if pair.mask.is_file()]
        if not labelled:
            raise UserError(
                "No picture in {images} has a file of the same name with the ending {suffix} in {labels}. "
                "Check the two folders.",
                images=images,
                suffix=self.suffix,
                labels=self.folder,
            )
        if left := len(pairs) - len(labelled):
            said = ngettext(
                "{n} picture without a label file was passed over.",
                "{n} pictures without a label file were passed over.",
                left,
            )
            print(said.format(n=left))
        return labelled

    def read(self, pair: Pair, picture: Pixels) -> Objects:
        height, width = picture.shape[:2]
        return self.read_file(pair.mask, (height, width))

    def score(
        self, name: str, classes: Pixels, probability: NDArray[np.float32] | None, known: Objects, seconds: float
    ) -> ObjectScore:
        return score_objects(name, classes, known, seconds=seconds)

    def goodness(self, score: ObjectScore) -> tuple[float, ...]:
        return score.found_share if score.objects else 1.0, -score.crowded

    def figures(self, score: ObjectScore) -> dict[str, object]:
        return asdict(score) | {name: getattr(score, name) for name in ("found_share", "crowded_share", "blank")}

    def summary(self, scores: Sequence[ObjectScore]) -> Mapping[str, object]:
        return object_summary(scores)

    def panel(self, score: ObjectScore, picture: Pixels, classes: Pixels, known: Objects) -> Panel:
        return object_panel(score, picture, classes, known)


def truth_of(masks: Path | None, points: Path | None, boxes: Path | None, classes: int = 1) -> Truth[Any, Any] | None:
    """The truth in the one folder that is given; None when there is none or more than one.

    `classes`: how many the masks distinguish; one stands for all cells.
    """
    given: list[Truth[Any, Any]] = []
    if masks is not None:
        given.append(MaskFolder(masks, classes))
    if points is not None:
        given.append(LabelFolder(points, ".txt", read_points))
    if boxes is not None:
        given.append(LabelFolder(boxes, ".xml", read_boxes))
    return given[0] if len(given) == 1 else None
