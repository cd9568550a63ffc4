"""Messages between the window and the compute process: frozen values that cross a pipe.

Imported on both sides, so this module imports neither Qt nor torch.
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
"""Raised whenever the same request would be cut into different blocks, so that no run goes on with a misfit."""


@runtime_checkable
class Sentence(Protocol):
    """An error written for a person: core's UserError, model's ModelError. Logged as a warning, it is shown to the
    person too."""

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

    `region` None is the whole slide, `page` one of its pictures. `outline`: a level-0 polygon to segment the inside of;
    `region` is then its bounding box, and the receiver cuts the tiles, which come whole. `first` is a level-0 point
    (x, y). `cell_diameter` is in level-0 pixels; None takes it from the slide's mpp, else from the picture, else from
    the model. `threshold` is a probability; `splitting`: how readily touching cells are parted, from 0 (never) to 1,
    usually 0.5. `look`: the colours that the model sees, None the slide's own.

    `finished`: blocks of an earlier job with the same values, which are not computed again. `skip_empty`: leave out
    blocks that are certainly empty glass. `class_ids`: the ids of the model's classes in the mask, in its order;
    empty numbers them from 1.
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

    Writes weights.safetensors, model.json, history.csv, curves.png, report.json and report.html to `output_folder`. A
    training that was cancelled or killed there goes on from its last round. Finishes with a `TrainResult`.

    `classes`: those of the new model, each with its id in the masks: the parent's, perhaps followed by new ones. Empty
    means the parent's, and a model of one class takes all cells for it. `new_target`: the model is to find something
    else, so its classes need not be the parent's and it is not compared with it.
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
    """Measure how fast a model learns and segments on this machine. Finishes with an `EstimateResult`."""

    job: int
    model_folder: Path


@dataclass(frozen=True, slots=True)
class RankedSlide:
    """A page of a slide. `reviewed`: its reviewed regions; `to_learn`: those that the model has not learnt from yet;
    both in level-0 pixels. `cell_diameter` as in `Segment`.
    """

    path: Path
    page: int = 0
    reviewed: tuple[Region, ...] = ()
    to_learn: tuple[Region, ...] = ()
    cell_diameter: float | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """Find the order in which to correct slides. Finishes with a `RankResult`."""

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
    """Stop the running job and end the process. No answer."""


Request = WarmUp | Segment | QuickSegment | Train | Estimate | Rank | Evaluate
Message = Request | Cancel | Shutdown


@dataclass(frozen=True, slots=True)
class Metrics:
    """How well a model does on some pictures: means over them, except `worst_dice`.

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
    """`engine`: the one that will run the model."""

    engine: str


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """`cell_diameter`: the one that was used, in level-0 pixels; `model`: the name of the ModelVersion or method.

    `engine` ran it for so many `seconds`, not counting those that the model took to load.
    """

    cell_diameter: float
    seconds: float
    model: str
    engine: str = ""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """`old` is the parent and `new` the candidate in `model_folder`, on the same held-out pictures and the classes that
    both know; `old` is None for a new target.

    `pictures`: the number of pictures that it learnt from.
    """

    model_folder: Path
    old: Metrics | None
    new: Metrics
    decision: Decision
    pictures: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """Seconds of a training step, which sees `step_pixels`, and of segmenting a megapixel at the working scale."""

    step_seconds: float
    megapixel_seconds: float
    step_pixels: int


@dataclass(frozen=True, slots=True)
class RankResult:
    """Places are indices into `Rank.slides`: a picture that is reviewed in one go comes once, a larger slide once for
    each of its spots. `unread`: the places of those of which nothing could be read.
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
    """The compute process has begun the job; until then it was queued."""

    job: int


@dataclass(frozen=True, slots=True)
class Trying:
    """Engines are being tried, once for a model and a computer. The job's own work follows."""

    job: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` tiles or training steps; `seconds_left` is None until there is a pace to judge from.

    The first one of a segmentation counts what an earlier job finished, and lists the blocks left out as `empty`.
    """

    job: int
    done: int
    total: int
    seconds_left: float | None = None
    loss: float | None = None
    empty: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TilePredicted:
    """`classes`: class ids, uint8 (region.h, region.w); a later tile replaces an earlier one of the same place.

    `finished`: the block that this tile completes; the next block starts only then.
    """

    job: int
    region: Region
    classes: NDArray[np.uint8]
    finished: Region | None = None


@dataclass(frozen=True, slots=True)
class ParentMeasured:
    """The figures of a training's parent on the test pictures; comes before the first step."""

    job: int
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One row of history.csv; `epoch` counts from 1."""

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
class _Spoken:
    """A Sentence on its way to the person; `template` and `fields` are UserError's."""

    job: int
    template: str
    fields: dict[str, object] = field(default_factory=dict)

    @classmethod
    def because(cls, job: int, error: Sentence) -> Self:
        """From a UserError or ModelError. Field values become plain, so that they are sure to cross the pipe."""
        fields: dict[str, object] = {
            name: value if isinstance(value, str | int | float) else str(value) for name, value in error.fields.items()
        }
        return cls(job, error.template, fields)


@dataclass(frozen=True, slots=True)
class Warned(_Spoken):
    """The job goes on, but not as a person would expect: slower, say."""


@dataclass(frozen=True, slots=True)
class Failed(_Spoken):
    """The job failed, and this is why."""


Event = (
    Started | Trying | Warned | Progress | TilePredicted | ParentMeasured | EpochDone | Finished | Cancelled | Failed
)
"""Every job that was submitted ends with exactly one of Finished, Cancelled, Failed."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log record of the compute process, for the app's single log."""

    logger: str
    level: int
    text: str
