"""One slide to segment, as a value: any process that unpickles it can run it. No torch, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bcseg_gui.core.geometry import Region

from .spec import USUAL_SPLITTING, USUAL_THRESHOLD


@dataclass(frozen=True, slots=True)
class Method:
    """What finds the cells: the model in `model_folder`, run by `engine`; None is the quick method.

    `threshold` and `splitting` are a model's, as in `protocol.Segment`.
    """

    model_folder: Path | None = None
    engine: Literal["auto", "torch", "openvino"] = "auto"
    threshold: float = USUAL_THRESHOLD
    splitting: float = USUAL_SPLITTING


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """Write the mask picture of a slide to the folder `output`.

    `region` in level-0 px, None is the whole slide; the mask is of it alone. `page` counts from 0. `cell_diameter` in
    level-0 px, None takes it from the slide's mpp, else from the picture. `skip_empty`: leave out empty glass.
    """

    slide_path: Path
    output: Path
    method: Method
    region: Region | None = None
    page: int = 0
    cell_diameter: float | None = None
    skip_empty: bool = True
