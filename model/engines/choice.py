"""Which engine runs a model on this computer: the outcome of the trials in `choose.py`, and the cache that keeps it.

Loaded without torch, which takes a second: a picture opened right after start-up does not wait for it.
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
MAX_TILE_SECONDS = 1.0
"""The longest that a tile may take, so that Cancel answers in time."""
MOST_GRAPHS = 6
"""Compiled graphs kept in the cache, 30 to 100 MB each."""

Wanted = Literal["auto", "torch", "openvino"]

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """`seconds` per megapixel at the working scale; `dice` of its mask with the reference's; `cells` in its mask.

    `error`: why the engine does not work here at all.
    """

    engine: str
    seconds: float = 0.0
    dice: float = 0.0
    cells: int = 0
    accepted: bool = False
    error: str = ""

    @property
    def tile(self) -> int:
        """Side of the largest tile that it computes in `MAX_TILE_SECONDS`, px."""
        return min(LARGE_TILE, max(SMALL_TILE, int((MAX_TILE_SECONDS * 1e6 / self.seconds) ** 0.5)))


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The trials, the reference first, the number of pictures they ran on, and the `Ranges` for 8-bit integers."""

    trials: tuple[Trial, ...]
    pictures: int
    ranges: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA

    def best(self, wanted: Wanted = "auto") -> Trial:
        """Return the fastest accepted trial. Raises ModelError if none of the wanted kind is accepted."""
        fit = [trial for trial in self.trials if trial.accepted and (wanted == "auto" or wanted in trial.engine)]
        if not fit:
            raise ModelError(
                "OpenVINO does not find the same cells as the reference with this model on this computer. "
                "Use --engine auto."
            )
        return min(fit, key=lambda trial: trial.seconds)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is cached about one model on this computer. The files may vanish at any time."""

    folder: Path
    key: str

    @classmethod
    def of(cls, info: ModelInfo, folder: Path | None) -> Memory | None:
        """The key covers everything that the choice depends on. None without a folder or a hash of the weights."""
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

    def choice(self) -> EngineChoice | None:
        """None if it is absent, damaged or written by another version of this program."""
        try:
            choice = msgspec.json.decode(self._choice_path.read_bytes(), type=EngineChoice)
        except (OSError, msgspec.DecodeError):
            return None
        return choice if choice.schema == SCHEMA and choice.trials else None

    def keep_choice(self, choice: EngineChoice) -> None:
        self._keep(self._choice_path, msgspec.json.encode(choice))

    def engine(self, wanted: Wanted = "auto") -> Engine | None:
        """Open the best engine from its cached graph, in a tenth of a second; None if there is none.

        Raises ModelError as `EngineChoice.best`.
        """
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
            os.utime(self._graph_path(best.engine))  # the least recently used graph is deleted first
        return engine

    def keep_graph(self, engine: OpenVinoEngine) -> None:
        try:
            graph = engine.compiled()
        except RuntimeError as error:  # not every processor can export
            log.warning("The graph of %s cannot be kept: %s", engine.name, error)
            return
        self._keep(self._graph_path(engine.name), _digest(graph) + graph)
        with suppress(OSError):  # another process may delete them too
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
    """Run all steps and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _graphics_driver() -> bool:
    """Whether there may be an NVIDIA graphics card; Apple's cannot be removed, so they need no check."""
    return ctypes.util.find_library("nvcuda" if sys.platform == "win32" else "cuda") is not None


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _parted(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]
