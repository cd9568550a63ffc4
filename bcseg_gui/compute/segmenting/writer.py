"""Writing the tiles of a segmentation: block by block into a mask, or into memory. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, Mask, MaskEdit, Run

from ..protocol import Progress, TilePredicted
from .spec import Segmentation, inside


class TileWriter(Protocol):
    """Takes the events of a segmentation in their order."""

    def note(self, progress: Progress) -> None: ...

    def write(self, tile: TilePredicted) -> object:
        """Raises UserError; then neither the tile counts nor the block that it finishes."""


class FieldWriter:
    """A TileWriter in memory, for a region so small that nobody goes on with it another day.

    `classes`: its class ids, uint8 (region.h, region.w).
    """

    def __init__(self, region: Region) -> None:
        self.classes = np.zeros((region.h, region.w), np.uint8)
        self._region = region

    def note(self, progress: Progress) -> None:
        pass

    def write(self, tile: TilePredicted) -> None:
        self.classes[tile.region.slices_in(self._region)] = tile.classes


class RunWriter:
    """The TileWriter of a mask: a run of as many edits as strokes cut it into.

    A run without a `segmentation` cannot be continued once it was interrupted. `run`: the unfinished one of a
    segmentation that goes on, whose settings may be the text of an earlier version.
    """

    def __init__(
        self,
        needed_mask: Callable[[], Mask],
        segmentation: Segmentation | None,
        *,
        model: str,
        author: str,
        run: Run | None = None,
    ) -> None:
        self.is_parted = False
        """A stroke was painted meanwhile, on top of a committed part."""
        self.share_kept = 0.0
        """Share of all tiles that lie in finished blocks."""
        self._needed_mask = needed_mask
        self._settings = segmentation.text if segmentation is not None else ""
        if run is not None and segmentation is not None and segmentation.began(run):
            self._settings = run.settings
        self._outline = segmentation.outline if segmentation is not None else ()
        self._model, self._author = model, author
        self._edit: MaskEdit | None = None
        self._to_clear: tuple[Region, ...] = ()
        self._share: float | None = None

    def note(self, progress: Progress) -> None:
        share = progress.done / max(1, progress.total)
        if self._share is None:
            self.share_kept = share
        self._share = share
        self._to_clear += progress.empty

    def write(self, tile: TilePredicted) -> Region:
        """Returns the region that changed."""
        edit, changed = self._open_edit()
        classes = without_rims(tile.classes, self._needed_mask().read(tile.region))
        changed = changed.united(edit.predict(tile.region, classes, inside(self._outline, tile.region)))
        if tile.finished is not None:
            edit.finish_block(tile.finished)
            self.share_kept = self._share or 0.0
        return changed

    def part(self) -> MaskEdit | None:
        """The edit so far, to be committed before a stroke; later tiles go into another."""
        edit, self._edit = self._edit, None
        self.is_parted |= edit is not None
        return edit

    def last_edit(self) -> MaskEdit | None:
        """The edit to commit after the last tile, if there is one. Raises UserError."""
        if self._to_clear:
            self._open_edit()
        return self._edit

    def end_run(self) -> None:
        """Call when everything is committed: there is nothing left to go on with."""
        if self.is_unfinished:
            self._needed_mask().end_run()

    @property
    def edit(self) -> MaskEdit | None:
        return self._edit

    @property
    def is_unfinished(self) -> bool:
        """The mask knows this run as an unfinished one. Raises UserError."""
        run = self._needed_mask().unfinished_run
        return run is not None and run.settings == self._settings

    def _open_edit(self) -> tuple[MaskEdit, Region]:
        """The edit, begun if there is none, and the region that beginning it changed."""
        changed = Region(0, 0, 0, 0)
        if self._edit is None:
            mask = self._needed_mask()
            self._edit = mask.begin_run(self._settings, model=self._model, author=self._author)
            to_clear, self._to_clear = self._to_clear, ()
            for region in to_clear:  # an earlier segmentation may have found something there
                if any(mask.tile(key) is not None for key in tiles_covering(region)):
                    nothing = np.zeros((region.h, region.w), np.uint8)
                    changed = changed.united(self._edit.predict(region, nothing, inside(self._outline, region)))
        return self._edit, changed


def without_rims(classes: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`classes` without the cells of which a person gave more than half another class.

    Both uint8 (h, w), `before` with the manual bit. A person's outline of a cell is never exactly the model's: what the
    model sees beyond it would stay as a rim of its own class, and be counted as a cell.
    """
    recoloured = (before > MANUAL) & (classes > 0) & ((before & CLASS_BITS) != classes)
    if not recoloured.any():
        return classes
    _count, cells, stats, _centroids = cv2.connectedComponentsWithStats((classes > 0).view(np.uint8), connectivity=4)
    decided = np.bincount(cells[recoloured], minlength=len(stats)) > stats[:, cv2.CC_STAT_AREA] / 2
    return np.where(decided[cells], np.uint8(0), classes)
