"""A clinic that wants white cells alone: `clinic_target.py WBC_JTSC WORK`.

A model of its own for a new target learns from forty pairs of wbc_jtsc, in which red cells are background; another
forty tell how well, and what the model that it started from finds in them. Writes its table into RESULTS.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from clinic import WEIGHTS, figures, means, read_fields, retrain, write_dataset
from report import write_section

from bcseg_gui.core.retraining.verdict import evidence, verdict
from model.dataset import find_pairs

LEARNT, TESTED = 40, 40
EPOCHS = 40


def main(data: Path, work: Path) -> None:
    pairs = find_pairs(data / "images", data / "masks")
    step = len(pairs) / (LEARNT + TESTED)
    chosen = read_fields(pairs[int(number * step)] for number in range(LEARNT + TESTED))
    training, holdout = chosen[::2], chosen[1::2]
    dataset = write_dataset(work / "dataset", training, holdout)
    record = retrain(dataset, work / "run", epochs=EPOCHS, classes=["white cell"], new_target=True)
    old, new = figures(WEIGHTS / record.parent, holdout, work / "parent.json"), means(record.new)
    rows = [
        ["", "Dice", "F1 per cell", "count error"],
        *(
            [name, *(f"{row[key]:.4f}" for key in ("dice", "object_f1", "count_error"))]
            for name, row in ((f"all cells: {record.parent}", old), ("white cells: the new model", new))
        ),
    ]
    write_section(
        "Simulated clinic: white cells alone",
        rows,
        f"{LEARNT} pairs to learn from, {TESTED} test pictures, {len(record.rounds)} rounds, "
        f"{record.seconds / 60:.1f} min. {verdict(record.decision)} {evidence(record.decision)}",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
