"""`bcseg evaluate`: compare models and methods on pictures whose truth is known."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import write_atomic
from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.core.slides import open_slide

from .failures import complain
from .models import find_model
from .progress import progress_bar

Results = dict[str, dict[str, object]]
"""The content of the JSON: the figures of each model and method by their keys."""

if TYPE_CHECKING:
    from model.dataset import Pair
    from model.engines.choice import Wanted
    from model.scoring.evaluate import SegmentPicture

    from .sheet import Panel
    from .truth import Truth

    Case = tuple[Pair, Any, NDArray[np.uint8]]
    """A pair, its score, and the class ids that were predicted."""


class ClassicalMethod(StrEnum):
    otsu = "otsu"
    bht = "bht"
    kmeans = "kmeans"
    watershed = "watershed"


WORST = 5
"""Pictures on the contact sheet for each model and method."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A model or method. `classes`: how many it distinguishes; `sized`: it needs the cell diameter."""

    segment: SegmentPicture
    classes: int = 1
    sized: bool = True


@dataclass(slots=True)
class Tally:
    """The scores of one model or method, picture by picture; class ids are kept of the worst only."""

    truth: Truth[Any, Any]
    contender: Contender
    scores: list[Any] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)
    worst: list[Case] = field(default_factory=list)

    def add(self, pair: Pair, picture: NDArray[np.uint8], known: object, cell_diameter: float | None) -> None:
        if not self.contender.sized:
            cell_diameter = None
        started = time.perf_counter()
        classes, probability = self.contender.segment(picture, cell_diameter)
        seconds = time.perf_counter() - started
        score = self.truth.score(pair.image.name, classes, probability, known, seconds)
        self.scores.append(score)
        self.images.append(self.truth.figures(score) | {"cell_diameter": cell_diameter})
        cases = [*self.worst, (pair, score, classes)]
        self.worst = sorted(cases, key=lambda case: self.truth.goodness(case[1]))[:WORST]

    def panels(self) -> Iterator[Panel]:
        for pair, score, classes in self.worst:
            picture = read_whole(pair.image)
            yield self.truth.panel(score, picture, classes, self.truth.read(pair, picture))


def evaluate(
    images: Annotated[Path, typer.Option(help="Folder of pictures.")],
    masks: Annotated[Path | None, typer.Option(help="Folder of masks with the same names.")] = None,
    points: Annotated[Path | None, typer.Option(help="Instead: folder of NAME.txt with lines “x y class”.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="Instead: folder of NAME.xml, Pascal-VOC boxes.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Model name or folder; can be given again.")] = None,
    method: Annotated[list[ClassicalMethod] | None, typer.Option(help="Classical method; can be given again.")] = None,
    test_pictures: Annotated[
        bool, typer.Option("--test-pictures", help="Only every 5th picture, which `train` never learns from.")
    ] = False,
    cell_diameter: Annotated[
        float | None, typer.Option(min=2, help="Diameter of a red cell in px; else from the scale or the picture.")
    ] = None,
    engine: Annotated[Literal["auto", "torch", "openvino"], typer.Option(help="What runs a network.")] = "auto",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures, per picture too.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a PNG of the worst pictures and what goes wrong.")] = None,
) -> None:
    """Compare models and classical methods on pictures with masks, or with points on cells, or with boxes round them.

    Without --model and --method: the active model.
    """
    from model.dataset import split_pairs
    from model.errors import ModelError

    from .truth import truth_of

    contenders = _contenders(model or [], method or [], engine)
    truth = truth_of(masks, points, boxes, max(contender.classes for contender in contenders.values()))
    if truth is None:
        raise typer.BadParameter(_("Give one of --masks, --points and --boxes."))
    pairs: Sequence[Pair] = truth.pairs(images)
    if test_pictures:
        pairs = split_pairs(pairs).holdout

    tallies = {name: Tally(truth, contender) for name, contender in contenders.items()}
    failed = False
    with progress_bar() as bar:
        for pair in bar.track(pairs, description=_("Comparing")):
            try:
                picture, diameter = read_sized(pair.image, cell_diameter)
                known = truth.read(pair, picture)
            except (UserError, ModelError) as error:
                complain(error)
                failed = True
                continue
            for tally in tallies.values():
                tally.add(pair, picture, known, diameter)
    results: Results = {
        name: {**truth.summary(tally.scores), "images": tally.images} for name, tally in tallies.items()
    }
    _print_table(results, truth.columns, max(len(tally.scores) for tally in tallies.values()))
    if json_file is not None:
        text = json.dumps(_without_nan({"methods": results}), indent=2, ensure_ascii=False)
        write_atomic(json_file, text.encode() + b"\n")
    if sheet is not None:
        write_atomic(sheet, _sheet(tallies, results))
    if failed:
        sys.exit(1)


def _contenders(models: list[str], methods: list[ClassicalMethod], wanted: Wanted) -> dict[str, Contender]:
    """By their names in the results; the active model where neither is given."""
    from bcseg_gui.compute.models import open_model
    from model.classical import METHODS
    from model.scoring.evaluate import with_method, with_model, with_watershed

    contenders = {
        method.value: Contender(with_watershed())
        if method is ClassicalMethod.watershed
        else Contender(with_method(METHODS[method.value]), sized=False)
        for method in methods
    }
    active = () if methods else (None,)
    for given in models or active:
        engine, info = open_model(find_model(given), wanted)
        name = given if given and info.name in contenders else info.name
        contenders[name] = Contender(with_model(engine, info), len(info.classes))
    return contenders


def _sheet(tallies: dict[str, Tally], results: Results) -> bytes:
    from .sheet import Section, draw_sheet

    sections = []
    for name, tally in tallies.items():
        pictures = len(tally.scores)
        heading = ngettext(
            "{name}: the worst {n} of {pictures} picture", "{name}: the worst {n} of {pictures} pictures", pictures
        )
        columns = tally.truth.columns.items()
        sections.append(
            Section(
                heading.format(name=name, n=len(tally.worst), pictures=pictures),
                " · ".join(f"{title} {_figure(results[name][key])}" for key, title in columns),
                list(tally.panels()),
            )
        )
    return draw_sheet(sections)


def read_sized(path: Path, cell_diameter: float | None) -> tuple[NDArray[np.uint8], float | None]:
    """The RGB pixels of a whole picture, and the diameter of its red cells in px as `bcseg segment` takes it."""
    with open_slide(path) as slide:
        return slide.read_region((0, 0), 0, slide.dimensions), cell_diameter or slide_cell_diameter(slide)


def read_whole(path: Path) -> NDArray[np.uint8]:
    """The RGB pixels of a whole picture, read as the window reads it."""
    with open_slide(path) as slide:
        return slide.read_region((0, 0), 0, slide.dimensions)


def _print_table(results: Results, columns: Mapping[str, str], pictures: int) -> None:
    width = max(len(name) for name in results)
    print(ngettext("{n} picture", "{n} pictures", pictures).format(n=pictures))
    print(" " * width, *(f"{title:>13}" for title in columns.values()))
    for name, figures in results.items():
        print(f"{name:<{width}}", *(f"{_figure(figures[key]):>13}" for key in columns))


def _figure(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.4f}"
    return str(value)


def _without_nan(value: object) -> object:
    """JSON knows no NaN: a figure that does not exist (the loss of a threshold) is null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
