"""Opening models: in the fastest engine that agrees with the reference, and the last one is kept."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from bcseg_gui.core.locations import engine_cache
from model.engines.choice import EngineChoice, Memory, Wanted, at_once
from model.engines.engine import Engine
from model.engines.remembering import RememberingEngine
from model.info import WEIGHTS_FILE, ModelInfo, read_info

from .calibration import calibration_pictures
from .protocol import Event, Trying

if TYPE_CHECKING:
    from model.checkpoint import Model

LoadedModel = tuple[Engine, ModelInfo]


def open_model(folder: Path, wanted: Wanted = "auto") -> LoadedModel:
    """Raises ModelError when the folder holds no model, or the wanted engine does not find the same cells."""
    return at_once(opening_engine(folder, wanted)), read_info(folder)


def opening_engine(folder: Path, wanted: Wanted = "auto") -> Generator[None, None, Engine]:
    """The fastest engine for the model in this folder that finds what the reference finds. Raises ModelError.

    Step by step, see `model.engines.choose.choosing`; at once where the choice is remembered.
    """
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


def engine_choice(model: Model, folder: Path) -> EngineChoice:
    """The outcome of the trials of the model in this folder on this computer, which are made now if need be."""
    return at_once(_choosing(model, folder))


def _choosing(model: Model, folder: Path) -> Generator[None, None, EngineChoice]:
    from model.engines.choose import choosing

    return choosing(model, lambda: calibration_pictures(model.info, folder), engine_cache())


class LoadedModels:
    """Keeps the last model, so that the next picture does not wait for it to load."""

    def __init__(self) -> None:
        self._key: tuple[Path, int] | None = None
        self._loaded: LoadedModel | None = None

    def get(self, job: int, folder: Path) -> Generator[Event, None, LoadedModel]:
        """Raises ModelError. A folder whose weights were replaced is loaded again."""
        try:
            key = folder, (folder / WEIGHTS_FILE).stat().st_mtime_ns
        except OSError:
            key = None  # opening_engine says what is wrong
        if self._loaded is None or key is None or key != self._key:
            self._loaded = None  # never two models in memory
            engine = yield from _telling(job, opening_engine(folder))
            self._key, self._loaded = key, (RememberingEngine(engine), read_info(folder))
        return self._loaded


def _telling(job: int, steps: Generator[None, None, Engine]) -> Generator[Event, None, Engine]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            engine: Engine = end.value
            return engine
        yield Trying(job)
