"""The work itself, over core and model. Imported in the compute process alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bcseg_gui.core.slides import open_slide
from model.engines.engine import SMALL_TILE, Engine
from model.engines.remembering import RememberingEngine
from model.info import WEIGHTS_FILE, ModelInfo, read_info
from model.predict import HALO

from .calibration import opening_engine
from .pace import Pace
from .protocol import (
    QUICK_ENGINE,
    QUICK_METHOD,
    Estimate,
    Evaluate,
    Event,
    Progress,
    QuickSegment,
    Rank,
    Request,
    Result,
    Segment,
    SegmentResult,
    TilePredicted,
    Train,
    Trying,
    WarmUp,
    WarmUpResult,
)
from .ranking import rank
from .segmenting.blocks import Work, quick_segment_slide, segment_slide
from .server import Handler, Handlers

Cancelled = Callable[[], bool]


def make_handlers() -> Handlers:
    models = LoadedModels()
    return {
        WarmUp: partial(warm_up, models),
        Segment: partial(segment, models),
        QuickSegment: quick_segment,
        Train: with_torch("train"),
        Estimate: with_torch("estimate"),
        Rank: partial(rank, models.get),
        Evaluate: with_torch("evaluate"),
    }


def with_torch(name: str) -> Handler:
    """A handler of `retraining`, loaded with the first request: torch takes a second, and segmenting does without."""

    def handler(request: Request, cancelled: Cancelled) -> Generator[Event, None, Result]:
        from model.engines.torch_engine import use_physical_cores

        from . import retraining

        use_physical_cores()
        work: Handler = getattr(retraining, name)
        return (yield from work(request, cancelled))

    return handler


class LoadedModels:
    """Keeps the last model, so that the next picture does not wait for it to load."""

    def __init__(self) -> None:
        self._key: tuple[Path, int] | None = None
        self._loaded: tuple[Engine, ModelInfo] | None = None

    def get(self, job: int, folder: Path) -> Generator[Event, None, tuple[Engine, ModelInfo]]:
        """Raises ModelError. A folder whose weights were replaced is loaded anew."""
        try:
            key = folder, (folder / WEIGHTS_FILE).stat().st_mtime_ns
        except OSError:
            key = None  # engine_for says what is wrong
        if self._loaded is None or key is None or key != self._key:
            self._loaded = None  # never two models in memory
            engine = yield from _opening(job, folder)
            self._key, self._loaded = key, (RememberingEngine(engine), read_info(folder))
        return self._loaded


def _opening(job: int, folder: Path) -> Generator[Event, None, Engine]:
    steps = opening_engine(folder)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            engine: Engine = end.value
            return engine
        yield Trying(job)


def warm_up(models: LoadedModels, request: WarmUp, cancelled: Cancelled) -> Generator[Event, None, WarmUpResult]:
    engine, _ = yield from models.get(request.job, request.model_folder)
    yield Progress(request.job, 0, 1)
    # The first run is slow: kernels are chosen and memory grows.
    side = SMALL_TILE + 2 * HALO
    engine.probabilities(np.zeros((1, side, side, 3), np.uint8))
    return WarmUpResult(engine.name)


def segment(models: LoadedModels, request: Segment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    with open_slide(request.slide_path, request.page) as slide:
        slide.clipped(request.region)  # said before the model is loaded
        engine, info = yield from models.get(request.job, request.model_folder)
        pace = Pace()
        work = segment_slide(engine, info, slide, request, cancelled)
        yield from _found(request.job, work)
    return SegmentResult(work.cell_diameter, pace.seconds, info.name, engine.name)


def quick_segment(request: QuickSegment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    pace = Pace()
    with open_slide(request.slide_path, request.page) as slide:
        work = quick_segment_slide(slide, request, cancelled)
        yield from _found(request.job, work)
    return SegmentResult(work.cell_diameter, pace.seconds, QUICK_METHOD, QUICK_ENGINE)


def _found(job: int, work: Work) -> Iterator[Event]:
    pace, done = Pace(), work.done
    yield Progress(job, done, work.total, empty=work.empty)
    for found in work.found:
        if found.is_new:
            done += 1
            yield Progress(job, done, work.total, pace.left(done - work.done, work.total - work.done))
        yield TilePredicted(job, found.region, found.classes, found.finished)
