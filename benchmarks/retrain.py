"""How long a retraining takes on ten corrected fields of 1,600 × 1,200 px: `retrain.py [WORK]`.

The fields are generated, so that it needs no data; eight are learnt from, two kept for the test. The accurate bundled
model goes through all that Retrain does, from measuring it to the report. Writes its table into RESULTS.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from clinic import Field, means, retrain, write_dataset
from report import write_section

from bcseg_gui.core.retraining.verdict import verdict
from bcseg_gui.core.synthetic import STAINS, make_smear

FIELDS, KEPT = 10, 2
EPOCHS = 4
"""What session.retraining.Plan makes of eight such fields."""


def main(work: Path) -> None:
    fields = []
    for number in range(FIELDS):
        stain = list(STAINS)[number % len(STAINS)]
        smear = make_smear(1600, 1200, seed=50 + number, stain=stain, defocus=2.5, crenated=0.3)
        fields.append(Field(f"field-{number}", smear.image, (smear.mask > 0).astype(np.uint8)))
    dataset = write_dataset(work / "dataset", fields[KEPT:], fields[:KEPT], corrects="ternausnet16-bbbc041")
    record = retrain(dataset, work / "run", epochs=EPOCHS)
    learning = sum(row["seconds"] for row in record.rounds)
    before, after = means(record.old), means(record.new)
    write_section(
        "Retraining on ten fields",
        [
            ["fields", "minutes", "of these learning", "rounds", "Dice before", "after", "verdict"],
            [
                f"{FIELDS - KEPT} + {KEPT}",
                f"{record.seconds / 60:.1f}",
                f"{learning / 60:.1f}",
                f"{len(record.rounds)}",
                f"{before['dice']:.4f}",
                f"{after['dice']:.4f}",
                verdict(record.decision),
            ],
        ],
        "Generated fields of 1,600 × 1,200 px, the accurate bundled model; asked for are at most 10 minutes.",
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
