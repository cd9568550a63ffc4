"""`bcseg evaluate`: models and methods beside each other on pictures whose masks are known."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import write_atomic
from bcseg_gui.core.i18n import _
from bcseg_gui.core.slides import open_slide

from .failures import complain
from .models import find_model
from .progress import progress_bar

if TYPE_CHECKING:
    from model.dataset import Pair
    from model.metrics import PictureScore


class Method(StrEnum):
    otsu = "otsu"


COLUMNS = {
    "dice": "Dice",
    "jaccard": "Jaccard",
    "pixel_accuracy": "accuracy",
    "loss": "loss",
    "object_f1": "cell F1",
    "count_error": "count error",
    "worst_dice": "worst Dice",
    "seconds_per_megapixel": "s/MP",
}


def evaluate(
    images: Annotated[Path, typer.Option(help="Folder of pictures.")],
    masks: Annotated[Path, typer.Option(help="Folder of masks with the same names.")],
    model: Annotated[list[str] | None, typer.Option(help="Model name or folder; can be given again.")] = None,
    method: Annotated[list[Method] | None, typer.Option(help="Classical method; can be given again.")] = None,
    test_pictures: Annotated[
        bool, typer.Option("--test-pictures", help="Only every 5th picture, which `train` never learns from.")
    ] = False,
    cell_diameter: Annotated[float | None, typer.Option(min=2, help="Diameter of a red cell in px.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures, per picture too.")] = None,
) -> None:
    """Compare models and classical methods per pixel and per cell. Without --model and --method: the active model."""
    from model.checkpoint import load_model
    from model.classical import METHODS
    from model.dataset import find_pairs, read_pair, split_pairs
    from model.engine import TorchEngine
    from model.errors import ModelError
    from model.evaluate import Segmenter, score, with_method, with_model
    from model.metrics import summary

    pairs: Sequence[Pair] = find_pairs(images, masks)
    if test_pictures:
        pairs = split_pairs(pairs).holdout

    segmenters: dict[str, Segmenter] = {}
    for chosen in method or []:
        segmenters[chosen.value] = with_method(METHODS[chosen.value])
    for folder in _model_folders(model, bool(method)):
        loaded = load_model(folder)
        segmenters[loaded.info.name] = with_model(TorchEngine(loaded), loaded.info, cell_diameter)

    scores: dict[str, list[PictureScore]] = {name: [] for name in segmenters}
    failed = False
    with progress_bar() as bar:
        for pair in bar.track(pairs, description=_("Comparing")):
            try:
                picture, truth = read_pair(pair, 1, read_whole)
            except (UserError, ModelError) as error:
                complain(error)
                failed = True
                continue
            for name, segment in segmenters.items():
                scores[name].append(score(segment, pair.image.name, picture, truth))
    results: dict[str, dict[str, object]] = {
        name: {**summary(rows), "images": [asdict(row) | {"count_error": row.count_error} for row in rows]}
        for name, rows in scores.items()
    }
    _print_table(results, max(len(rows) for rows in scores.values()))
    if json_file is not None:
        text = json.dumps(_without_nan({"methods": results}), indent=2, ensure_ascii=False)
        write_atomic(json_file, text.encode() + b"\n")
    if failed:
        sys.exit(1)


def _model_folders(names: list[str] | None, methods_given: bool) -> list[Path]:
    if not names:
        return [] if methods_given else [find_model(None)]
    return [find_model(name) for name in names]


def read_whole(path: Path) -> NDArray[np.uint8]:
    """The RGB pixels of a whole picture, read as the window reads it."""
    with open_slide(path) as slide:
        return slide.read_region((0, 0), 0, slide.dimensions)


def _print_table(results: dict[str, dict[str, object]], pictures: int) -> None:
    width = max(len(name) for name in results) + 2
    print(_("{n} pictures").format(n=pictures))
    print(" " * width + "".join(f"{title:>13}" for title in COLUMNS.values()))
    for name, figures in results.items():
        cells = (figures[key] for key in COLUMNS)
        print(f"{name:<{width}}" + "".join(f"{_figure(cell):>13}" for cell in cells))


def _figure(value: object) -> str:
    return "–" if not isinstance(value, float) or math.isnan(value) else f"{value:.4f}"


def _without_nan(value: object) -> object:
    """JSON knows no NaN: a figure that does not exist (the loss of a threshold) is null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
