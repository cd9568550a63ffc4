"""What finds the cells for `bcseg segment`: a model, or a method that needs none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bcseg_gui.compute.protocol import QUICK_ENGINE, QUICK_METHOD, QuickSegment, Segment
from bcseg_gui.compute.segmenting.blocks import Work, quick_segment_slide, segment_slide
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide

if TYPE_CHECKING:
    from model.engines.choice import Wanted


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a slide to segment; `cell_diameter` in level-0 px where it is known.

    `finished`: blocks of an earlier run that are left out, as are empty ones with `skip_empty`.
    """

    region: Region
    cell_diameter: float | None
    finished: tuple[Region, ...] = ()
    skip_empty: bool = True


@dataclass(frozen=True, slots=True)
class Segmenter:
    """`identity`: what makes it find what it finds, besides what `start` is given."""

    name: str
    engine: str
    classes: int
    identity: tuple[object, ...]
    start: Callable[[Slide, Part], Work]


def with_model(folder: Path, threshold: float = 0.5, splitting: float = 0.5, wanted: Wanted = "auto") -> Segmenter:
    """`threshold`, `splitting`: as in `protocol.Segment`; `wanted`: what runs the network.

    Raises ModelError when the folder holds no model, or the wanted engine does not find the same cells.
    """
    from bcseg_gui.compute.calibration import engine_for
    from model.info import read_info

    engine, info = engine_for(folder, wanted), read_info(folder)

    def start(slide: Slide, wanted: Part) -> Work:
        request = Segment(
            0,
            slide.path,
            folder,
            wanted.region,
            cell_diameter=wanted.cell_diameter,
            threshold=threshold,
            splitting=splitting,
            finished=wanted.finished,
            skip_empty=wanted.skip_empty,
        )
        return segment_slide(engine, info, slide, request)

    identity = info.weights_sha256, threshold, splitting, engine.name
    return Segmenter(info.name, engine.name, len(info.classes), identity, start)


def with_watershed() -> Segmenter:
    """Without torch, so that it starts at once."""

    def start(slide: Slide, wanted: Part) -> Work:
        request = QuickSegment(
            0,
            slide.path,
            wanted.region,
            cell_diameter=wanted.cell_diameter,
            finished=wanted.finished,
            skip_empty=wanted.skip_empty,
        )
        return quick_segment_slide(slide, request)

    return Segmenter(QUICK_METHOD, QUICK_ENGINE, 1, (), start)
