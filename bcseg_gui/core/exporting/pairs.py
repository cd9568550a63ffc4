"""Pairs: reviewed pictures and their masks as PNG files, which is what a model is trained on.

    FOLDER/images/NAME.png   RGB, level-0 pixels of one reviewed region
    FOLDER/masks/NAME.png    one class: 0/255; several: class ids, with a palette
    FOLDER/corrected/NAME.png  of a dataset alone: 255 where a person decided
    FOLDER/manifest.json     `Manifest`

Only pixels and the slide's file name leave the project: no folders, no label pictures, no other metadata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from ..errors import UserError
from ..files import NewerFileError, encode_json, new_file, place_folder, read_json, sha256, temporary_folder
from ..geometry import Region
from ..masks import CLASS_BITS, MANUAL, EditState, Mask, MaskClass
from ..project import Project, SlideEntry, Split
from ..slides import Slide, open_slide

MAX_SIDE = 8192
"""Pixels; a larger region becomes several pairs, so that none fills the memory."""

MANIFEST_FILE = "manifest.json"

_SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers leave in every folder they show."""


class ExportCancelled(Exception):  # noqa: N818 - stopping is no error
    """The person asked to stop; nothing was left behind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`image`, `mask` and `corrected` are relative to the folder; the latter is empty in an export.

    `mpp` is µm per pixel, `cell_diameter` pixels, as set by the user. `model` is the one whose prediction was
    corrected, empty when the mask was drawn by hand.
    """

    image: str
    mask: str
    slide: str
    source: str
    region: Region
    mpp: float | None
    cell_diameter: float | None
    model: str
    split: Split
    image_sha256: str
    mask_sha256: str
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    classes: tuple[MaskClass, ...]
    pairs: tuple[Pair, ...]
    schema: int = 1


class Progress(Protocol):
    def __call__(self, done: int, total: int) -> None: ...


