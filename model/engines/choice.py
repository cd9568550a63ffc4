"""Which engine runs a model on this computer, as it was found out and remembered (`choose.py`).

Read without torch, which takes a second to load: a picture that is opened right after the start does not wait for it.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import importlib.metadata
import logging
import os
import sys
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from ..errors import ModelError
from ..files import make_folder, write_atomic
from ..info import ModelInfo
from .engine import LARGE_TILE, SMALL_TILE, Engine, physical_cores
from .openvino_engine import PRECISIONS, OpenVinoEngine, processor
from .quiet_openvino import ov

SCHEMA = 1
PATIENCE = 1.0
"""Seconds that a tile may take, so that Cancel is heard."""
MOST_GRAPHS = 6
"""Files of compiled graphs that are kept, some 30 to 100 MB each."""

Wanted = Literal["auto", "torch", "openvino"]

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """`seconds` a megapixel at the working scale; `dice` of its mask and the reference's; `cells` in its mask.

    `error`: why it does not work here at all.
    """

    engine: str
    seconds: float = 0.0
    dice: float = 0.0
    cells: int = 0
    accepted: bool = False
    error: str = ""

    @property
    def tile(self) -> int:
        """The largest that it computes in time."""
        return min(LARGE_TILE, max(SMALL_TILE, int((PATIENCE * 1e6 / self.seconds) ** 0.5)))


@dataclass(frozen=True, slots=True)
class Choice:
    """What was tried, the reference first, on how many pictures, and what conversion to integers needs to know."""

    trials: tuple[Trial, ...]
    pictures: int
    ranges: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    def best(self, wanted: Wanted = "auto") -> Trial:
        """The fastest that is accepted. Raises ModelError when none of the wanted kind is."""
        fit = [trial for trial in self.trials if trial.accepted and (wanted == "auto" or wanted in trial.engine)]
        if not fit:
            raise ModelError(
                "OpenVINO does not find the same cells as the reference with this model on this computer. "
                "Use --engine auto."
            )
        return min(fit, key=lambda trial: trial.seconds)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of one model on this computer, in files of a cache that may go at any time."""

    folder: Path
    key: str

    @classmethod
    def of(cls, info: ModelInfo, folder: Path | None) -> Memory | None:
        """Another key for everything that the choice depends on; None without a folder or a name of the weights."""
        if folder is None or not info.weights_sha256:
            return None
        machine = (
            processor(),
            physical_cores(),
            _graphics_driver(),
            ov.get_version(),
            importlib.metadata.version("torch"),
        )
        known = SCHEMA, info.weights_sha256, info.mean, info.std, machine
        return cls(folder, hashlib.sha256(repr(known).encode()).hexdigest()[:24])

    def choice(self) -> Choice | None:
        """None: it is not there, of another version of this program, or damaged."""
        try:
            choice = msgspec.json.decode(self._choice_path.read_bytes(), type=Choice)
        except (OSError, msgspec.DecodeError):
            return None
        return choice if choice.schema == SCHEMA and choice.trials else None

    def keep_choice(self, choice: Choice) -> None:
        self._keep(self._choice_path, msgspec.json.encode(choice))

    def engine(self, wanted: Wanted = "auto") -> Engine | None:
        """One that is ready in a tenth of a second, where its graph was kept. Raises ModelError as `Choice.best`."""
        choice = self.choice()
        if choice is None:
            return None
        best = choice.best(wanted)
        precision = next((one for one in PRECISIONS if best.engine == f"openvino-{one}"), None)
        if precision is None:
            return None
        try:
            digest, graph = _parted(self._graph_path(best.engine).read_bytes())
            if digest != _digest(graph):  # OpenVINO may crash on what is damaged
                return None
            engine = OpenVinoEngine(graph, precision)
        except (OSError, RuntimeError):
            return None
        engine.tile = best.tile
        with suppress(OSError):
            os.utime(self._graph_path(best.engine))  # it was used
        return engine

    def keep_graph(self, engine: OpenVinoEngine) -> None:
        try:
            graph = engine.compiled()
        except RuntimeError as error:  # not every processor's can be
            log.warning("The graph of %s cannot be kept: %s", engine.name, error)
            return
        self._keep(self._graph_path(engine.name), _digest(graph) + graph)
        with suppress(OSError):  # another process may be at it too
            kept = sorted(self.folder.glob("*.graph"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-MOST_GRAPHS]:
                path.unlink(missing_ok=True)

    def _keep(self, path: Path, content: bytes) -> None:
        try:
            make_folder(self.folder)
            write_atomic(path, content)
        except ModelError as error:
            log.warning("It will be done again at the next start: %s", error)

    @property
    def _choice_path(self) -> Path:
        return self.folder / f"{self.key}.json"

    def _graph_path(self, engine: str) -> Path:
        return self.folder / f"{self.key}-{engine}.graph"


def at_once(steps: Generator[None, None, T]) -> T:
    """Goes through all steps; returns what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _graphics_driver() -> bool:
    """Whether there may be a graphics card of NVIDIA; those of Apple stay in their computers."""
    return ctypes.util.find_library("nvcuda" if sys.platform == "win32" else "cuda") is not None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _parted(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]
