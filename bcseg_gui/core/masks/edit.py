"""One undoable change of a mask, from its first pixel to the transaction that writes it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region, TileKey, tiles_covering
from .history import EditRecord
from .pyramid import CLASS_BITS, MANUAL, Tile
from .storage.journal import Journal
from .storage.tiles import Tiles

NOTHING = Region(0, 0, 0, 0)
TILES_COMPARED = 64
"""Tiles of an edit that are compared with their earlier content (16 MB); any others count as changed."""


class MaskEdit:
    """An edit that is open until `commit` or `rollback`; made by `Mask.begin` or, as a part of a run, `Mask.begin_run`.

    Its changes are visible in the mask at once. `commit` and `finish_block` hand them over to be written, and return
    before they are.
    """

    def __init__(
        self,
        journal: Journal,
        tiles: Tiles,
        bounds: Region,
        *,
        tool: str,
        model: str = "",
        author: str = "",
        class_id: int = 0,
        settings: str | None = None,
    ) -> None:
        self.tool = tool
        self.model = model
        self.author = author
        self.class_id = class_id
        self.settings = settings
        """those of the run it is a part of, None outside runs"""
        self.is_open = True
        self._journal = journal
        self._tiles = tiles
        self._bounds = bounds
        # What is not handed over yet: tiles as they were, where they changed, blocks that are finished.
        self._before: dict[TileKey, Tile | None] = {}
        self._touched = NOTHING
        self._blocks: list[Region] = []
        self._seq = 0
        self._written = NOTHING
        self._predicted = False
        self._at = datetime.now(UTC)
        self._started = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Nothing has been touched yet."""
        return not self._before and not self._seq

    def paint(self, region: Region, where: NDArray[np.bool_], class_id: int) -> Region:
        """Set `class_id` and the manual bit where `where`, bool (region.h, region.w), is True.

        Class 0 erases, and marks the background as set by a person. What lies outside the mask is left out. Returns
        the part of `region` that was touched, empty when nothing was.
        """
        self._expect_open()
        if where.shape != (region.h, region.w):
            raise ValueError(f"where is {where.shape}, the region {(region.h, region.w)}")
        if not 0 <= class_id <= CLASS_BITS:
            raise ValueError(f"class id {class_id} is not in 0…{CLASS_BITS}")
        touched = NOTHING
        target = region.intersected(self._bounds)
        for key in tiles_covering(target):
            tile_region = key.level_region()
            part = target.intersected(tile_region)
            here = where[part.slices_in(region)]
            if here.any():
                pixels = self._change(key)[part.slices_in(tile_region)]
                # What differs, where it shall: several times as fast as a copy with a mask.
                pixels ^= (pixels ^ np.uint8(class_id | MANUAL)) * here.view(np.uint8)
                touched = touched.united(part)
        return self._note(touched)

    def predict(self, region: Region, classes: NDArray[np.uint8], where: NDArray[np.bool_] | None = None) -> Region:
        """Write class ids, uint8 (region.h, region.w), wherever no person has set the pixel, and only `where` is True.

        What lies outside the mask is left out. Returns a region that holds every pixel that changed, empty when none
        did.
        """
        self._expect_open()
        if classes.shape != (region.h, region.w):
            raise ValueError(f"classes is {classes.shape}, the region {(region.h, region.w)}")
        if where is not None and where.shape != classes.shape:
            raise ValueError(f"where is {where.shape}, classes {classes.shape}")
        if classes.size and int(classes.max()) > CLASS_BITS:
            raise ValueError(f"a predicted class id is above {CLASS_BITS}")
        touched = NOTHING
        target = region.intersected(self._bounds)
        for key in tiles_covering(target):
            tile_region = key.level_region()
            part = target.intersected(tile_region)
            place = part.slices_in(tile_region)
            new = classes[part.slices_in(region)]
            tile = self._tiles.get(key)
            if tile is None:
                changed = new != 0
            else:
                old = tile[place]
                changed = (old != new) & (old < MANUAL)
            if where is not None:
                changed &= where[part.slices_in(region)]
            if changed.any():
                np.copyto(self._change(key)[place], new, where=changed)
                touched = touched.united(part)
                self._predicted = True
        return self._note(touched)

    def accept(self, region: Region, where: NDArray[np.bool_] | None = None) -> Region:
        """Set the manual bit of all cells in `region`, and only `where` is True; their classes stay.

        Returns a region that holds every pixel that changed, empty when none did.
        """
        self._expect_open()
        if where is not None and where.shape != (region.h, region.w):
            raise ValueError(f"where is {where.shape}, the region {(region.h, region.w)}")
        touched = NOTHING
        target = region.intersected(self._bounds)
        for key in tiles_covering(target):
            tile = self._tiles.get(key)
            if tile is None:
                continue
            part = target.intersected(key.level_region())
            found = tile[part.slices_in(key.level_region())]
            accepted = (found != 0) & (found < MANUAL)
            if where is not None:
                accepted &= where[part.slices_in(region)]
            if accepted.any():
                self._change(key)[part.slices_in(key.level_region())] |= accepted * np.uint8(MANUAL)
                touched = touched.united(part)
        return self._note(touched)

    def finish_block(self, region: Region) -> None:
        """Hand over what changed so far and, in the same transaction, that a block of the run is finished.

        The edit stays open and remains one undo step; `rollback` takes back only what comes after. Waits for the block
        before, and where nobody listens for this one too. Raises UserError when that cannot be written, or too much
        waits already: nothing is lost, and the next call or `commit` writes this block as well.
        """
        self._expect_open()
        if self.settings is None:
            raise RuntimeError("this edit is no part of a run")
        self._blocks.append(region)
        self._journal.ready(by_person=False)
        self._hand_over()
        if not self._journal.is_heard:
            self._journal.flush()

    def commit(self) -> Region:
        """Hand the edit over, to be written in one transaction, and close it; returns the region it touched.

        An edit that changed nothing writes nothing and returns an empty region, so does one that is closed already.
        """
        if not self.is_open:
            return NOTHING
        self._hand_over()
        self.is_open = False
        return self._written

    def rollback(self) -> Region:
        """Restore the mask and close the edit; returns the region that had changed.

        What `finish_block` handed over stays, as an edit of its own.

        Raises UserError when a part of the file cannot be read; the edit is closed and nothing of it left all the same.
        """
        if not self.is_open:
            return NOTHING
        try:
            self._tiles.reload(self._before)
        finally:
            self.is_open = False
        return self._touched

    def _hand_over(self) -> None:
        changes = {}
        for key, before in self._before.items():
            now = self._tiles.changed(key, before)
            if now is not None:
                changes[key] = now
        if changes or self._blocks:
            self._seq = self._journal.write_edit(self._record(), changes, self.settings, tuple(self._blocks))
        if changes:
            self._written = self._written.united(self._touched)
        self._tiles.handed_over(self._before)
        self._before.clear()
        self._blocks.clear()
        self._touched = NOTHING

    def _expect_open(self) -> None:
        if not self.is_open:
            raise RuntimeError("this edit was committed or rolled back; begin another")

    def _change(self, key: TileKey) -> NDArray[np.uint8]:
        tile = self._tiles.changing(key)
        if key not in self._before:  # only now: a tile that cannot be read is not part of this edit
            self._before[key] = tile.copy() if len(self._before) < TILES_COMPARED else None
        return tile

    def _note(self, touched: Region) -> Region:
        self._touched = self._touched.united(touched)
        return touched

    def _record(self) -> EditRecord:
        return EditRecord(
            seq=self._seq,
            at=self._at.isoformat(timespec="milliseconds"),
            author=self.author,
            tool=self.tool,
            class_id=self.class_id,
            model=self.model,
            seconds=round(time.monotonic() - self._started, 3),
            predicted=self._predicted,
        )
