"""Simulated clinics: what is common to those that retrain on corrections, and are measured against people's masks.

A run is kept in its folder: done again, it is read; interrupted, it goes on from its last round.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from bcseg_gui.compute.protocol import Train
from bcseg_gui.compute.retraining import settings_for, train
from bcseg_gui.core.retraining.gate import PictureFigures
from bcseg_gui.core.retraining.record import Record, read_record
from model.checkpoint import load_model
from model.dataset import Pair, find_pairs
from model.engines.torch_engine import TorchEngine
from model.pictures import read_mask, read_picture
from model.predict import predict_picture
from model.scoring.evaluate import score_pairs, with_model
from model.scoring.metrics import summary

WEIGHTS = Path(__file__).resolve().parents[1] / "resources/weights"
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Field:
    """A picture RGB `(h, w, 3)` and its mask `(h, w)`, 0 or 1."""

    name: str
    picture: Pixels
    mask: Pixels


def read_fields(pairs: Iterable[Pair]) -> list[Field]:
    return [Field(pair.image.stem, read_picture(pair.image), read_mask(pair.mask)) for pair in pairs]


def middle(field: Field) -> Field:
    """A quarter of it: enough to tell how much a model agrees, in a quarter of the time; cells are cut at its edges."""
    height, width = field.mask.shape
    part = slice(height // 4, height * 3 // 4), slice(width // 4, width * 3 // 4)
    return replace(field, picture=field.picture[part].copy(), mask=field.mask[part].copy())


def parted(folder: Path) -> tuple[list[Pair], list[Pair]]:
    """Pairs that the bundled models learnt from, and those that they never saw: every fifth in sorted order."""
    pairs = find_pairs(folder / "images", folder / "masks")
    unseen = pairs[4::5]
    return [pair for pair in pairs if pair not in unseen], unseen


def write_dataset(
    folder: Path,
    training: Sequence[Field],
    holdout: Sequence[Field],
    *,
    cell_diameter: float | None = None,
    corrects: str = "",
    repeated: int = 1,
) -> Path:
    """As the app writes it from reviewed pictures; a person changed what the model `corrects` had wrong, by name a
    bundled one, by path another.

    `repeated`: how often each picture to learn from is listed, for longer rounds. One that is there already is taken
    for the same.
    """
    if (folder / "manifest.json").exists():
        return folder
    model = load_model(WEIGHTS / corrects) if corrects else None
    for name in ("images", "masks", "corrected"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    pairs = []
    for split, fields in (("train", training), ("holdout", holdout)):
        for field in fields:
            image, mask = f"images/{field.name}.png", f"masks/{field.name}.png"
            cv2.imwrite(str(folder / image), cv2.cvtColor(field.picture, cv2.COLOR_RGB2BGR))
            cv2.imwrite(str(folder / mask), field.mask * np.uint8(255))
            files: dict[str, str] = {"image": image, "mask": mask}
            if model is not None and split == "train":
                _, found = predict_picture(TorchEngine(model), model.info, field.picture)
                files["corrected"] = f"corrected/{field.name}.png"
                cv2.imwrite(str(folder / files["corrected"]), (found != field.mask).view(np.uint8) * np.uint8(255))
            entry = files | {"split": split, "slide": field.name, "cell_diameter": cell_diameter}
            pairs += [entry] * (repeated if split == "train" else 1)
    (folder / "manifest.json").write_text(json.dumps({"schema": 1, "pairs": pairs}))
    return folder


def retrain(
    dataset: Path,
    output: Path,
    *,
    parent: str = "ternausnet16-bbbc041",
    epochs: int,
    seed: int = 0,
    classes: Sequence[str] = (),
    new_target: bool = False,
    **changes: float,
) -> Record:
    """As the app retrains, but for `changes` of the settings. `classes`: names of the numbers in the masks, if several
    or for a new target.
    """
    torch.set_num_threads(os.cpu_count() or 1)
    if (found := read_record(output)) is not None:
        return found
    numbered = {name: number for number, name in enumerate(classes, 1)}
    request = Train(1, dataset, WEIGHTS / parent, output, epochs, seed, "benchmark", numbered, new_target)
    settings = replace(settings_for(request), **changes)
    for event in train(request, lambda: False, settings):
        print(event, flush=True)
    found = read_record(output)
    assert found is not None
    return found


def means(pictures: Sequence[PictureFigures]) -> Mapping[str, float]:
    names = "dice", "object_f1", "count_error"
    return {name: float(np.mean([getattr(picture, name) for picture in pictures])) for name in names}


def figures(model: Path, fields: Sequence[Field], cache: Path) -> Mapping[str, float]:
    """Of a model on these; kept in the file `cache`."""
    if cache.exists():
        return msgspec.json.decode(cache.read_bytes(), type=dict[str, float])
    torch.set_num_threads(os.cpu_count() or 1)
    loaded = load_model(model)
    by_name = {field.name: (field.picture, field.mask) for field in fields}
    pairs = [Pair(Path(name), Path(name)) for name in by_name]
    segment = with_model(TorchEngine(loaded), loaded.info)
    found = summary(list(score_pairs(segment, pairs, lambda pair: by_name[pair.image.name])))
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(msgspec.json.encode(found))
    return found
