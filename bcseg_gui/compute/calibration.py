"""Pictures to try engines on: those that a model was retrained on, else the sample slides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.resources import resource
from bcseg_gui.core.slides import open_slide
from model.info import ModelInfo
from model.preprocess import working_scale
from model.tiles import Rect

from .reading import reader_of

PICTURES, SIDE = 4, 320
"""How many, and their side in working-scale pixels: about a hundred cells in all, tried in seconds on two cores."""


def calibration_pictures(info: ModelInfo, folder: Path) -> Sequence[NDArray[np.uint8]]:
    """RGB at the working scale of the model in this folder."""
    return list(islice(_cut_out(info, (*_learnt_from(folder), *sorted(resource("samples").glob("*.jpg")))), PICTURES))


def _learnt_from(folder: Path) -> Iterator[Path]:
    """Pictures of the newest dataset of the project that the model is in."""
    datasets = folder.parent.parent / "datasets"
    manifests = sorted(datasets.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
    if manifests:
        found = sorted((manifests[-1].parent / "images").iterdir())
        yield from found[:: max(1, len(found) // PICTURES)]


def _cut_out(info: ModelInfo, paths: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
    """From the middle of each picture that can be read."""
    for path in paths:
        try:
            with open_slide(path) as slide:
                scale = working_scale(info, slide_cell_diameter(slide))
                width, height = (min(length, round(SIDE / scale)) for length in slide.dimensions)
                x, y = ((length - part) // 2 for length, part in zip(slide.dimensions, (width, height), strict=True))
                size = max(1, round(width * scale)), max(1, round(height * scale))
                yield reader_of(slide)(Rect(x, y, width, height), size)
        except UserError:
            continue
