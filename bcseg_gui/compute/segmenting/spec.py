"""What one segmentation covers and by what: enough to ask for it, and to go on with it another day. No torch, no Qt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
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
    """The identity of a run: equal segmentations find the same cells, block by block.

    `model` names a ModelVersion, with the SHA-256 of its `weights`, or is `QUICK_METHOD`. `fingerprint` is that of
    the slide's file, where nothing else says which slide the mask is of. `engine` is the one that computes all blocks;
    empty, any that agrees with the reference may go on. See `protocol.Segment` for the other fields.
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
    fingerprint: str = ""
    engine: str = ""

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
        """Of a whole slide, a region or the inside of an outline (level-0 px); `model` None is the quick method.

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
        """The SHA-256 of its weights. Raises UserError when the model is gone."""
        return read_json(model.folder / INFO_FILE, ModelFile).weights_sha256

    @classmethod
    def parse(cls, text: str) -> Segmentation | None:
        """From `text`; None when this version of the program would cut or compute the blocks differently."""
        try:
            parsed = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return parsed if parsed.grid == GRID else None

    @property
    def text(self) -> str:
        """The same for equal segmentations: the settings by which a mask knows its run."""
        fields = msgspec.to_builtins(self)
        # Earlier versions did not have these, and their unfinished runs must keep their text.
        if self.splitting == USUAL_SPLITTING:
            del fields["splitting"]
        for name in ("class_ids", "fingerprint", "engine"):
            if not fields[name]:
                del fields[name]
        return msgspec.json.encode(fields, order="sorted").decode()

    @property
    def former_text(self) -> str:
        """The settings by which earlier versions of the command line knew the same run."""
        region = self.region or Region(0, 0, *self.dimensions)
        by = (self.weights, self.threshold, self.splitting, self.engine) if self.weights else ()
        return json.dumps(
            [
                self.fingerprint,
                self.page,
                astuple(region),
                self.model,
                by,
                self.cell_diameter,
                self.skip_empty,
                self.grid,
            ]
        )

    def began(self, run: Run | None) -> bool:
        """Whether the unfinished `run` is of this segmentation, so that its blocks need not be computed again."""
        return run is not None and run.settings in (self.text, self.former_text)

    def or_unfinished(self, run: Run | None, *, given: bool) -> Segmentation:
        """The segmentation that the unfinished `run` began, if it differs at most in the cell diameter; else this one.

        An estimate may come out differently another day; a diameter `given` by a person counts.
        """
        begun = Segmentation.parse(run.settings) if run is not None else None
        if begun is None or replace(self, cell_diameter=begun.cell_diameter) != begun:
            return self
        return self if given and self.cell_diameter != begun.cell_diameter else begun

    def request(
        self, job: int, slide_path: Path, model_folder: Path | None, first: tuple[int, int], run: Run | None
    ) -> Segment | QuickSegment:
        """The request to submit, without the blocks that `run` finished if it is of this segmentation.

        `model_folder` None is the quick method; `first` a level-0 point.
        """
        finished = run.finished if run is not None and self.began(run) else ()
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
    """The bounding box of a polygon."""
    xs, ys = zip(*outline, strict=True)
    return Region(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def inside(outline: Outline, region: Region) -> NDArray[np.bool_] | None:
    """Which pixels, bool (region.h, region.w), have their centre in a level-0 polygon; None without one.

    A pixel's answer does not depend on the region: each row is divided where edges cross it.
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
