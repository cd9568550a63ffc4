"""Walking over a project: what its reviewed slides give to an export or a dataset, whatever the format.

Only pixels and the slide's file name leave the project: no folders, no label pictures, no other metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from ..errors import UserError
from ..files import place_folder, temporary_folder
from ..formats.format import Format, Piece, piece_name
from ..geometry import Region
from ..masks import CLASS_BITS, MANUAL, EditState, Mask
from ..project import Project, SlideEntry, Split
from ..slides import Slide, open_slide

MAX_SIDE = 8192
"""Pixels; a larger region becomes several pieces, so that none fills the memory."""

_SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers leave in every folder they show."""

Parts = Callable[[SlideEntry], Sequence[tuple[Region, Split]]]
"""The parts of a reviewed slide to write, and their sides of the split."""

Plan = Sequence[tuple[SlideEntry, Sequence[tuple[Region, Split]]]]
"""Slides with the regions to write of each, none larger than `MAX_SIDE`."""


class ExportCancelled(Exception):  # noqa: N818 - stopping is no error
    """The person asked to stop; nothing was left behind."""


class ReportProgress(Protocol):
    def __call__(self, done: int, total: int) -> None: ...


def export(
    project: Project,
    folder: Path,
    form: Format,
    slide_ids: Sequence[str] | None = None,
    *,
    progress: ReportProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write the reviewed regions of the project's slides, or of those named: all of them, or nothing.

    `folder` must be absent, empty, or an earlier export in this format, which is replaced once the new one is whole.
    Returns the number of pieces. Raises UserError when nothing is reviewed, a slide vanished or changed, `folder` holds
    anything else, or the disk is full; ExportCancelled soon after `cancelled()` is true. May run beside the thread that
    owns the project.
    """
    folder = folder.resolve()
    _require_replaceable(folder, form.written)
    with temporary_folder(folder) as temporary:
        plan = plan_export(project, slide_ids)
        with closing(pieces(project, plan, progress=progress, cancelled=cancelled)) as found:
            form.encode(temporary, found, project.classes)
        place_folder(temporary, folder)
    return piece_count(plan)


def whole_slides(entry: SlideEntry) -> list[tuple[Region, Split]]:
    """All that is reviewed of a slide, on the slide's side."""
    return [(region, entry.split or "train") for region in entry.reviewed_regions()]


def plan_export(project: Project, slide_ids: Sequence[str] | None = None, parts: Parts = whole_slides) -> Plan:
    """What to write of the reviewed slides. Raises UserError when nothing is reviewed or a slide cannot be opened."""
    entries = project.slides if slide_ids is None else [project.get(slide_id) for slide_id in slide_ids]
    reviewed = [_measured(project, entry) for entry in entries if entry.status == "reviewed"]
    reviewed = [entry for entry in reviewed if _cut(entry, whole_slides)]
    if not reviewed:
        raise UserError("No picture is reviewed yet. Correct a picture, then mark it as reviewed.")
    return [(entry, _cut(entry, parts)) for entry in reviewed]


def piece_count(plan: Plan) -> int:
    return sum(len(regions) for _entry, regions in plan)


def pieces(
    project: Project,
    plan: Plan,
    *,
    with_corrected: bool = False,
    progress: ReportProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[Piece, None, None]:
    """Read what is planned, piece by piece; `with_corrected`: also where a person decided.

    `progress` is called when the next piece is asked for. Raises as `export` does. Closing the iterator closes the
    files it reads.
    """
    done, total = 0, piece_count(plan)
    for entry, regions in plan:
        project.check(entry)
        with open_slide(entry.path, entry.page) as slide, Mask.open(project.mask_path(entry), slide.dimensions) as mask:
            for region, side in regions:
                if cancelled is not None and cancelled():
                    raise ExportCancelled
                yield _piece(entry, region, side, slide, mask, with_corrected=with_corrected)
                done += 1
                if progress is not None:
                    progress(done, total)


def _piece(entry: SlideEntry, region: Region, side: Split, slide: Slide, mask: Mask, *, with_corrected: bool) -> Piece:
    pixels = mask.read(region)
    is_whole = (region.w, region.h) == slide.dimensions
    return Piece(
        name=piece_name(entry.id, None if is_whole else region),
        slide=entry.id,
        source=entry.path.name,
        region=region,
        mpp=entry.mpp or entry.given_mpp,
        cell_diameter=entry.cell_diameter,
        model=_corrected_model(mask),
        split=side,
        picture=slide.read_region((region.x, region.y), 0, (region.w, region.h)),
        classes=pixels & np.uint8(CLASS_BITS),
        corrected=(pixels & np.uint8(MANUAL)) > 0 if with_corrected else None,
    )


def _measured(project: Project, entry: SlideEntry) -> SlideEntry:
    if entry.width and entry.height:
        return entry
    project.check(entry)
    with open_slide(entry.path, entry.page) as slide:
        return entry.measured(slide)


def _cut(entry: SlideEntry, parts: Parts) -> list[tuple[Region, Split]]:
    """The parts within the slide, each once, cut into equal regions of at most `MAX_SIDE` a side."""
    bounds = Region(0, 0, entry.width, entry.height)
    regions: dict[Region, Split] = {}
    for part, side in parts(entry):
        region = part.intersected(bounds)
        if not region.is_empty:
            xs, ys = _cuts(region.x, region.w), _cuts(region.y, region.h)
            for top, bottom in pairwise(ys):
                regions |= {Region(left, top, right - left, bottom - top): side for left, right in pairwise(xs)}
    return list(regions.items())


def _cuts(start: int, length: int) -> list[int]:
    parts = -(-length // MAX_SIDE)
    return [start + length * part // parts for part in range(parts + 1)]


def _corrected_model(mask: Mask) -> str:
    return next((edit.model for edit in reversed(mask.edits()) if edit.model and edit.state == EditState.DONE), "")


def _require_replaceable(folder: Path, written: Callable[[Path], Collection[Path]]) -> None:
    """Raise UserError when `folder` holds a file that an export would delete and cannot give back."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    ours = written(folder)
    if ours and all(path.is_dir() or path.name in _SYSTEM_FILES or path in ours for path in folder.rglob("*")):
        return
    raise UserError(
        "“{folder}” holds other files. Choose an empty folder, a new name, or the folder of an earlier export.",
        folder=folder,
    )
