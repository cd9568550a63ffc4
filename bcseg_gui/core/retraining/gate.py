"""The gate: may a retrained model take the place of the one in use?

Both are measured on the same test pictures, so only their differences count. How far these can be trusted is told by a
bootstrap (Efron & Tibshirani 1993) in two stages: pictures are drawn with replacement, then blocks within each, because
cells of one picture are more alike than cells of two. With one picture only its blocks are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

GAIN = 0.001
"""Of Dice. A gain below a tenth of a point is no gain."""
MARGIN = 0.005
"""Of Dice. With few test pictures the interval of a true gain reaches below zero; below this it may be a loss."""
MISCOUNT = 0.01
"""Of the relative error in the number of cells: one cell more in a hundred is worse, less than that is chance."""
FORGOTTEN = 0.005
"""Of Dice on the reference pictures."""
ENOUGH = 5
"""Test pictures; with fewer, the evidence is called weak, whatever the interval."""
FOUND = 0.5
"""Of Dice. A class of which a model may be wrong about more pixels than it is right about is not found yet."""
CONFIDENCE = 0.9
TAILS = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
DRAWS = 2000

Outcome = Literal[
    "better", "forgets", "no gain", "uncertain", "miscounts", "class not found", "class not tested", "new target"
]


BlockCounts = tuple[int, int, int, int, int]
"""Of a part of a picture: px that both call the same class, that the model and that people call any; cells found, cells
drawn."""


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """How well a model does on one picture. Shares where 1 is perfect; `loss`: cross-entropy per pixel."""

    name: str
    dice: float
    jaccard: float
    pixel_accuracy: float
    loss: float
    object_f1: float
    count: int
    true_count: int
    blocks: tuple[BlockCounts, ...]

    @property
    def count_error(self) -> float:
        return abs(self.count - self.true_count) / max(1, self.true_count)


@dataclass(frozen=True, slots=True)
class Difference:
    """Means over the pictures of the model in use and of the candidate; `low`…`high`: interval of new − old."""

    old: float
    new: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well a model does on one class, over all test pictures; `low`…`high`: interval of `dice`.

    `pictures`, `cells`: how many people drew it in, and how many of it; without any, the other figures are 0.
    `is_new`: the model before did not know it.
    """

    name: str
    is_new: bool
    pictures: int
    cells: int
    dice: float
    low: float
    high: float
    count_error: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`reference` is None where there was none to compare on, `dice` and `count_error` are for a new target. `weak`:
    on thin evidence. `classes`: where there are several, or a target is new.
    """

    outcome: Outcome
    dice: Difference | None
    count_error: Difference | None
    reference: Difference | None
    weak: bool
    classes: tuple[ClassFigures, ...] = ()

    @property
    def promoted(self) -> bool:
        return self.outcome == "better"

    @property
    def refused(self) -> bool:
        """A new target is neither: a person decides."""
        return self.outcome not in ("better", "new target")

    @property
    def new_classes(self) -> tuple[ClassFigures, ...]:
        return tuple(each for each in self.classes if each.is_new)


Pictures = Sequence[PictureFigures]


def decide(
    old: Pictures,
    new: Pictures,
    reference_old: Pictures = (),
    reference_new: Pictures = (),
    *,
    slides: int | None = None,
    classes: Sequence[ClassFigures] = (),
) -> Decision:
    """Compare a candidate with the model in use, given figures for the same pictures in the same order.

    `slides`: of how many slides the test pictures are parts; None: each is one. `classes`: of the candidate; where some
    are new, all other figures are of the classes that the model in use knows too, and what it wins is these. Raises
    ValueError without pictures, or where the two are not of the same.
    """
    dice, count_error = compare(old, new)
    reference = compare(reference_old, reference_new)[0] if reference_old else None
    added = [each for each in classes if each.is_new]
    outcome = _outcome(dice, count_error, reference, added)
    thin = (len(old) if slides is None else slides) < ENOUGH
    return Decision(outcome, dice, count_error, reference, thin or (dice.low <= 0 and not added), tuple(classes))


def judge_target(classes: Sequence[ClassFigures], *, slides: int) -> Decision:
    """Judge a model for a new target: there is nothing to compare it with, and nothing it could have forgotten."""
    return Decision("new target", None, None, None, slides < ENOUGH, tuple(classes))


def _outcome(
    dice: Difference, count_error: Difference, reference: Difference | None, added: Sequence[ClassFigures]
) -> Outcome:
    # What it forgot first: that makes all the rest worthless, also where the corrections themselves are wrong.
    if reference is not None and -reference.gain > FORGOTTEN:
        return "forgets"
    if dice.gain < (-MARGIN if added else GAIN):
        return "no gain"
    if dice.low < -MARGIN:
        return "uncertain"
    if count_error.gain >= MISCOUNT:
        return "miscounts"
    if any(not each.pictures for each in added):
        return "class not tested"
    return "class not found" if any(each.low <= FOUND for each in added) else "better"


def compare(old: Pictures, new: Pictures) -> tuple[Difference, Difference]:
    """Dice and count error, each with the interval of its difference; the same figures always give the same."""
    if not old or [picture.name for picture in old] != [picture.name for picture in new]:
        raise ValueError("two models are compared on the same pictures, and on one at least")
    rng = np.random.default_rng(0)
    drawn: list[NDArray[np.float64]] = []  # of each picture (draws, 2): differences of Dice and of count error
    for before, after in zip(old, new, strict=True):
        times = _times(rng, len(before.blocks))
        drawn.append(_figures(times @ np.array(after.blocks)) - _figures(times @ np.array(before.blocks)))
    pictures = rng.integers(len(old), size=(DRAWS, len(old)))
    means = np.stack(drawn)[pictures, np.arange(DRAWS)[:, np.newaxis]].mean(1)
    low, high = np.quantile(means, TAILS, axis=0)
    return (
        Difference(_mean(old, "dice"), _mean(new, "dice"), float(low[0]), float(high[0])),
        Difference(_mean(old, "count_error"), _mean(new, "count_error"), float(low[1]), float(high[1])),
    )


def class_figures(name: str, pictures: Sequence[Sequence[BlockCounts]], *, is_new: bool) -> ClassFigures:
    """Of one class, by the blocks of each test picture. The pixels of all pictures are taken together, for many hold
    little of a class, or nothing; draws without any say nothing.
    """
    sums = np.array([np.sum(blocks, axis=0) for blocks in pictures])
    overlap, found, drawn, cells, drawn_cells = sums.T
    if not drawn.any():
        return ClassFigures(name, is_new, 0, 0, 0.0, 0.0, 0.0, 0.0)
    rng = np.random.default_rng(0)
    by_picture = np.stack([_times(rng, len(blocks)) @ np.array(blocks)[:, :3] for blocks in pictures])
    chosen = rng.integers(len(pictures), size=(DRAWS, len(pictures)))
    both, ours, theirs = by_picture[chosen, np.arange(DRAWS)[:, np.newaxis]].sum(1).T
    some = ours + theirs > 0
    low, high = np.quantile(2 * both[some] / (ours + theirs)[some], TAILS)
    return ClassFigures(
        name,
        is_new,
        int(np.count_nonzero(drawn)),
        int(drawn_cells.sum()),
        float(2 * overlap.sum() / (found.sum() + drawn.sum())),
        float(low),
        float(high),
        float(np.abs(cells - drawn_cells).sum() / max(1, drawn_cells.sum())),
    )


def _times(rng: np.random.Generator, blocks: int) -> NDArray[np.int64]:
    """How often each block is drawn, int (draws, blocks)."""
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=DRAWS)


def _figures(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Dice and count error (draws, 2) of sums over blocks (draws, 5)."""
    overlap, predicted, drawn, cells, drawn_cells = sums.T.astype(np.float64)
    total = predicted + drawn
    dice = np.where(total > 0, 2 * overlap / np.maximum(1, total), 1.0)
    return np.stack([dice, np.abs(cells - drawn_cells) / np.maximum(1, drawn_cells)], axis=1)


def _mean(pictures: Pictures, figure: str) -> float:
    return float(np.mean([getattr(picture, figure) for picture in pictures]))
