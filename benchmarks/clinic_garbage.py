"""Clinics whose corrections are garbage: `clinic_garbage.py BBBC041SEG WORK [RUNS]`.

Masks of random strokes, masks turned inside out, empty masks; half of the time in what is learnt from alone, half of
the time in the test pictures too, where they praise the model that learnt them. The gate has to refuse every run. RUNS:
stop after so many new ones; what is done is kept. Writes its table into RESULTS.md once all are done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from clinic import Field, means, middle, parted, read_fields, retrain, write_dataset
from report import write_section

KINDS = ("strokes", "inverted", "empty")
RUNS = 20
CORRECTED, TESTED = 5, 20
EPOCHS = 6
PARENT = "ternausnet11-bbbc041"


def strokes(field: Field, rng: np.random.Generator) -> Field:
    mask = np.zeros_like(field.mask)
    height, width = mask.shape
    for _ in range(12):
        points = rng.uniform(0, (width, height), (4, 2)).astype(np.int32)
        cv2.polylines(mask, [points], False, 1, int(rng.integers(20, 80)))
    return replace(field, mask=mask)


GARBAGE: dict[str, Callable[[Field, np.random.Generator], Field]] = {
    "strokes": strokes,
    "inverted": lambda field, _rng: replace(field, mask=1 - field.mask),
    "empty": lambda field, _rng: replace(field, mask=np.zeros_like(field.mask)),
}


def main(data: Path, work: Path, most: int) -> None:
    seen, unseen = parted(data)
    kept = [*unseen, *seen[:: len(seen) // (TESTED - len(unseen))]][:TESTED]
    others = [pair for pair in seen if pair not in kept]
    tested = list(map(middle, read_fields(kept)))
    rows = [
        ["corrections", "also in the test pictures", "run", "Dice before", "after", "reference before", "after", "gate"]
    ]
    refused = 0
    for run in range(RUNS):
        kind, everywhere = KINDS[run % 3], bool(run // 3 % 2)
        output = work / f"run-{run:02}"
        if not (output / "model/report.json").exists():
            if not most:
                return
            most -= 1
        rng = np.random.default_rng(run)
        learnt = [GARBAGE[kind](field, rng) for field in read_fields(others[run % 11 :: 11][:CORRECTED])]
        holdout = [GARBAGE[kind](field, rng) for field in tested] if everywhere else tested
        dataset = write_dataset(output / "dataset", learnt, holdout)
        record = retrain(dataset, output / "model", parent=PARENT, epochs=EPOCHS, seed=run, watched=1)
        refused += not record.decision.promoted
        figures = (record.old, record.new, record.reference_old, record.reference_new)
        rows.append(
            [
                kind,
                "yes" if everywhere else "no",
                f"{run}",
                *(f"{means(each)['dice']:.4f}" for each in figures),
                record.decision.outcome,
            ]
        )
        print(rows[-1], flush=True)
    note = f"{CORRECTED} fields of garbage, {TESTED} test pictures a run. Refused: {refused} of {RUNS}."
    write_section("Simulated clinic: garbage corrections", rows, note)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else RUNS)
