"""A clinic with another stain and another microscope: `clinic_stain.py BBBC041SEG WORK [NAME] [SETTING=VALUE ...]`.

The pictures of bbbc041seg with other hues, less contrast and less focus. A person corrects five of them; twenty others
tell how much of what the model lost it wins back, and how much it loses on the pictures as they were. Fifteen of the
twenty are those that no bundled model learnt from. NAME and settings are for trying other ways to train. Writes its
table into RESULTS.md, unless there is a NAME.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from clinic import WEIGHTS, Field, Pixels, figures, means, parted, read_fields, retrain, write_dataset
from report import write_section

from bcseg_gui.core.retraining.verdict import evidence, verdict

CORRECTED, TESTED = 5, 20
HUE, CONTRAST, BRIGHTNESS, BLUR = 60, 0.06, -90, 6.0
EPOCHS = 9


def shifted(field: Field, **strength: float) -> Field:
    return replace(field, picture=shift(field.picture, **strength))


def shift(picture: Pixels, *, contrast: float = CONTRAST, brightness: float = BRIGHTNESS, blur: float = BLUR) -> Pixels:
    """Hues turned by 2 × `HUE` degrees, contrast about the middle grey, focus lost by a Gaussian of `blur` px."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(np.int32)
    hsv[..., 0] = (hsv[..., 0] + HUE) % 180
    turned = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    pale = (turned - 128) * contrast + 128 + brightness
    return np.clip(cv2.GaussianBlur(pale, (0, 0), blur), 0, 255).astype(np.uint8)


def main(data: Path, work: Path, name: str = "", *settings: str) -> None:
    seen, unseen = parted(data)
    step = len(seen) // CORRECTED
    corrected = seen[::step][:CORRECTED]
    others = [pair for pair in seen if pair not in corrected]
    tested = read_fields([*unseen, *others[:: len(others) // (TESTED - len(unseen))]][:TESTED])
    learnt = [shifted(field) for field in read_fields(corrected)]
    dataset = write_dataset(work / "dataset", learnt, list(map(shifted, tested)), corrects="ternausnet16-bbbc041")
    changes = {key: json.loads(value) for key, value in (setting.split("=") for setting in settings)}
    output = work / (name or "run")
    record = retrain(dataset, output, epochs=EPOCHS, **changes)
    before = figures(WEIGHTS / record.parent, tested, work / "parent-original.json")
    after = figures(output, tested, output / "original.json")
    lost = before["object_f1"] - np.mean([one.object_f1 for one in record.old])
    won = np.mean([one.object_f1 for one in record.new]) - np.mean([one.object_f1 for one in record.old])
    rows = [
        ["", "Dice before", "after", "F1 per cell before", "after", "count error before", "after"],
        ["other stain", *_row(means(record.old), means(record.new))],
        ["as they were", *_row(before, after)],
        ["reference", *_row(means(record.reference_old), means(record.reference_new))],
    ]
    note = (
        f"{CORRECTED} corrected fields, {TESTED} test pictures, {record.seconds / 60:.1f} min. F1 per cell lost to the "
        f"stain: {100 * lost:.1f} points, won back {won / lost:.0%}. "
        f"{verdict(record.decision)} {evidence(record.decision)}"
    )
    if name:
        print(name, *rows, note, sep="\n")
    else:
        write_section("Simulated clinic: another stain", rows, note)


def _row(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    return [f"{means[name]:.4f}" for name in ("dice", "object_f1", "count_error") for means in (before, after)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
