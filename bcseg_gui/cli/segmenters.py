"""What finds the cells for `bcseg segment`: a model, or a method that needs none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bcseg_gui.compute.protocol import QUICK_METHOD, QuickSegment, Segment
from bcseg_gui.compute.segmenting import Work, quick_segment_slide, segment_slide
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide


class Start(Protocol):
    """Begins with a part of a slide; `cell_diameter` in level-0 px where it is known.

    `finished`: blocks of an earlier run that are left out, as are empty ones with `skip_empty`.
    """

    def __call__(
        self,
        slide: Slide,
        region: Region,
        cell_diameter: float | None,
        *,
        finished: tuple[Region, ...] = (),
        skip_empty: bool = True,
    ) -> Work: ...


@dataclass(frozen=True, slots=True)
class Segmenter:
    """`identity`: what makes it find what it finds, besides what `start` is given."""

    name: str
    engine: str
    classes: int
    identity: tuple[object, ...]
    start: Start


def with_model(folder: Path, threshold: float) -> Segmenter:
    """`threshold`: the probability from which a pixel is cell. Raises ModelError when the folder holds no model."""
    from model.checkpoint import load_model
    from model.engine import TorchEngine

    model = load_model(folder)
    info, engine = model.info, TorchEngine(model)

    def start(
        slide: Slide,
        region: Region,
        cell_diameter: float | None,
        *,
        finished: tuple[Region, ...] = (),
        skip_empty: bool = True,
    ) -> Work:
        request = Segment(
            0, slide.path, folder, region, cell_diameter=cell_diameter, threshold=threshold, finished=finished,
            skip_empty=skip_empty,
        )  # fmt: skip
        return segment_slide(engine, info, slide, request)

    return Segmenter(info.name, engine.name, len(info.classes), (info.weights_sha256, threshold), start)


def with_watershed() -> Segmenter:
    """Without torch, so that it starts at once."""

    def start(
        slide: Slide,
        region: Region,
        cell_diameter: float | None,
        *,
        finished: tuple[Region, ...] = (),
        skip_empty: bool = True,
    ) -> Work:
        request = QuickSegment(
            0, slide.path, region, cell_diameter=cell_diameter, finished=finished, skip_empty=skip_empty
        )
        return quick_segment_slide(slide, request)

    return Segmenter(QUICK_METHOD, "opencv", 1, (), start)
