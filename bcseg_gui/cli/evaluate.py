"""`bcseg evaluate`: models and methods beside each other on pictures whose masks are known."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from bcseg_gui.core.files import write_atomic
from bcseg_gui.core.i18n import _
from bcseg_gui.core.slides import open_slide

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
    from model.evaluate import score_method, score_model
    from model.metrics import summary

    pairs: Iterable[Pair] = find_pairs(images, masks)
    if test_pictures:
        pairs = split_pairs(list(pairs)).holdout
    pairs = list(pairs)

    @cache
    def read(pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return read_pair(pair, 1, read_whole)

    runs: dict[str, Iterator[PictureScore]] = {}
    for chosen_method in method or []:
        runs[chosen_method.value] = score_method(METHODS[chosen_method.value], pairs, read)
    for folder in _model_folders(model, bool(method)):
        loaded = load_model(folder)
        runs[loaded.info.name] = score_model(TorchEngine(loaded), loaded.info, pairs, read, cell_diameter)

    results: dict[str, dict[str, object]] = {}
    with progress_bar() as bar:
        task = bar.add_task(_("Comparing"), total=len(runs) * len(pairs))
        for name, run in runs.items():
            scores: list[PictureScore] = []
            for score in run:
                scores.append(score)
                bar.update(task, advance=1, description=name)
            images_json = [asdict(score) | {"count_error": score.count_error} for score in scores]
            results[name] = {**summary(scores), "images": images_json}
    _print_table(results, len(pairs))
    if json_file is not None:
        text = json.dumps(_without_nan({"methods": results}), indent=2, ensure_ascii=False)
        write_atomic(json_file, text.encode() + b"\n")


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
