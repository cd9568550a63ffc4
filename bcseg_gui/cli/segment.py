"""`bcseg segment`: masks of pictures and slides."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from bcseg_gui.core.cells.components import find_cells
from bcseg_gui.core.cells.diameter import slide_cell_diameter, smallest_cell_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import make_folder
from bcseg_gui.core.formats.mask_picture import blank_mask, suffix_for, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.slides import find_slides, open_slide

from .failures import complain
from .models import find_model
from .progress import progress_bar
from .segmenters import Segmenter, with_model, with_watershed


@dataclass(frozen=True, slots=True)
class Segmented:
    """What was written for one input; `region` in level-0 px of the slide, `cell_diameter` in level-0 px."""

    output: Path
    region: Region
    cells: int
    cell_diameter: float


def segment(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Pictures, slides, or folders of them.")],
    output: Annotated[Path, typer.Option(help="Folder for the masks.")],
    model: Annotated[str | None, typer.Option(help="Model name or folder; the active one by default.")] = None,
    method: Annotated[Literal["watershed"] | None, typer.Option(help="A threshold instead of a model.")] = None,
    engine: Annotated[Literal["auto", "torch"], typer.Option(help="What runs the network.")] = "auto",
    cell_diameter: Annotated[
        float | None, typer.Option(min=2, help="Diameter of a red cell in px; else from the scale or the picture.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="X,Y,WIDTH,HEIGHT in level-0 px; the mask is of it alone.")] = None,
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99, help="Probability from which a pixel is cell.")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line and input.")] = False,
) -> None:
    """Segment pictures and slides; writes OUTPUT/NAME.png (0 background, 255 cell), a tiled .tif for large slides."""
    if model is not None and method is not None:
        raise UserError("Give either --model or --method: the cells are found by one of them.")
    wanted = Region.parse(region) if region else None
    slides = [found for path in inputs for found in _slides_of(path)]
    make_folder(output)
    # torch is imported after the arguments have been checked: a mistyped one is answered at once
    segmenter = with_watershed() if method else with_model(find_model(model), threshold)
    written: dict[Path, Path] = {}
    failed = False
    with progress_bar() as bar:
        task = bar.add_task(_("Segmenting"), total=len(slides))
        for number, (path, problem) in enumerate(slides):
            bar.update(task, description=path.name, completed=number)

            def show(share: float, number: int = number) -> None:
                bar.update(task, completed=number + share)

            started = time.perf_counter()
            try:
                if problem is not None:
                    raise problem
                result = segment_slide(
                    path, output, segmenter, cell_diameter=cell_diameter, region=wanted, taken=written, progress=show,
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 – one bad input never stops the others
                failed = True
                complain(error)
                if as_json:
                    print(json.dumps({"input": str(path), "error": sentence(error)}, ensure_ascii=False), flush=True)
                continue
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
) -> Segmented:
    """Segment one slide into the folder `output`; `taken` maps the masks written so far to their slides.

    Raises UserError when the slide cannot be read, the region lies outside it, or the mask would replace another file
    of this run.
    """
    with open_slide(path) as slide:
        covered = slide.clipped(region)
        destination = _destination(path, output, covered, taken)
        diameter = cell_diameter or slide_cell_diameter(slide)
        work = segmenter.start(slide, covered, diameter)
        with blank_mask((covered.w, covered.h)) as mask:
            done = 0
            for found in work.found:
                mask[found.region.slices_in(covered)] = found.classes
                done += found.is_new
                progress(done / work.total)
            write_mask_picture(destination, mask, segmenter.classes)
            cells = len(find_cells(mask, smallest_cell_area(work.cell_diameter)))
    return Segmented(destination, covered, cells, work.cell_diameter)


def _destination(path: Path, output: Path, region: Region, taken: dict[Path, Path]) -> Path:
    destination = output / f"{path.stem}{suffix_for((region.w, region.h))}"
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
    return line | {"region": [region.x, region.y, region.w, region.h]} if with_region else line
