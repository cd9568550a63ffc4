"""What one segmentation is of and by what: enough to ask for it, and to go on with it another day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.files import read_json
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Run
from bcseg_gui.core.models.registry import INFO_FILE, ModelFile, ModelVersion
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look

from ..protocol import GRID, QUICK_METHOD, QuickSegment, Segment

USUAL_THRESHOLD = USUAL_SPLITTING = 0.5

Outline = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Two that are equal find the same cells, block by block. See `protocol.Segment` for the fields not told here.

    `model` is the name of a ModelVersion, with the SHA-256 of its `weights`, or `QUICK_METHOD`.
    """

    model: str
    weights: str
    dimensions: tuple[int, int]
    page: int = 0
    region: Region | None = None
    outline: Outline = ()
    cell_diameter: float | None = None
    threshold: float = USUAL_THRESHOLD
    splitting: float = USUAL_SPLITTING
    look: Look | None = None
    skip_empty: bool = True
    class_ids: tuple[int, ...] = ()
    grid: int = GRID

    @classmethod
    def of(
        cls,
        slide: Slide,
        model: ModelVersion | None,
        cell_diameter: float | None,
        *,
        threshold: float = USUAL_THRESHOLD,
        splitting: float = USUAL_SPLITTING,
        region: Region | None = None,
        outline: Sequence[tuple[int, int]] = (),
        look: Look | None = None,
        skip_empty: bool = True,
        class_ids: tuple[int, ...] = (),
    ) -> Segmentation:
        """Of a whole slide, a region or what an outline holds (level-0 px); `model` None is the quick method.

        Raises UserError when nothing of it lies on the slide, or the model is gone.
        """
        covered = slide.clipped(bounds_of(outline) if outline else region)
        return cls(
            model=QUICK_METHOD if model is None else model.name,
            weights="" if model is None else cls.weights_of(model),
            dimensions=slide.dimensions,
            page=slide.page,
            region=None if covered == slide.clipped(None) else covered,
            outline=tuple((int(x), int(y)) for x, y in outline),
            cell_diameter=cell_diameter,
            threshold=threshold,
            splitting=splitting,
            look=None if look is None or look.is_neutral else look,
            skip_empty=skip_empty,
            class_ids=class_ids,
        )

    @staticmethod
    def weights_of(model: ModelVersion) -> str:
        """SHA-256 of its weights. Raises UserError when the model is gone."""
        return read_json(model.folder / INFO_FILE, ModelFile).weights_sha256

    @classmethod
    def parse(cls, text: str) -> Segmentation | None:
        """From `text`; None when this version of the program would go about it in another way."""
        try:
            parsed = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return parsed if parsed.grid == GRID else None

    @property
    def text(self) -> str:
        """The same for equal segmentations: what a mask knows its run by."""
        told = msgspec.to_builtins(self)
        # So did versions that had no others, whose runs are to go on.
        if self.splitting == USUAL_SPLITTING:
            del told["splitting"]
        if not self.class_ids:
            del told["class_ids"]
        return msgspec.json.encode(told, order="sorted").decode()

    def or_unfinished(self, run: Run | None, *, given: bool) -> Segmentation:
        """What the unfinished `run` began with, where it differs in the cell diameter at most; else this one.

        An estimate may come out otherwise another day. One that was `given` by a person counts.
        """
        begun = Segmentation.parse(run.settings) if run is not None else None
        if begun is None or replace(self, cell_diameter=begun.cell_diameter) != begun:
            return self
        return self if given and self.cell_diameter != begun.cell_diameter else begun

    def request(
        self, job: int, slide_path: Path, model_folder: Path | None, first: tuple[int, int], run: Run | None
    ) -> Segment | QuickSegment:
        """What to submit; the blocks that `run` finished are left out if it is of the same segmentation.

        `model_folder` None is the quick method; `first` a level-0 point.
        """
        finished = run.finished if run is not None and run.settings == self.text else ()
        if model_folder is None:
            return QuickSegment(
                job,
                slide_path,
                self.region,
                first,
                self.cell_diameter,
                page=self.page,
                outline=self.outline,
                finished=finished,
                look=self.look,
                skip_empty=self.skip_empty,
            )
        return Segment(
            job,
            slide_path,
            model_folder,
            self.region,
            first,
            self.cell_diameter,
            self.threshold,
            splitting=self.splitting,
            page=self.page,
            outline=self.outline,
            finished=finished,
            look=self.look,
            skip_empty=self.skip_empty,
            class_ids=self.class_ids,
        )


def bounds_of(outline: Sequence[tuple[int, int]]) -> Region:
    """The smallest region that holds a polygon."""
    xs, ys = zip(*outline, strict=True)
    return Region(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def inside(outline: Outline, region: Region) -> NDArray[np.bool_] | None:
    """Which pixels (region.h, region.w) have their centre in a level-0 polygon; None without one.

    The same for a pixel whatever the region: each row is parted where edges cross it.
    """
    if not outline:
        return None
    starts = np.array(outline, np.float64)
    edges = np.hstack([starts, np.roll(starts, -1, axis=0)])
    low, high = edges[:, 1::2].min(axis=1), edges[:, 1::2].max(axis=1)
    near = (low < region.bottom) & (high > region.y)
    edges, low, high = edges[near], low[near], high[near]
    centres = region.y + np.arange(region.h) + 0.5
    edge, row = np.nonzero((low[:, None] <= centres) & (centres < high[:, None]))
    x0, y0, x1, y1 = edges[edge].T
    crossed = np.ceil(x0 + (centres[row] - y0) * (x1 - x0) / (y1 - y0) - 0.5) - region.x
    columns = np.clip(crossed, 0, region.w).astype(np.intp)
    turns = np.zeros((region.h, region.w + 1), np.uint8)
    np.add.at(turns, (row, columns), 1)
    return (np.cumsum(turns[:, :-1], axis=1, dtype=np.uint8) & 1).astype(np.bool_)
