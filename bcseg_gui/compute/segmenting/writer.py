"""Puts what a segmentation finds into a mask, block by block."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region, tiles_covering
from bcseg_gui.core.masks import CLASS_BITS, MANUAL, Mask, MaskEdit

from ..protocol import Progress, TilePredicted
from .spec import Segmentation, inside


class RunWriter:
    """One segmentation of one mask: a run of as many edits as strokes cut it into.

    Without a `segmentation`, nobody can go on with the run once it was interrupted.
    """

    def __init__(
        self, needed_mask: Callable[[], Mask], segmentation: Segmentation | None, *, model: str, author: str
    ) -> None:
        self.is_parted = False
        """A stroke was painted in between, on top of a part that is committed."""
        self.share_kept = 0.0
        """Of all tiles, those in finished blocks."""
        self._needed_mask = needed_mask
        self._settings = segmentation.text if segmentation is not None else ""
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

    def write(self, event: TilePredicted) -> Region:
        """Returns what changed. Raises UserError; then the tile, or the block it finishes, does not count."""
        edit, changed = self._open_edit()
        classes = without_rims(event.classes, self._needed_mask().read(event.region))
        changed = changed.united(edit.predict(event.region, classes, inside(self._outline, event.region)))
        if event.finished is not None:
            edit.finish_block(event.finished)
            self.share_kept = self._share or 0.0
        return changed

    def part(self) -> MaskEdit | None:
        """The edit so far, to be committed before a stroke; what comes then goes into another."""
        edit, self._edit = self._edit, None
        self.is_parted |= edit is not None
        return edit

    def last_edit(self) -> MaskEdit | None:
        """What there is to commit when all tiles came. Raises UserError."""
        if self._to_clear:
            self._open_edit()
        return self._edit

    def end_run(self) -> None:
        """Call when all is committed: there is nothing left to go on with."""
        if self.is_unfinished:
            self._needed_mask().end_run()

    @property
    def edit(self) -> MaskEdit | None:
        return self._edit

    @property
    def is_unfinished(self) -> bool:
        """The mask holds a part of this run, and knows that it is one. Raises UserError."""
        run = self._needed_mask().unfinished_run
        return run is not None and run.settings == self._settings

    def _open_edit(self) -> tuple[MaskEdit, Region]:
        """The edit, begun when there is none, and what that changed."""
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
    """`classes` without the cells more than half of which a person gave another class.

    Both uint8 (h, w), `before` with the manual bit. A person's outline of a cell is never the model's: what the model
    sees beyond it would stay as a rim of its own class, and be counted as a cell.
    """
    recoloured = (before > MANUAL) & (classes > 0) & ((before & CLASS_BITS) != classes)
    if not recoloured.any():
        return classes
    _count, cells, stats, _centroids = cv2.connectedComponentsWithStats((classes > 0).view(np.uint8), connectivity=4)
    decided = np.bincount(cells[recoloured], minlength=len(stats)) > stats[:, cv2.CC_STAT_AREA] / 2
    return np.where(decided[cells], np.uint8(0), classes)
