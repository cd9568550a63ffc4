"""The reviewed slides of a project as a dataset to retrain on, with the frozen holdout."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import UserError
from ..files import encode_json, place_folder, temporary_folder
from ..formats.pairs import Manifest, Progress, load_manifest, write_pairs
from .holdout import require_both
from .project import Project


@dataclass(frozen=True, slots=True)
class Dataset:
    """`train` and `holdout` count slides, not pairs."""

    id: str
    folder: Path
    train: int
    holdout: int


def make_dataset(
    project: Project,
    folder: Path | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Write the reviewed slides into a folder of their own below `folder` (default: the project's `datasets`).

    The same content gives the same dataset back. Raises as `export_pairs` does, and UserError before any work when
    the reviewed slides do not give at least one to learn from and one to test on.
    """
    sides = {entry.id: entry.split for entry in project.slides if entry.status == "reviewed" and entry.split}
    require_both(sides)
    parent = (folder or project.folder / "datasets").resolve()
    with temporary_folder(parent / "dataset") as temporary:
        manifest = write_pairs(project, temporary, progress=progress, cancelled=cancelled)
        digest = hashlib.blake2b(encode_json(manifest), digest_size=5).hexdigest()
        found = next((path for path in sorted(parent.glob(f"*-{digest}")) if _is_whole(path, manifest)), None)
        if found is None:
            found = parent / f"{datetime.now().astimezone():%Y-%m-%d}-{digest}"
            place_folder(temporary, found)
    counts = list({pair.slide: pair.split for pair in manifest.pairs}.values())
    return Dataset(found.name, found, counts.count("train"), counts.count("holdout"))


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    try:
        return load_manifest(folder) == manifest and all(
            (folder / name).is_file() for pair in manifest.pairs for name in (pair.image, pair.mask)
        )
    except UserError:
        return False
