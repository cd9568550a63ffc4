"""`bcseg segment`: masks of pictures and slides."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from bcseg_gui.compute.segmenting.methods import OpenMethod, open_method
from bcseg_gui.compute.segmenting.slide import Segmented, open_task
from bcseg_gui.compute.segmenting.slide import segment as segment_opened
from bcseg_gui.compute.segmenting.task import Method, SegmentTask
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import make_folder
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.slides import find_slides

from .failures import complain
from .in_turn import in_turn
from .models import find_model
from .progress import TimeLeft, progress_bar_of_inputs


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
    splitting: Annotated[
        float, typer.Option(min=0, max=1, help="How readily touching cells are parted: 0 never, 0.5 as usual, 1 most.")
    ] = 0.5,
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
    finder = Method() if method else Method(find_model(model), engine, threshold, splitting)
    opened_method = open_method(finder)
    taken: dict[Path, Path] = {}
    stopped = threading.Event()
    failed = False
    result: Future[Segmented] | None = None
    time_left = TimeLeft(len(slides))
    with progress_bar_of_inputs() as bar:
        task = bar.add_task(_("Segmenting"), total=len(slides))
        shown = 0

        def job_of(number: int) -> Callable[[], Segmented]:
            path, problem = slides[number]
            try:
                if problem is not None:
                    raise problem
                opened = open_task(
                    SegmentTask(path, output, finder, wanted, page - 1, cell_diameter, skip_empty), taken
                )
            except Exception as error:  # noqa: BLE001 – reported in its turn
                return partial(_fail, error)

            def show(share: float) -> None:
                if number == shown:
                    bar.update(task, completed=number + share, left=time_left.at(share))

            return partial(segment_opened, opened, opened_method, progress=show, stopped=stopped.is_set)

        with closing(in_turn(map(job_of, range(len(slides))))) as results:
            try:
                for shown, (path, _problem) in enumerate(slides):
                    bar.update(task, description=path.name, completed=shown)
                    started = time.perf_counter()
                    result = next(results)
                    error = result.exception()
                    time_left.end()
                    if isinstance(error, Exception):
                        failed = True
                        _tell_failure(path, error, as_json)
                        continue
                    segmented = result.result()  # or the KeyboardInterrupt that it met
                    seconds = time.perf_counter() - started
                    _tell(path, segmented, opened_method, seconds, as_json, wanted is not None)
                    if segmented.unread is not None:
                        failed = True
                        complain(segmented.unread)
            except KeyboardInterrupt:
                stopped.set()
                said = result.exception() if result is not None else None  # who is stopped knows whether it can go on
                raise said if isinstance(said, KeyboardInterrupt) else KeyboardInterrupt from None
        bar.update(task, completed=len(slides))
    if failed:
        sys.exit(1)


def _fail(error: Exception) -> Segmented:
    raise error


def _tell_failure(path: Path, error: Exception, as_json: bool) -> None:
    complain(error)
    if as_json:
        print(json.dumps({"input": str(path), "error": sentence(error)}, ensure_ascii=False), flush=True)


def _tell(path: Path, result: Segmented, method: OpenMethod, seconds: float, as_json: bool, with_region: bool) -> None:
    if as_json:
        print(json.dumps(_as_json(path, result, method, seconds, with_region), ensure_ascii=False), flush=True)
        return
    said = ngettext(
        "{name}: {cells} cell, {output} ({seconds:.1f} s)",
        "{name}: {cells} cells, {output} ({seconds:.1f} s)",
        result.cells,
    )
    print(said.format(name=path.name, cells=result.cells, output=result.output, seconds=seconds), flush=True)


def _slides_of(path: Path) -> list[tuple[Path, UserError | None]]:
    """The slides that an input stands for; an input without any is reported in its turn, after those before it."""
    try:
        return [(slide, None) for slide in find_slides([path])]
    except UserError as error:
        return [(path, error)]


def _as_json(path: Path, result: Segmented, method: OpenMethod, seconds: float, with_region: bool) -> dict[str, object]:
    region = result.region
    line: dict[str, object] = {
        "input": str(path),
        "output": str(result.output),
        "width": region.w,
        "height": region.h,
        "cells": result.cells,
        "cell_diameter": round(result.cell_diameter, 1),
        "model": method.name,
        "engine": method.engine,
        "seconds": round(seconds, 3),
    }
    if result.page is not None:
        line["page"] = result.page
    if result.skipped:
        line["skipped"] = round(result.skipped, 3)
    if result.unread is not None:
        line["unread"] = result.unread.fields["unread"]
    return line | {"region": [region.x, region.y, region.w, region.h]} if with_region else line
