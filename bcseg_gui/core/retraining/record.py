"""The record of a retraining, kept beside its model: enough to judge it and to repeat it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Literal

from ..files import read_json
from .gate import BlockCounts, Decision, PictureFigures

RECORD_FILE = "report.json"
PACKAGES = ("bcseg-gui", "torch", "numpy", "opencv-python-headless")


@dataclass(frozen=True, slots=True)
class UsedPair:
    """A picture and its mask, identified by the content of their files."""

    image: str
    split: Literal["train", "holdout"]
    image_sha256: str
    mask_sha256: str


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version(), "system": platform.platform()} | {
        name: metadata.version(name) for name in PACKAGES
    }


@dataclass(frozen=True, slots=True)
class Record:
    """`report.json`. The same pairs, parent and settings give the same weights on the same machine.

    `rounds`: the lines of history.csv. `old` and `new`: the parent and the model on each test picture, `reference_…` on
    the reference pictures; only the classes that both know, and nothing of the parent for a new target. `class_blocks`:
    of each class, the model's blocks in each test picture. `created`: ISO 8601 in UTC.
    """

    model: str
    weights_sha256: str
    parent: str
    parent_sha256: str
    author: str
    created: str
    dataset: str
    settings: dict[str, float]
    pairs: tuple[UsedPair, ...]
    rounds: tuple[dict[str, float], ...]
    old: tuple[PictureFigures, ...]
    new: tuple[PictureFigures, ...]
    reference_old: tuple[PictureFigures, ...]
    reference_new: tuple[PictureFigures, ...]
    decision: Decision
    class_blocks: dict[str, tuple[tuple[BlockCounts, ...], ...]] = field(default_factory=dict)
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=_versions)
    schema: int = 1


def read_record(folder: Path) -> Record | None:
    """The record of the retraining that made the model in `folder`, or None for any other model. Raises UserError."""
    path = folder / RECORD_FILE
    return read_json(path, Record) if path.is_file() else None


def was_refused(folder: Path) -> bool:
    """Whether the model in `folder` came of a retraining and the gate refused it. Raises UserError."""
    record = read_record(folder)
    return record is not None and record.decision.refused
