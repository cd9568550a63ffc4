"""`bcseg segment`: masks of pictures and slides."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from bcseg_gui.compute.protocol import GRID
from bcseg_gui.compute.segmenting import FIELD, Found, Work
from bcseg_gui.core.cells.components import count_in_blocks, find_cells
from bcseg_gui.core.cells.diameter import slide_cell_diameter, smallest_cell_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint, make_folder
from bcseg_gui.core.formats.mask_picture import suffix_for, write_mask, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.slides import Slide, find_slides, open_slide

from .failures import complain
from .models import find_model
from .progress import TimeLeft, progress_bar_of_inputs
from .segmenters import Part, Segmenter, with_model, with_watershed
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


def segment(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Pictures, slides, or folders of them.")],
    output: Annotated[Path, typer.Option(help="Folder for the masks.")],
    model: Annotated[str | None, typer.Option(help="Model name or folder; the active one by default.")] = None,
    method: Annotated[Literal["watershed"] | None, typer.Option(help="A threshold instead of a model.")] = None,
    engine: Annotated[Literal["auto", "torch", "openvino"], typer.Option(help="What runs the network.")] = "auto",
    cell_diameter: Annotated[
        float | None, typer.Option(min=2, help="Diameter of a red cell in px; else from the scale or the picture.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="X,Y,WIDTH,HEIGHT in level-0 px; the mask is of it alone.")] = None,
    page: Annotated[int, typer.Option(min=1, help="Which picture of a file that holds several.")] = 1,
    skip_empty: Annotated[
        bool, typer.Option(help="Leave out the parts of a slide in which nothing is to be seen.")
    ] = True,
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99, help="Probability from which a pixel is cell.")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line and input.")] = False,
) -> None:
    """Segment pictures and slides; writes OUTPUT/NAME.png (0 background, 255 cell), a tiled .tif for large slides.

    A slide that was interrupted is gone on with by the same command.
    """
    if model is not None and method is not None:
        raise UserError("Give either --model or --method: the cells are found by one of them.")
    wanted = Region.parse(region) if region else None
    slides = [found for path in inputs for found in _slides_of(path)]
    make_folder(output)
    # torch is imported after the arguments have been checked: a mistyped one is answered at once
    segmenter = with_watershed() if method else with_model(find_model(model), threshold, engine)
    written: dict[Path, Path] = {}
    failed = False
    time_left = TimeLeft(len(slides))
    with progress_bar_of_inputs() as bar:
        task = bar.add_task(_("Segmenting"), total=len(slides))
        for number, (path, problem) in enumerate(slides):
            bar.update(task, description=path.name, completed=number)

            def show(share: float, number: int = number) -> None:
                bar.update(task, completed=number + share, left=time_left.at(share))

            started = time.perf_counter()
            try:
                if problem is not None:
                    raise problem
                result = segment_slide(
                    path, output, segmenter, cell_diameter=cell_diameter, region=wanted, taken=written, progress=show,
                    page=page - 1, skip_empty=skip_empty,
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 – one bad input never stops the others
                failed = True
                complain(error)
                if as_json:
                    print(json.dumps({"input": str(path), "error": sentence(error)}, ensure_ascii=False), flush=True)
                continue
            finally:
                time_left.end()
            written[result.output] = path
            seconds = time.perf_counter() - started
            if as_json:
                line = _as_json(path, result, segmenter, seconds, wanted is not None)
                print(json.dumps(line, ensure_ascii=False), flush=True)
            else:
                said = ngettext(
                    "{name}: {cells} cell, {output} ({seconds:.1f} s)",
                    "{name}: {cells} cells, {output} ({seconds:.1f} s)",
                    result.cells,
                )
                print(
                    said.format(name=path.name, cells=result.cells, output=result.output, seconds=seconds), flush=True
                )
            if result.unread is not None:
                failed = True
                complain(result.unread)
        bar.update(task, completed=len(slides))
    if failed:
        sys.exit(1)


def _slides_of(path: Path) -> list[tuple[Path, UserError | None]]:
    """The slides that an input stands for; one that stands for none is told in its turn, after those before it."""
    try:
        return [(slide, None) for slide in find_slides([path])]
    except UserError as error:
        return [(path, error)]


def segment_slide(
    path: Path,
    output: Path,
    segmenter: Segmenter,
    *,
    cell_diameter: float | None,
    region: Region | None,
    taken: dict[Path, Path],
    progress: Callable[[float], None],
    page: int = 0,
    skip_empty: bool = True,
) -> Segmented:
    """Segment one slide into the folder `output`; `taken` maps the masks written so far to their slides.

    `progress` is told the share that is done, at first that of an earlier run. Parts that cannot be read are left out.
    Raises UserError when nothing can be read, the region lies outside the slide, or the mask would replace another file
    of this run.
    """
    with open_slide(path, page) as slide:
        covered = slide.clipped(region)
        destination = _destination(path, output, covered, page, taken)
        remove_unwritten(destination)
        diameter = cell_diameter or slide_cell_diameter(slide)
        if max(covered.w, covered.h) <= FIELD:
            work = segmenter.start(slide, Part(covered, diameter, skip_empty=skip_empty))
            picture = np.zeros((covered.h, covered.w), np.uint8)

            def draw(found: Found) -> None:
                picture[found.region.slices_in(covered)] = found.classes

            unread = _compute(work, draw, progress)
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

                unread = _compute(work, put, progress)
                edit.commit()
                cells = _write_large(
                    destination, mask, slide, covered, segmenter, smallest_cell_area(work.cell_diameter)
                )
                if unread is None:  # else the same command goes on with what was unread, once it can be read
                    mask.end_run()
    skipped = sum(block.area for block in work.empty) / covered.area
    of_several = page + 1 if len(slide.page_names) > 1 else None
    return Segmented(destination, covered, cells, work.cell_diameter, skipped, unread, of_several)


def _compute(work: Work, put: Callable[[Found], None], progress: Callable[[float], None]) -> UserError | None:
    """Hand every tile to `put`; returns what is to be said of parts that could not be read."""
    done, total = work.done, max(1, work.total)
    progress(done / total)
    try:
        for found in work.found:
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
    return json.dumps([
        fingerprint(slide.path), slide.page, astuple(region), segmenter.name, segmenter.identity, diameter, skip_empty,
        GRID,
    ])  # fmt: skip


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
            path=path, other=taken[destination], output=destination,
        )  # fmt: skip
    if destination.exists() and destination.samefile(path):
        raise UserError("The mask would replace the picture {path} itself. Choose another output folder.", path=path)
    return destination


def _as_json(
    path: Path, result: Segmented, segmenter: Segmenter, seconds: float, with_region: bool
) -> dict[str, object]:
    region = result.region
    line: dict[str, object] = {
        "input": str(path),
        "output": str(result.output),
        "width": region.w,
        "height": region.h,
        "cells": result.cells,
        "cell_diameter": round(result.cell_diameter, 1),
        "model": segmenter.name,
        "engine": segmenter.engine,
        "seconds": round(seconds, 3),
    }
    if result.page is not None:
        line["page"] = result.page
    if result.skipped:
        line["skipped"] = round(result.skipped, 3)
    if result.unread is not None:
        line["unread"] = result.unread.fields["unread"]
    return line | {"region": [region.x, region.y, region.w, region.h]} if with_region else line