def export_pairs(
    project: Project,
    folder: Path,
    slide_ids: Sequence[str] | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Manifest:
    """Write the reviewed regions of the project's slides, or of those named, as pairs: all of them, or nothing.

    `folder` must be absent, empty, or an earlier export, which is replaced once the new one is whole. Raises
    UserError when nothing is reviewed, a slide vanished or changed, `folder` holds anything else, or the disk is
    full; ExportCancelled soon after `cancelled()` is true. May run beside the thread that owns the project.
    """
    folder = folder.resolve()
    _require_replaceable(folder)
    with temporary_folder(folder) as temporary:
        manifest = write_pairs(project, temporary, slide_ids, progress=progress, cancelled=cancelled)
        place_folder(temporary, folder)
    return manifest


def load_manifest(folder: Path) -> Manifest:
    """Raises UserError when the folder holds no manifest, or a damaged or newer one."""
    return read_json(folder / MANIFEST_FILE, Manifest)


Parts = Callable[[SlideEntry], Sequence[tuple[Region, Split]]]
"""Of a reviewed slide: the parts to write, and their sides."""


def whole_slides(entry: SlideEntry) -> list[tuple[Region, Split]]:
    """All that is reviewed of a slide, on the slide's side."""
    return [(region, entry.split or "train") for region in entry.reviewed_regions()]


def write_pairs(
    project: Project,
    folder: Path,
    slide_ids: Sequence[str] | None = None,
    *,
    parts: Parts = whole_slides,
    with_corrected: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Manifest:
    """`export_pairs` into an empty folder, without the care for what happens when it fails.

    `with_corrected`: also where a person decided.
    """
    entries = _reviewed(project, slide_ids)
    pieces = {entry.id: _pieces(entry, parts) for entry in entries}
    total = sum(map(len, pieces.values()))
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    if with_corrected:
        (folder / "corrected").mkdir()
    pairs: list[Pair] = []
    for entry in entries:
        project.check(entry)
        with open_slide(entry.path, entry.page) as slide, Mask.open(project.mask_path(entry), slide.dimensions) as mask:
            for region, side in pieces[entry.id]:
                if cancelled is not None and cancelled():
                    raise ExportCancelled
                pair = _write_pair(folder, entry, region, side, slide, mask, project.classes)
                if with_corrected:
                    pair = replace(pair, corrected=pair.mask.replace("masks/", "corrected/", 1))
                    manual = (mask.read(region) & np.uint8(MANUAL)) > 0
                    _write_png(folder / pair.corrected, Image.fromarray(manual.view(np.uint8) * np.uint8(255)))
                pairs.append(pair)
                if progress is not None:
                    progress(len(pairs), total)
    manifest = Manifest(project.classes, tuple(pairs))
    with new_file(folder / MANIFEST_FILE) as file:
        file.write(encode_json(manifest))
    return manifest


def _reviewed(project: Project, slide_ids: Sequence[str] | None) -> list[SlideEntry]:
    entries = project.slides if slide_ids is None else [project.get(slide_id) for slide_id in slide_ids]
    reviewed = [_measured(project, entry) for entry in entries if entry.status == "reviewed"]
    reviewed = [entry for entry in reviewed if _pieces(entry, whole_slides)]
    if not reviewed:
        raise UserError("No picture is reviewed yet. Correct a picture, then mark it as reviewed.")
    return reviewed


def _measured(project: Project, entry: SlideEntry) -> SlideEntry:
    if entry.width and entry.height:
        return entry
    project.check(entry)
    with open_slide(entry.path, entry.page) as slide:
        return entry.measured(slide)


def _pieces(entry: SlideEntry, parts: Parts) -> list[tuple[Region, Split]]:
    """The parts within the slide, each once, cut into equal pieces of at most `MAX_SIDE` a side."""
    bounds = Region(0, 0, entry.width, entry.height)
    pieces: dict[Region, Split] = {}
    for part, side in parts(entry):
        region = part.intersected(bounds)
        if not region.is_empty:
            xs, ys = _cuts(region.x, region.w), _cuts(region.y, region.h)
            for top, bottom in pairwise(ys):
                pieces |= {Region(left, top, right - left, bottom - top): side for left, right in pairwise(xs)}
    return list(pieces.items())


def _cuts(start: int, length: int) -> list[int]:
    parts = -(-length // MAX_SIDE)
    return [start + length * part // parts for part in range(parts + 1)]


def _write_pair(
    folder: Path, entry: SlideEntry, region: Region, side: Split, slide: Slide, mask: Mask, classes: Sequence[MaskClass]
) -> Pair:
    name = entry.id
    if (region.w, region.h) != slide.dimensions:
        name += f"-{region.x}-{region.y}-{region.w}x{region.h}"  # as `origin_of` reads it
    image, labels = f"images/{name}.png", f"masks/{name}.png"
    _write_png(folder / image, Image.fromarray(slide.read_region((region.x, region.y), 0, (region.w, region.h))))
    _write_png(folder / labels, _label_picture(mask.read(region), classes))
    return Pair(
        image=image,
        mask=labels,
        slide=entry.id,
        source=entry.path.name,
        region=region,
        mpp=entry.mpp or entry.given_mpp,
        cell_diameter=entry.cell_diameter,
        model=_corrected_model(mask),
        split=side,
        image_sha256=sha256(folder / image),
        mask_sha256=sha256(folder / labels),
    )


def origin_of(image: str) -> tuple[str, Region | None]:
    """Id of the slide that a pair was cut from, and where (None: all of it), by the file name of its picture."""
    part = re.search(r"-(\d+)-(\d+)-(\d+)x(\d+)\.png$", image)
    if part is None:
        return image.removesuffix(".png"), None
    return image[: part.start()], Region(*map(int, part.groups()))


def _label_picture(pixels: NDArray[np.uint8], classes: Sequence[MaskClass]) -> Image.Image:
    """`pixels` (h, w) as a `Mask` reads them; the manual bit is ours and does not leave."""
    ids = pixels & np.uint8(CLASS_BITS)
    if len(classes) == 1:
        return Image.fromarray(np.where(ids > 0, np.uint8(255), np.uint8(0)))
    palette = [0] * 768
    for mask_class in classes:
        palette[3 * mask_class.id : 3 * mask_class.id + 3] = ImageColor.getrgb(mask_class.color)[:3]
    picture = Image.fromarray(ids)
    picture.putpalette(palette)
    return picture


def _write_png(path: Path, picture: Image.Image) -> None:
    with new_file(path) as file:
        picture.save(file, "PNG", compress_level=3)


def _corrected_model(mask: Mask) -> str:
    return next((edit.model for edit in reversed(mask.edits()) if edit.model and edit.state == EditState.DONE), "")


def _require_replaceable(folder: Path) -> None:
    """Raise UserError when `folder` holds a file that an export would take away and cannot give back."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    ours = _earlier_export(folder)
    if ours and all(path.is_dir() or path.name in _SYSTEM_FILES or path in ours for path in folder.rglob("*")):
        return
    raise UserError(
        "“{folder}” holds other files. Choose an empty folder, a new name, or the folder of an earlier export.",
        folder=folder,
    )


def _earlier_export(folder: Path) -> set[Path]:
    """The files an export wrote into `folder`, none when there was no export."""
    try:
        manifest = load_manifest(folder)
    except NewerFileError:
        raise
    except UserError:
        return set()
    names = [name for pair in manifest.pairs for name in (pair.image, pair.mask)]
    return {folder / name for name in (MANIFEST_FILE, *names)}
