"""The reviewed slides of a project as a dataset to retrain on, with the frozen holdout."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import UserError
from ..files import encode_json, place_folder, temporary_folder
from ..formats.pairs import Manifest, load_manifest, write_pairs
from ..geometry import Region
from ..project.entry import SlideEntry
from ..project.holdout import Split, parted, require_both
from ..project.project import Project
from .export import Parts, ReportProgress, pieces, plan_export, whole_slides

OIL_IMMERSION_CELL_DIAMETER = 106.0
"""Level-0 pixels, assumed where no diameter is known: a margin between learning and testing may be too wide."""


@dataclass(frozen=True, slots=True)
class DatasetFolder:
    """`train` and `holdout` count slides, not pairs; parts of the only one there is count as one each."""

    id: str
    folder: Path
    train: int
    holdout: int


def make_dataset(
    project: Project,
    folder: Path | None = None,
    *,
    progress: ReportProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DatasetFolder:
    """Write the reviewed slides into a folder of their own below `folder` (default: the project's `datasets`).

    The same content gives the same dataset back. Of a single slide some parts are kept for the test. Raises as
    `export` does, and UserError before any work when the reviewed slides do not give at least one to learn from
    and one to test on.
    """
    parts = parts_of(project)
    parent = (folder or project.folder / "datasets").resolve()
    with temporary_folder(parent / "dataset") as temporary:
        found = pieces(
            project, plan_export(project, parts=parts), with_corrected=True, progress=progress, cancelled=cancelled
        )
        with closing(found):
            manifest = write_pairs(temporary, found, project.classes)
        digest = hashlib.blake2b(encode_json(manifest), digest_size=5).hexdigest()
        same = next((path for path in sorted(parent.glob(f"*-{digest}")) if _is_whole(path, manifest)), None)
        if same is None:
            same = parent / f"{datetime.now().astimezone():%Y-%m-%d}-{digest}"
            place_folder(temporary, same)
    counts = [side for _slide, side in {(pair.slide, pair.split) for pair in manifest.pairs}]
    return DatasetFolder(same.name, same, counts.count("train"), counts.count("holdout"))


def parts_of(project: Project) -> Parts:
    """Which parts of its reviewed slides to learn from and which to test on.

    Raises UserError when there is nothing for one of the two.
    """
    sides = {entry.id: entry.split for entry in project.slides if entry.status == "reviewed" and entry.split}
    if len(sides) == 1:
        return _parts_of_one
    require_both(sides)
    return whole_slides


def _parts_of_one(entry: SlideEntry) -> list[tuple[Region, Split]]:
    """Raises UserError when there is too little of it."""
    return parted(entry.id, entry.reviewed_regions(), entry.cell_diameter or OIL_IMMERSION_CELL_DIAMETER)


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    try:
        return load_manifest(folder) == manifest and all(
            (folder / name).is_file() for pair in manifest.pairs for name in (pair.image, pair.mask, pair.corrected)
        )
    except UserError:
        return False
