"""How a training run went: `history.csv` in the columns of the reference project's table, and `curves.png`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..files import write_atomic


@dataclass(frozen=True, slots=True)
class EpochRow:
    """`loss`: mean cross-entropy per pixel over the epoch's crops; `val_…` on whole holdout pictures at level 0."""

    epoch: int
    accuracy: float
    loss: float
    val_accuracy: float
    val_loss: float
    val_dice: float
    val_jaccard: float
    val_f1: float
    seconds: float


def write(folder: Path, rows: Sequence[EpochRow]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(EpochRow)])
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: f"{value:.5g}" if isinstance(value, float) else value for name, value in asdict(row).items()}
        )
    write_atomic(folder / "history.csv", text.getvalue().encode())
    write_atomic(folder / "curves.png", _curves(rows))


def _curves(rows: Sequence[EpochRow]) -> bytes:
    """Loss on the left, shares on the right, training and validation in one colour each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row.epoch for row in rows]
    left.plot(epochs, [row.loss for row in rows], "o-", color="#0072B2", label="training")
    left.plot(epochs, [row.val_loss for row in rows], "o-", color="#D55E00", label="validation")
    left.set(xlabel="epoch", ylabel="loss (cross-entropy per pixel)")
    right.plot(epochs, [row.accuracy for row in rows], "o-", color="#0072B2", label="accuracy, training")
    right.plot(epochs, [row.val_accuracy for row in rows], "o-", color="#D55E00", label="accuracy, validation")
    right.plot(epochs, [row.val_dice for row in rows], "o--", color="#009E73", label="Dice, validation")
    right.plot(epochs, [row.val_f1 for row in rows], "o:", color="#CC79A7", label="F1 per cell, validation")
    right.set(xlabel="epoch")
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
