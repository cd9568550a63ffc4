"""`bcseg rank`: which pictures to correct first, and where in them to look."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bcseg_gui.compute.protocol import Progress, Rank, RankedSlide, RankResult
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _
from bcseg_gui.core.retraining.ranking import Suggestion
from bcseg_gui.core.slides import find_slides, open_slide

from .failures import complain
from .models import find_model
from .progress import progress_bar_of_inputs

if TYPE_CHECKING:
    from bcseg_gui.compute.models import LoadedModel
    from bcseg_gui.compute.protocol import Event
    from model.engines.choice import Wanted


def rank(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Pictures, slides, or folders of them.")],
    model: Annotated[str | None, typer.Option(help="Model name or folder; the active one by default.")] = None,
    engine: Annotated[Literal["auto", "torch", "openvino"], typer.Option(help="What runs the network.")] = "auto",
    cell_diameter: Annotated[
        float | None, typer.Option(min=2, help="Diameter of a red cell in px; else from the scale or the picture.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line and picture.")] = False,
) -> None:
    """Sort pictures by how much a model learns from each: those to correct first in front.

    Tells about how many cells the doubt goes with each, in all pictures together, and the places where the model doubts
    most (X,Y,WIDTH,HEIGHT in level-0 px). A slide too large to be looked through comes with each of its places.
    """
    folder = find_model(model)
    slides, failed = _that_open(inputs)
    request = Rank(0, tuple(RankedSlide(path, cell_diameter=cell_diameter) for path in slides), folder)
    result = _ranked(request, engine)
    for number, suggestion in enumerate(result.order, 1):
        _tell(number, slides[suggestion.place], suggestion, as_json)
    for place in result.unread:
        complain(UserError("“{path}” could not be read. Copy it again from its source.", path=slides[place]))
    if failed or result.unread:
        sys.exit(1)


def _that_open(inputs: list[Path]) -> tuple[list[Path], bool]:
    """The slides of the inputs, and whether any could not be used; those are reported."""
    slides, failed = list[Path](), False
    for given in inputs:
        try:
            found = find_slides([given])
        except UserError as error:
            complain(error)
            failed = True
            continue
        for path in found:
            try:
                open_slide(path).close()
                slides.append(path)
            except UserError as error:
                complain(error)
                failed = True
    return list({path.resolve(): path for path in slides}.values()), failed


def _ranked(request: Rank, wanted: Wanted) -> RankResult:
    # torch is imported after the arguments have been checked: a mistyped one is answered at once
    from bcseg_gui.compute.models import open_model
    from bcseg_gui.compute.ranking import rank as run

    def load(_job: int, folder: Path) -> Generator[Event, None, LoadedModel]:
        yield from ()
        return open_model(folder, wanted)

    found: list[RankResult | None] = []

    def events() -> Generator[Event]:
        found.append((yield from run(load, request, lambda: False)))

    with progress_bar_of_inputs() as bar:
        task = bar.add_task(_("Looking for what to correct next"), total=len(request.slides))
        for event in events():
            if isinstance(event, Progress):
                bar.update(task, completed=event.done, left=event.seconds_left)
    (result,) = found
    assert result is not None  # nobody cancels
    return result


def _tell(number: int, path: Path, suggestion: Suggestion, as_json: bool) -> None:
    spots = [[spot.x, spot.y, spot.w, spot.h] for spot in suggestion.spots]
    if as_json:
        line = {"rank": number, "input": str(path), "gain": round(suggestion.gain, 5), "spots": spots}
        print(json.dumps(line, ensure_ascii=False), flush=True)
    else:
        places = "  ".join(",".join(map(str, spot)) for spot in spots)
        print(f"{number:4}  {suggestion.gain:8.2f}  {path.name}  {places}".rstrip(), flush=True)
