"""One slide segmented and written, without a window: into its mask, or from a task to a mask picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter, smallest_cell_area
from bcseg_gui.core.cells.index import count_in_blocks
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint
from bcseg_gui.core.formats.mask_picture import suffix_for, write_mask, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, Run
from bcseg_gui.core.slides import Slide, open_slide

from ..protocol import Progress
from .blocks import FIELD, events_of
from .methods import OpenMethod, open_method
from .spec import Segmentation
from .task import SegmentTask
from .working_mask import folder_for, remove_unwritten, working_mask
from .writer import FieldWriter, RunWriter, TileWriter


@dataclass(frozen=True, slots=True)
class Segmented:
    """The mask picture of one slide; `region` in level-0 px of the slide, `cell_diameter` in level-0 px."""

    output: Path
    region: Region
    cells: int
    cell_diameter: float
    skipped: float
    """share of the region that was left out as empty glass"""
    unread: UserError | None
    """the sentence about parts that could not be read"""
    page: int | None
    """counted from 1, of a file with several"""


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A task with its slide open, the part of it that is wanted (level-0 px), and the path of the mask picture."""

    task: SegmentTask
    slide: Slide
    region: Region
    destination: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one segmentation, written: see `Segmented`; `empty` are the blocks left out."""

    cell_diameter: float
    empty: tuple[Region, ...]
    unread: UserError | None


def run_task(task: SegmentTask) -> Segmented:
    """For a process of its own. Raises UserError or ModelError."""
    return segment(open_task(task, {}), open_method(task.method))


def open_task(task: SegmentTask, taken: dict[Path, Path]) -> OpenedTask:
    """The caller closes the slide. `taken` maps the mask pictures of a command to their slides, and is added to.

    Raises UserError when the slide cannot be opened, the region lies outside of it, or the mask would replace the slide
    or another mask of this command.
    """
    slide = open_slide(task.slide_path, task.page)
    try:
        region = slide.clipped(task.region)
        destination = _destination(task, region, taken)
    except UserError:
        slide.close()
        raise
    taken[destination] = task.slide_path
    return OpenedTask(task, slide, region, destination)


def segment(
    opened: OpenedTask,
    method: OpenMethod,
    *,
    progress: Callable[[float], None] = lambda share: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Segmented:
    """Segment a slide, write its mask picture and close it.

    `progress` is given the share that is done, at first that of an earlier run. Parts that cannot be read are left out.
    Raises UserError when nothing can be read, KeyboardInterrupt once `stopped()`.
    """
    task, region, destination = opened.task, opened.region, opened.destination
    with opened.slide as slide:
        remove_unwritten(destination)
        diameter = task.cell_diameter or slide_cell_diameter(slide)
        segmentation = method.segmentation(slide, diameter, region=region, skip_empty=task.skip_empty)
        if max(region.w, region.h) <= FIELD:
            field = FieldWriter(region)
            outcome = write_tiles(field, slide, method, segmentation, progress=progress, stopped=stopped)
            write_mask_picture(destination, field.classes, method.class_count)
            cells = len(find_cells(field.classes, smallest_cell_area(outcome.cell_diameter)))
        else:
            # The working mask is found by the name of the picture alone.
            segmentation = replace(segmentation, fingerprint=fingerprint(slide.path))
            with working_mask(folder_for(destination), segmentation) as (mask, run):
                outcome = write_run(mask, slide, method, segmentation, run=run, progress=progress, stopped=stopped)
                cells = write_picture(destination, mask, slide, region, method.class_count, outcome.cell_diameter)
                if outcome.unread is None:  # else the same command goes on, once the rest can be read
                    mask.end_run()
    skipped = sum(block.area for block in outcome.empty) / region.area
    of_several = slide.page + 1 if len(slide.page_names) > 1 else None
    return Segmented(destination, region, cells, outcome.cell_diameter, skipped, outcome.unread, of_several)


def write_run(
    mask: Mask,
    slide: Slide,
    method: OpenMethod,
    segmentation: Segmentation,
    *,
    run: Run | None = None,
    progress: Callable[[float], None] = lambda share: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Segment a slide into its mask, as a run that stays unfinished: `Mask.end_run` ends it. Otherwise as `segment`.

    `run`: the mask's unfinished run of the same segmentation, to go on with.
    """
    writer = RunWriter(lambda: mask, segmentation, model=method.name, author="", run=run)
    outcome = write_tiles(writer, slide, method, segmentation, run=run, progress=progress, stopped=stopped)
    writer.last_edit()
    mask.commit()
    return outcome


def write_tiles(
    writer: TileWriter,
    slide: Slide,
    method: OpenMethod,
    segmentation: Segmentation,
    *,
    run: Run | None = None,
    progress: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Outcome:
    prediction = method.predict(slide, segmentation, run)
    unread: UserError | None = None
    try:
        for event in events_of(0, prediction):
            if stopped():
                raise KeyboardInterrupt
            if isinstance(event, Progress):
                writer.note(event)
                progress(event.done / max(1, event.total))
            else:
                writer.write(event)
    except UserError as error:
        if "unread" not in error.fields:
            raise
        unread = error
    return Outcome(prediction.cell_diameter, prediction.empty, unread)


def write_picture(
    destination: Path, mask: Mask, slide: Slide, region: Region, class_count: int, cell_diameter: float
) -> int:
    """Write a region of the slide's mask as a picture, piece by piece, and return its number of cells."""

    def read(part: Region) -> NDArray[np.uint8]:
        return mask.read(Region(region.x + part.x, region.y + part.y, part.w, part.h))

    size = region.w, region.h
    write_mask(destination, size, read, class_count, mpp=slide.mpp)
    return count_in_blocks(read, size, smallest_cell_area(cell_diameter)) or 0


def _destination(task: SegmentTask, region: Region, taken: dict[Path, Path]) -> Path:
    path = task.slide_path
    stem = f"{path.stem}-page{task.page + 1}" if task.page else path.stem
    destination = task.output / f"{stem}{suffix_for((region.w, region.h))}"
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
