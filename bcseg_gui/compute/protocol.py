"""What the window and the compute process say to each other: frozen values that cross a pipe.

Imported on both sides, so neither Qt nor torch may come in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.gate import Decision
from bcseg_gui.core.retraining.ranking import Suggestion
from bcseg_gui.core.slides.look import Look

GRID = 1
"""Counts up whenever the same request would be cut into other blocks, so that no run goes on with what does not fit."""


@runtime_checkable
class Sentence(Protocol):
    """An error that was written for a person: core's UserError, model's ModelError. As the message of a logged warning
    it is told to the person too."""

    @property
    def template(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load a model, so that the first Segment does not wait for it. Finishes with a `WarmUpResult`."""

    job: int
    model_folder: Path


@dataclass(frozen=True, slots=True)
class Segment:
    """Find the cells of a slide, nearest to `first` first. Finishes with a `SegmentResult`.

    `region` None is the whole slide, `page` one of its pictures; `outline`: a level-0 polygon that what is wanted lies
    in, `region` is then its bounding box. Tiles still are whole: who takes them cuts them. `first` is a level-0 point
    (x, y). `cell_diameter` is in level-0 pixels; None takes it from the slide's mpp, else from the picture, else from
    the model. `threshold` is a probability; `splitting`: how readily cells that touch are parted, from 0, never, to 1,
    with 0.5 as usual. `look`: the colours that the model sees, None the slide's own.

    `finished`: blocks of an earlier job with the same values that are not computed again; neither are those that
    surely are empty glass, with `skip_empty`. `class_ids`: what to call the classes of the model, in its order;
    without, they are numbered.
    """

    job: int
    slide_path: Path
    model_folder: Path
    region: Region | None = None
    first: tuple[int, int] = (0, 0)
    cell_diameter: float | None = None
    threshold: float = 0.5
    splitting: float = 0.5
    page: int = 0
    outline: tuple[tuple[int, int], ...] = ()
    finished: tuple[Region, ...] = ()
    look: Look | None = None
    skip_empty: bool = True
    class_ids: tuple[int, ...] = ()


QUICK_METHOD, QUICK_ENGINE = "watershed", "opencv"


@dataclass(frozen=True, slots=True)
class QuickSegment:
    """As `Segment`, by `QUICK_METHOD` instead of a model: a threshold and a watershed. Finishes with a `SegmentResult`.

    `cell_diameter` None takes it from the slide's mpp, else from the picture.
    """

    job: int
    slide_path: Path
    region: Region | None = None
    first: tuple[int, int] = (0, 0)
    cell_diameter: float | None = None
    page: int = 0
    outline: tuple[tuple[int, int], ...] = ()
    finished: tuple[Region, ...] = ()
    look: Look | None = None
    skip_empty: bool = True


@dataclass(frozen=True, slots=True)
class Train:
    """Fine-tune the parent on a dataset's "train" pairs, then judge it by its "holdout" pairs and the reference ones.

    Writes weights.safetensors, model.json, history.csv, curves.png, report.json and report.html to `output_folder`. One
    that was cancelled there, or died, goes on from its last round. Finishes with a `TrainResult`.

    `classes`: those of the new model, each with its id in the masks. They begin with the parent's and may go on with
    new ones; without, they are the parent's, and a model of one class takes all cells for it. `new_target`: they need
    not be the parent's, for the model is to find something else, and is not compared.
    """

    job: int
    dataset_folder: Path
    parent_folder: Path
    output_folder: Path
    epochs: int
    seed: int = 0
    author: str = ""
    classes: Mapping[str, int] = field(default_factory=dict)
    new_target: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """Try how quickly a model learns and segments on this machine. Finishes with an `EstimateResult`."""

    job: int
    model_folder: Path


@dataclass(frozen=True, slots=True)
class RankedSlide:
    """A page of a slide; what is `reviewed` of it, and which of that the model is still `to_learn` from, in level-0
    pixels; `cell_diameter` as in `Segment`.
    """

    path: Path
    page: int = 0
    reviewed: tuple[Region, ...] = ()
    to_learn: tuple[Region, ...] = ()
    cell_diameter: float | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """Find out in which order to correct slides. Finishes with a `RankResult`."""

    job: int
    slides: tuple[RankedSlide, ...]
    model_folder: Path


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Compare models on a dataset's "holdout" pairs. Finishes with an `EvaluateResult`."""

    job: int
    dataset_folder: Path
    model_folders: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a job at its next tile or training step; the answer is `Cancelled`."""

    job: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Stop what is under way and end the process. No answer."""


