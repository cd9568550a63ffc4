"""`bcseg segment`: masks of pictures and slides."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from bcseg_gui.core.cells.components import find_cells
from bcseg_gui.core.cells.diameter import expected_cell_diameter, smallest_cell_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import make_folder
from bcseg_gui.core.formats.mask_picture import blank_mask, suffix_for, write_mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.slides import Slide, find_slides, open_slide, read_scaled

from .failures import complain
from .progress import progress_bar

if TYPE_CHECKING:
    from model.checkpoint import ModelInfo
    from model.engine import Engine
    from model.predict import Reader, Rect


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
    engine: Annotated[Literal["auto", "torch"], typer.Option(help="What runs the network.")] = "auto",
    cell_diameter: Annotated[float | None, typer.Option(min=2, help="Diameter of a red cell in px.")] = None,
    region: Annotated[str | None, typer.Option(help="X,Y,WIDTH,HEIGHT in level-0 px; the mask is of it alone.")] = None,
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99, help="Probability from which a pixel is cell.")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line and input.")] = False,
) -> None:
    """Segment pictures and slides; writes OUTPUT/NAME.png (0 background, 255 cell), a tiled .tif for large slides."""
    wanted = Region.parse(region) if region else None
    slides = [found for path in inputs for found in _slides_of(path)]
    make_folder(output)
    # torch is imported after the arguments have been checked: a mistyped one is answered at once
    from model.checkpoint import load_model
    from model.engine import TorchEngine

    from .models import find_model

    loaded = load_model(find_model(model))
    runner = TorchEngine(loaded)
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
                    path, output, runner, loaded.info, cell_diameter=cell_diameter, region=wanted, threshold=threshold,
                    taken=written, progress=show,
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
                line = _as_json(path, result, loaded.info.name, runner.name, seconds, wanted is not None)
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
    engine: Engine,
    info: ModelInfo,
    *,
    cell_diameter: float | None,
    region: Region | None,
    threshold: float,
    taken: dict[Path, Path],
    progress: Callable[[float], None],
) -> Segmented:
    """Segment one slide into the folder `output`; `taken` maps the masks written so far to their slides.

    Raises UserError when the slide cannot be read, the region lies outside it, or the mask would replace another file
    of this run.
    """
    from model.predict import Rect, predict, tiles_of
    from model.preprocess import working_scale

    with open_slide(path) as slide:
        covered = slide.clipped(region)
        destination = _destination(path, output, covered, taken)
        diameter = cell_diameter or expected_cell_diameter(slide.mpp)
        rect = Rect(covered.x, covered.y, covered.w, covered.h)
        total = len(tiles_of(rect, working_scale(info, diameter)))
        tiles = predict(
            engine,
            info,
            _reader(slide),
            slide.dimensions,
            region=rect,
            slide_cell_diameter=diameter,
            threshold=threshold,
        )
        with blank_mask((covered.w, covered.h)) as mask:
            for done, tile in enumerate(tiles, 1):
                where = Region(tile.rect.x, tile.rect.y, tile.rect.w, tile.rect.h)
                mask[where.slices_in(covered)] = tile.classes
                progress(done / total)
            write_mask_picture(destination, mask, len(info.classes))
            diameter = diameter or info.source_cell_diameter
            cells = len(find_cells(mask, smallest_cell_area(diameter)))
    return Segmented(destination, covered, cells, diameter)


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


def _reader(slide: Slide) -> Reader:
    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        return read_scaled(slide, Region(rect.x, rect.y, rect.w, rect.h), size)

    return read


def _as_json(
    path: Path, result: Segmented, model: str, engine: str, seconds: float, with_region: bool
) -> dict[str, object]:
    region = result.region
    line: dict[str, object] = {
        "input": str(path),
        "output": str(result.output),
        "width": region.w,
        "height": region.h,
        "cells": result.cells,
        "cell_diameter": round(result.cell_diameter, 1),
        "model": model,
        "engine": engine,
        "seconds": round(seconds, 3),
    }
    return line | {"region": [region.x, region.y, region.w, region.h]} if with_region else line
