"""One slide of `bcseg segment`: opened, segmented, its mask written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.compute.protocol import GRID
from bcseg_gui.compute.segmenting.blocks import FIELD, Found, Work
from bcseg_gui.core.cells.diameter import slide_cell_diameter, smallest_cell_area
from bcseg_gui.core.cells.index import count_in_blocks
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint
from bcseg_gui.core.formats.mask_picture import suffix_for, write_mask, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.slides import Slide, open_slide

from .methods import Part, Segmenter
from .working_mask import folder_for, remove_unwritten, working_mask


@dataclass(frozen=True, slots=True)
class Segmented:
    """What was written for one input; `region` in level-0 px of the slide, `cell_diameter` in level-0 px."""

    output: Path
    region: Region
    cells: int
    cell_diameter: float
    skipped: float
    """share of the region in which nothing was looked for, because nothing lies there"""
    unread: UserError | None
    """what is to be said of parts that could not be read"""
    page: int | None
    """counted from 1, of a file with several"""


@dataclass(frozen=True, slots=True)
class Target:
    """A slide that is open, the part of it that is wanted, and where its mask goes."""

    slide: Slide
    region: Region
    destination: Path


def open_target(path: Path, output: Path, *, region: Region | None, taken: dict[Path, Path], page: int = 0) -> Target:
    """Who gets it closes the slide. `taken` maps the masks of this run to their slides.

    Raises UserError when the slide cannot be opened, the region lies outside of it, or the mask would replace another
    file of this run.
    """
    slide = open_slide(path, page)
    try:
        covered = slide.clipped(region)
        destination = _destination(path, output, covered, page, taken)
    except UserError:
        slide.close()
        raise
    taken[destination] = path
    return Target(slide, covered, destination)


def segment_slide(
    target: Target,
    segmenter: Segmenter,
    *,
    cell_diameter: float | None,
    progress: Callable[[float], None],
    skip_empty: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> Segmented:
    """Segment a slide, write its mask and close it.

    `progress` is told the share that is done, at first that of an earlier run. Parts that cannot be read are left out.
    Raises UserError when nothing can be read, KeyboardInterrupt once `stopped()`.
    """
    covered, destination = target.region, target.destination
    with target.slide as slide:
        remove_unwritten(destination)
        diameter = cell_diameter or slide_cell_diameter(slide)
        if max(covered.w, covered.h) <= FIELD:
            work = segmenter.start(slide, Part(covered, diameter, skip_empty=skip_empty))
            picture = np.zeros((covered.h, covered.w), np.uint8)

            def draw(found: Found) -> None:
                picture[found.region.slices_in(covered)] = found.classes

            unread = _compute(work, draw, progress, stopped)
            write_mask_picture(destination, picture, segmenter.classes)
            cells = len(find_cells(picture, smallest_cell_area(work.cell_diameter)))
        else:
            settings = _settings(slide, covered, segmenter, diameter, skip_empty)
            with working_mask(folder_for(destination), slide.dimensions, settings) as (mask, run):
                work = segmenter.start(slide, Part(covered, diameter, run.finished if run else (), skip_empty))
                edit = mask.begin_run(settings, model=segmenter.name)

                def put(found: Found) -> None:
                    edit.predict(found.region, found.classes)
                    if found.finished is not None:
                        edit.finish_block(found.finished)

                unread = _compute(work, put, progress, stopped)
                edit.commit()
                cells = _write_large(
                    destination, mask, slide, covered, segmenter, smallest_cell_area(work.cell_diameter)
                )
                if unread is None:  # else the same command goes on with what was unread, once it can be read
                    mask.end_run()
    skipped = sum(block.area for block in work.empty) / covered.area
    of_several = slide.page + 1 if len(slide.page_names) > 1 else None
    return Segmented(destination, covered, cells, work.cell_diameter, skipped, unread, of_several)


def _compute(
    work: Work, put: Callable[[Found], None], progress: Callable[[float], None], stopped: Callable[[], bool]
) -> UserError | None:
    """Hand every tile to `put`; returns what is to be said of parts that could not be read."""
    done, total = work.done, max(1, work.total)
    progress(done / total)
    try:
        for found in work.found:
            if stopped():
                raise KeyboardInterrupt
            put(found)
            done += found.is_new
            progress(done / total)
    except UserError as error:
        if "unread" not in error.fields:
            raise
        return error
    return None


def _settings(slide: Slide, region: Region, segmenter: Segmenter, diameter: float | None, skip_empty: bool) -> str:
    """What an earlier run must have begun with for this one to go on with it."""
    return json.dumps(
        [
            fingerprint(slide.path),
            slide.page,
            astuple(region),
            segmenter.name,
            segmenter.identity,
            diameter,
            skip_empty,
            GRID,
        ]
    )


def _write_large(destination: Path, mask: Mask, slide: Slide, region: Region, segmenter: Segmenter, least: int) -> int:
    """Write the mask of a region piece by piece, and count its cells of at least `least` pixels."""

    def read(part: Region) -> NDArray[np.uint8]:
        return mask.read(Region(region.x + part.x, region.y + part.y, part.w, part.h))

    write_mask(destination, (region.w, region.h), read, segmenter.classes, mpp=slide.mpp)
    return count_in_blocks(read, (region.w, region.h), least) or 0


def _destination(path: Path, output: Path, region: Region, page: int, taken: dict[Path, Path]) -> Path:
    stem = f"{path.stem}-page{page + 1}" if page else path.stem
    destination = output / f"{stem}{suffix_for((region.w, region.h))}"
    if destination in taken:
        raise UserError(
            "{path} and {other} would write the same mask {output}. Segment them into different folders.",
            path=path,
            other=taken[destination],
            output=destination,
        )
    if destination.exists() and destination.samefile(path):
        raise UserError("The mask would replace the picture {path} itself. Choose another output folder.", path=path)
    return destination
