"""Pictures to try engines on: those that a model was retrained on, else the sample slides."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.locations import engine_cache
from bcseg_gui.core.resources import resource
from bcseg_gui.core.slides import open_slide
from model.engines.choice import Choice, Memory, Wanted, at_once
from model.engines.engine import Engine
from model.info import ModelInfo, read_info
from model.preprocess import working_scale
from model.tiles import Rect

from .reading import reader_of

if TYPE_CHECKING:
    from model.checkpoint import Model

PICTURES, SIDE = 4, 320
"""How many, and their side in working-scale pixels: about a hundred cells in all, and some seconds of two cores."""


def engine_for(folder: Path, wanted: Wanted = "auto") -> Engine:
    """The fastest engine for the model in this folder that finds what the reference finds. Raises ModelError."""
    return at_once(opening_engine(folder, wanted))


def opening_engine(folder: Path, wanted: Wanted = "auto") -> Generator[None, None, Engine]:
    """As `engine_for`, step by step: see `model.choose.choosing`. At once where the engine was kept."""
    memory = Memory.of(read_info(folder), engine_cache()) if wanted != "torch" else None
    if memory is not None and (ready := memory.engine(wanted)) is not None:
        return ready
    # Only now: torch takes a second to load.
    from model.checkpoint import load_model
    from model.engines.choose import open_engine
    from model.engines.torch_engine import TorchEngine, use_physical_cores

    use_physical_cores()
    model = load_model(folder)
    if wanted == "torch":
        return TorchEngine(model)
    choice = yield from _choosing(model, folder)
    return open_engine(model, choice, wanted, engine_cache())


def engine_choice(model: Model, folder: Path) -> Choice:
    """What was tried with the model in this folder on this computer; tried now if it was not yet."""
    return at_once(_choosing(model, folder))


def _choosing(model: Model, folder: Path) -> Generator[None, None, Choice]:
    from model.engines.choose import choosing

    return choosing(model, lambda: calibration_pictures(model.info, folder), engine_cache())


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
