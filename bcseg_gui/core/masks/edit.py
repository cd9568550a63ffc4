"""One undoable change of a mask, from its first pixel to the transaction that writes it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region, TileKey, tiles_covering
from .packing import repacked
from .pyramid import CLASS_BITS, MANUAL
from .tiles import Tiles
from .tilestore import EditRecord, TileStore

NOTHING = Region(0, 0, 0, 0)


class MaskEdit:
    """An edit that is open until `commit` or `rollback`; made by `Mask.begin` or, as a part of a run, `Mask.begin_run`.

    Its changes are visible in the mask at once and reach the file only with `commit` or `finish_block`. What was there
    before needs no copy: until then the file still holds it.
    """

    def __init__(
        self,
        store: TileStore,
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
        self._store = store
        self._tiles = tiles
        self._bounds = bounds
        # What is not written yet: tiles, where they changed, blocks that are finished.
        self._keys: set[TileKey] = set()
        self._touched = NOTHING
        self._blocks: list[Region] = []
        self._seq = 0
        self._written = NOTHING
        self._predicted = False
        self._at = datetime.now(UTC)
        self._started = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Nothing was touched so far."""
        return not self._keys and not self._seq

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
                tile = self._change(key)
                np.copyto(tile[part.slices_in(tile_region)], np.uint8(class_id | MANUAL), where=here)
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

    def finish_block(self, region: Region) -> None:
        """Write what changed so far and, in the same transaction, that a block of the run is finished.

        The edit stays open and remains one undo step; `rollback` takes back only what comes after. Raises UserError
        when the file cannot be written: nothing is lost, and the next call or `commit` writes this block as well.
        """
        self._expect_open()
        if self.settings is None:
            raise RuntimeError("this edit is no part of a run")
        self._blocks.append(region)
        self._write()

    def commit(self) -> Region:
        """Write the edit in one transaction and close it; returns the region it touched.

        An edit that changed nothing writes nothing and returns an empty region, so does one that is closed already.
        Raises UserError when the file cannot be written: then the edit stays open and visible, and nothing of it is
        lost. Commit it again once the cause is gone, or roll it back.
        """
        if not self.is_open:
            return NOTHING
        self._write()
        self.is_open = False
        return self._written

    def rollback(self) -> Region:
        """Make the mask in memory what the file holds and close the edit; returns the region that had differed.

        What `finish_block` wrote stays, as an edit of its own.

        Raises UserError when a part of the file cannot be read; the edit is closed and nothing of it left all the same.
        """
        if not self.is_open:
            return NOTHING
        try:
            self._tiles.reload(self._keys)
        finally:
            self.is_open = False
        return self._touched

    def _write(self) -> None:
        changes = {}
        for key in self._keys:
            data = self._tiles.packed(key)
            if data != repacked(self._store.read(key)):
                changes[key] = data
        if changes or self._blocks:
            overviews = self._tiles.finished_overviews(self._keys)
            self._seq = self._store.write_edit(
                self._record(), changes, self._predicted, self.settings, self._blocks, overviews
            )
            self._tiles.saved(overviews)
        if changes:
            self._written = self._written.united(self._touched)
        self._tiles.saved(self._keys)
        self._keys.clear()
        self._blocks.clear()
        self._touched = NOTHING

    def _expect_open(self) -> None:
        if not self.is_open:
            raise RuntimeError("this edit was committed or rolled back; begin another")

    def _change(self, key: TileKey) -> NDArray[np.uint8]:
        tile = self._tiles.changing(key)
        self._keys.add(key)  # not before: a tile that cannot be read is none of this edit's
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
        )