Request = WarmUp | Segment | QuickSegment | Train | Estimate | Rank | Evaluate
Message = Request | Cancel | Shutdown


@dataclass(frozen=True, slots=True)
class Metrics:
    """How well a model does on a number of pictures; means over them, except `worst_dice`.

    All but `loss` (cross-entropy per pixel) and `count_error` (relative) are shares where 1 is perfect.
    """

    pictures: int
    dice: float
    jaccard: float
    pixel_accuracy: float
    loss: float
    object_f1: float
    count_error: float
    worst_dice: float


@dataclass(frozen=True, slots=True)
class WarmUpResult:
    """`engine`: what will run the model."""

    engine: str


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """`cell_diameter` is the one that was used, in level-0 pixels; `model` the name of the ModelVersion or method.

    `engine`: what ran it, for so many `seconds`, without those that a model took to load.
    """

    cell_diameter: float
    seconds: float
    model: str
    engine: str = ""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """`old` is the parent and `new` the candidate in `model_folder`, on the same held-out pictures and the classes that
    both know; `old` is None for a new target.

    `pictures`: how many it learnt from.
    """

    model_folder: Path
    old: Metrics | None
    new: Metrics
    decision: Decision
    pictures: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """How long a step of training takes, which sees `step_pixels`, and segmenting a million px at the working scale."""

    step_seconds: float
    megapixel_seconds: float
    step_pixels: int


@dataclass(frozen=True, slots=True)
class RankResult:
    """The places are those in `Rank.slides`: a picture that is reviewed in one go comes once, a larger slide with each
    of its spots. `unread`: those of which nothing could be read.
    """

    order: tuple[Suggestion, ...]
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluateResult:
    """Metrics in the order of `Evaluate.model_folders`."""

    metrics: tuple[Metrics, ...]
    seconds: float


Result = WarmUpResult | SegmentResult | TrainResult | EstimateResult | RankResult | EvaluateResult | None


@dataclass(frozen=True, slots=True)
class Started:
    """The compute process has taken the job up; until then it waits its turn."""

    job: int


@dataclass(frozen=True, slots=True)
class Trying:
    """Engines are being tried, as is done once for a model and a computer. The job's own work follows."""

    job: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` tiles or training steps; `seconds_left` None until something is done to judge from.

    Of a segmentation, the first one begins with what is finished already, and tells which blocks are left out as
    `empty`.
    """

    job: int
    done: int
    total: int
    seconds_left: float | None = None
    loss: float | None = None
    empty: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TilePredicted:
    """`classes`: uint8 (region.h, region.w), class ids; a later tile replaces an earlier one of the same place.

    `finished`: the block that this tile is the last one of; the next comes when all of it is there.
    """

    job: int
    region: Region
    classes: NDArray[np.uint8]
    finished: Region | None = None


@dataclass(frozen=True, slots=True)
class ParentMeasured:
    """What the model that a training starts from does on the test pictures; comes before the first step."""

    job: int
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One line of history.csv; `epoch` counts from 1."""

    job: int
    epoch: int
    epochs: int
    accuracy: float
    loss: float
    val_accuracy: float
    val_loss: float
    val_dice: float
    val_jaccard: float
    val_f1: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    job: int
    result: Result = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    job: int


@dataclass(frozen=True, slots=True)
class _Told:
    """`core.i18n.sentence(told)` is what the person reads; `template` and `fields` are UserError's."""

    job: int
    template: str
    fields: dict[str, object] = field(default_factory=dict)

    @classmethod
    def because(cls, job: int, error: Sentence) -> Self:
        """From a UserError or ModelError. Field values become plain, so that they surely cross the pipe."""
        fields: dict[str, object] = {
            name: value if isinstance(value, str | int | float) else str(value) for name, value in error.fields.items()
        }
        return cls(job, error.template, fields)


@dataclass(frozen=True, slots=True)
class Warned(_Told):
    """The job goes on, though in another way than a person would expect: slower, say."""


@dataclass(frozen=True, slots=True)
class Failed(_Told):
    """The job came to nothing, and this is why."""


Event = (
    Started | Trying | Warned | Progress | TilePredicted | ParentMeasured | EpochDone | Finished | Cancelled | Failed
)
"""Every job that was submitted ends with exactly one of Finished, Cancelled, Failed."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log record of the compute process, for the one log that the app keeps."""

    logger: str
    level: int
    text: str
