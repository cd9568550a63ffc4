"""How good a mask is, per pixel and per cell, against a mask drawn by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_CELL_AREA = 200
"""Smallest 4-connected component counted as a cell, in level-0 pixels."""
BLOCKS = 4
BlockCounts = tuple[int, int, int, int, int]
"""Of a part of a picture: px that both masks call the same class, that are of any class in the prediction and in the
truth; cells of each.

A cell belongs to the block that the middle of its box lies in.
"""


@dataclass(frozen=True, slots=True)
class PictureScore:
    """Shares in 0…1. `loss`: mean binary cross-entropy per pixel (NaN for methods without probabilities).

    `blocks`: the picture in `BLOCKS` × `BLOCKS` parts, for how much the figures vary within it.
    """

    name: str
    dice: float
    jaccard: float
    pixel_accuracy: float
    loss: float
    object_f1: float
    count: int
    true_count: int
    seconds_per_megapixel: float = float("nan")
    blocks: tuple[BlockCounts, ...] = ()

    @property
    def count_error(self) -> float:
        return abs(self.count - self.true_count) / max(1, self.true_count)


@dataclass(frozen=True, slots=True)
class Cells:
    """`labels` int32 `(h, w)`: 1…n, in the class ids `classes` `(h, w)`, where specks have none.

    `areas` int64 `(n,)` in px; `boxes` int64 `(n, 4)`: left, top, right and bottom.
    """

    classes: NDArray[np.uint8]
    labels: NDArray[np.int32]
    areas: NDArray[np.int64]
    boxes: NDArray[np.int64]


def score_picture(
    name: str,
    classes: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    probability: NDArray[np.float32] | None = None,
    *,
    seconds: float = float("nan"),
    min_area: int = MIN_CELL_AREA,
) -> PictureScore:
    """Score one mask; `classes` and `truth` are class ids `(h, w)`, `probability` that of foreground `(h, w)`.

    What is of another class in one than in the other is wrong in both.
    """
    predicted, true = classes > 0, truth > 0
    overlap = int(np.count_nonzero(predicted & (classes == truth)))
    total = int(np.count_nonzero(predicted)) + int(np.count_nonzero(true))
    cells, true_cells = label_cells(classes, min_area), label_cells(truth, min_area)
    matched, count, true_count = match_cells(cells, true_cells), len(cells.areas), len(true_cells.areas)
    return PictureScore(
        name=name,
        dice=2 * overlap / total if total else 1.0,
        jaccard=overlap / (total - overlap) if total else 1.0,
        pixel_accuracy=float(np.mean(classes == truth)),
        loss=float("nan") if probability is None else cross_entropy(probability, true),
        object_f1=2 * matched / (count + true_count) if count + true_count else 1.0,
        count=count,
        true_count=true_count,
        seconds_per_megapixel=seconds / truth.size * 1e6,
        blocks=_blocks(cells, true_cells),
    )


def _blocks(cells: Cells, true_cells: Cells) -> tuple[BlockCounts, ...]:
    predicted, drawn = cells.classes > 0, true_cells.classes > 0
    planes = predicted & (cells.classes == true_cells.classes), predicted, drawn
    rows, columns = (np.linspace(0, side, BLOCKS + 1).astype(int) for side in drawn.shape)
    count, drawn_count = (_middles(each, rows, columns) for each in (cells, true_cells))

    def counts(y: int, x: int) -> BlockCounts:
        block = slice(rows[y], rows[y + 1]), slice(columns[x], columns[x + 1])
        overlap, ours, theirs = (np.count_nonzero(plane[block]) for plane in planes)
        return int(overlap), int(ours), int(theirs), int(count[y, x]), int(drawn_count[y, x])

    return tuple(counts(y, x) for y in range(BLOCKS) for x in range(BLOCKS))


def _middles(cells: Cells, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many cells lie in each block."""
    x, y = (cells.boxes[:, :2] + cells.boxes[:, 2:]).T / 2
    return np.asarray(np.histogram2d(y, x, bins=(rows, columns))[0])


def cross_entropy(probability: NDArray[np.float32], true: NDArray[np.bool_]) -> float:
    likelihood = np.where(true, probability, 1 - probability)
    return float(-np.log(np.clip(likelihood, 1e-6, 1)).mean())


def match_cells(cells: Cells, true_cells: Cells) -> int:
    """How many pairs of one class have an IoU ≥ 0.5; one above that is unique, of those at 0.5 the first is taken."""
    both = (cells.labels > 0) & (true_cells.labels > 0) & (cells.classes == true_cells.classes)
    codes = (cells.labels[both].astype(np.int64) - 1) * len(true_cells.areas) + true_cells.labels[both] - 1
    taken: set[tuple[str, int]] = set()
    matched = 0
    for code, overlap in zip(*np.unique(codes, return_counts=True), strict=True):
        cell, true_cell = divmod(int(code), len(true_cells.areas))
        union = cells.areas[cell] + true_cells.areas[true_cell] - overlap
        ends = {("cell", cell), ("true", true_cell)}
        if overlap * 2 >= union and not ends & taken:
            taken |= ends
            matched += 1
    return matched


def without_new(
    classes: NDArray[np.uint8], truth: NDArray[np.uint8], known: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both masks `(h, w)` without what belongs to classes above `known`: what there is to compare a model on that does
    not know these. It may call such cells what it likes, so cells that lie on them by more than half go with them.
    """
    new = truth > known
    kept = np.where((classes > known) | new, np.uint8(0), classes)
    if new.any():
        _, labels = cv2.connectedComponents(((classes > 0) & (classes <= known)).view(np.uint8), connectivity=4)
        on_new = np.bincount(labels[new], minlength=labels.max() + 1) * 2 > np.bincount(labels.ravel())
        kept[on_new[labels]] = 0
    return kept, np.where(new, np.uint8(0), truth)


def label_cells(classes: NDArray[np.uint8], min_area: int) -> Cells:
    """The 4-connected components of each class of at least `min_area` px; `classes` are class ids `(h, w)`."""
    labels = np.zeros(classes.shape, np.int32)
    large = [np.empty((0, 5), np.int32)]
    for class_id in np.unique(classes[classes > 0]):
        count, found, stats, _ = cv2.connectedComponentsWithStats((classes == class_id).view(np.uint8), connectivity=4)
        kept = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= min_area) + 1
        renumber = np.zeros(count, np.int32)
        renumber[kept] = sum(map(len, large)) + np.arange(1, len(kept) + 1)
        labels += renumber[found]
        large.append(np.asarray(stats[kept], np.int32))
    x, y, w, h, areas = np.concatenate(large).astype(np.int64).T
    return Cells(classes, labels, areas, np.stack([x, y, x + w, y + h], axis=1))


def summary(scores: Sequence[PictureScore]) -> dict[str, float]:
    """Means over pictures, and the worst Dice: the figures of one row of an evaluation."""

    def mean(name: str) -> float:
        return float(np.mean([getattr(score, name) for score in scores])) if scores else float("nan")

    names = "dice", "jaccard", "pixel_accuracy", "loss", "object_f1", "count_error", "seconds_per_megapixel"
    return {name: mean(name) for name in names} | {
        "worst_dice": min((score.dice for score in scores), default=float("nan"))
    }
