"""A method made ready to run: its model is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Run
from bcseg_gui.core.slides import Slide

from ..protocol import QUICK_ENGINE, QUICK_METHOD, QuickSegment
from .blocks import SlidePrediction, predict_slide, predict_slide_quickly
from .spec import Segmentation
from .task import Method

if TYPE_CHECKING:
    from ..models import LoadedModel


@dataclass(frozen=True, slots=True, eq=False)
class OpenMethod:
    """`model` is None for the quick method, which needs no torch and so starts at once."""

    method: Method
    model: LoadedModel | None

    @property
    def name(self) -> str:
        """Of the ModelVersion, or `QUICK_METHOD`."""
        return QUICK_METHOD if self.model is None else self.model[1].name

    @property
    def engine(self) -> str:
        return QUICK_ENGINE if self.model is None else self.model[0].name

    @property
    def class_count(self) -> int:
        return 1 if self.model is None else len(self.model[1].classes)

    def segmentation(
        self, slide: Slide, cell_diameter: float | None, *, region: Region | None = None, skip_empty: bool = True
    ) -> Segmentation:
        """Of a whole slide or a region of it (level-0 px). Raises UserError when that lies outside."""
        quick = Segmentation.of(slide, None, cell_diameter, region=region, skip_empty=skip_empty)
        if self.model is None:
            return quick
        engine, info = self.model
        return replace(
            quick,
            model=info.name,
            weights=info.weights_sha256,
            threshold=self.method.threshold,
            splitting=self.method.splitting,
            engine=engine.name,
        )

    def predict(self, slide: Slide, segmentation: Segmentation, run: Run | None = None) -> SlidePrediction:
        """Without the blocks that `run` finished, if it is of the same segmentation. Raises UserError."""
        request = segmentation.request(0, slide.path, self.method.model_folder, (0, 0), run)
        if isinstance(request, QuickSegment):
            return predict_slide_quickly(slide, request)
        assert self.model is not None
        engine, info = self.model
        return predict_slide(engine, info, slide, request)


def open_method(method: Method) -> OpenMethod:
    """Raises ModelError when the folder holds no model, or the wanted engine does not find the same cells."""
    if method.model_folder is None:
        return OpenMethod(method, None)
    from ..models import open_model

    return OpenMethod(method, open_model(method.model_folder, method.engine))
