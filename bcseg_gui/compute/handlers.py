"""What the compute process does, request by request. Imported in the compute process alone."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial

import numpy as np

from bcseg_gui.core.slides import open_slide
from model.engines.engine import SMALL_TILE
from model.predict import HALO

from .models import LoadedModels
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
    Train,
    WarmUp,
    WarmUpResult,
)
from .ranking import rank
from .segmenting.blocks import events_of, predict_slide, predict_slide_quickly
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


def warm_up(models: LoadedModels, request: WarmUp, cancelled: Cancelled) -> Generator[Event, None, WarmUpResult]:
    engine, _ = yield from models.get(request.job, request.model_folder)
    yield Progress(request.job, 0, 1)
    # The first run is slow: kernels are chosen and memory grows.
    side = SMALL_TILE + 2 * HALO
    engine.probabilities(np.zeros((1, side, side, 3), np.uint8))
    return WarmUpResult(engine.name)


def segment(models: LoadedModels, request: Segment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    with open_slide(request.slide_path, request.page) as slide:
        slide.clipped(request.region)  # a wrong region is told before the model is loaded
        engine, info = yield from models.get(request.job, request.model_folder)
        pace = Pace()
        prediction = predict_slide(engine, info, slide, request, cancelled)
        yield from events_of(request.job, prediction)
    return SegmentResult(prediction.cell_diameter, pace.seconds, info.name, engine.name)


def quick_segment(request: QuickSegment, cancelled: Cancelled) -> Generator[Event, None, SegmentResult]:
    pace = Pace()
    with open_slide(request.slide_path, request.page) as slide:
        prediction = predict_slide_quickly(slide, request, cancelled)
        yield from events_of(request.job, prediction)
    return SegmentResult(prediction.cell_diameter, pace.seconds, QUICK_METHOD, QUICK_ENGINE)
