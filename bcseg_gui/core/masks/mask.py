"""The mask of a slide: one byte a level-0 pixel, with a history that outlives the program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import TILE_SIZE, Region, TileKey, tiles_covering
from .edit import NOTHING, MaskEdit
from .history import EditRecord
from .runs import Run
from .storage.journal import Journal
from .storage.tiles import Tiles
from .storage.tilestore import TileStore
from .storage.writer import Write

ReadMask = Callable[[Region], NDArray[np.uint8]]
"""`Mask.read` or what reads like it: mask bytes of a region, uint8 (region.h, region.w) with the manual bit; 0 outside
the slide."""

OVERVIEWS_KEPT_BACK = 64
"""Overview tiles that are collected before they are written; a crash costs computing them again."""


class Mask:
    """One uint8 per level-0 pixel: the low 7 bits are the class id, the high bit says that a person set it.

    Not thread-safe; another thread may open the same file to read it. Use as a context manager or call `close`.

    Every finished edit, undo and redo is one transaction, written by a thread of the mask while the person goes on; at
    most one stroke is not on disk, since the next one waits for it.
    """

    def __init__(self, store: TileStore, dimensions: tuple[int, int], *, owns: bool = False) -> None:
        self.dimensions = dimensions
        """(width, height) in level-0 pixels"""
        self._store = store
        self._journal = Journal(store, owns=owns)
        self._tiles = Tiles(store, self._journal.tile)
        self._bounds = Region(0, 0, *dimensions)
        self._edit: MaskEdit | None = None
        self._overviews_refused = False
        self._overviews_sent: tuple[Write, dict[TileKey, bytes]] | None = None

    @classmethod
    def open(cls, path: Path, dimensions: tuple[int, int], *, owns: bool = False) -> Mask:
        """Open the mask at `path` of a slide of (width, height), making it when absent.

        Who `owns` it is the only one to write it: what a killed program had finished and not written is taken up.

        Raises UserError when the file is damaged or not ours (it is left as it is), of a newer version, of a slide of
        another size, locked by another program, or cannot be made.
        """
        store = TileStore(path, dimensions)
        try:
            return cls(store, dimensions, owns=owns)
        except UserError:
            store.close()
            raise

    def close(self, *, discard: bool = False) -> None:
        """Commit an edit still open, wait until all is written and let go of the file.

        Raises UserError, and stays open, when something cannot be written; with `discard` that is given up, and an edit
        still open as well.
        """
        if not discard:
            self.commit()
            self.flush()
            self._write_overviews(at_least=1)
        self._journal.close(discard=discard)
        self._store.close()

    def listen(self, failed: Callable[[Exception], None], saved: Callable[[], None]) -> None:
        """Report failures instead of raising: edits that cannot be written wait, are retried, and nothing is lost.

        `failed` is told once why (a UserError, else our mistake), `saved` each time when all is on disk; both are
        called in another thread. Unless somebody listens, `begin`, `begin_run` and `finish_block` raise instead.
        """
        self._journal.listen(failed, saved)

    @property
    def is_saved(self) -> bool:
        """Everything but an open edit is on disk."""
        return self._journal.is_saved

    def flush(self) -> None:
        """Wait until everything but an open edit is on disk. Raises UserError; nothing is lost then."""
        self._journal.flush()

    def retry(self) -> None:
        """Retry failed writes in the background."""
        self._journal.retry()

    def __enter__(self) -> Mask:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # As after a crash: an edit that was cut off does not count.
        if error is not None and self._edit is not None:
            self._edit.rollback()
        self.close()

    # -- pixels ---------------------------------------------------------------------------------------------------

    def read(self, region: Region) -> NDArray[np.uint8]:
        """A copy of the pixels, uint8 (region.h, region.w) with the manual bit; outside the mask they are 0."""
        pixels = np.zeros((region.h, region.w), np.uint8)
        for key in tiles_covering(region.intersected(self._bounds)):
            tile = self._tiles.get(key)
            if tile is not None:
                tile_region = key.level_region()
                part = region.intersected(tile_region)
                pixels[part.slices_in(region)] = tile[part.slices_in(tile_region)]
        return pixels

    def tile(self, key: TileKey) -> NDArray[np.uint8] | None:
        """The live level-0 tile, uint8 (512, 512) and 0 outside the mask; None when there is nothing in it.

        It is the array that edits change in place, and stays the same one while anybody holds it: look, don't write.
        """
        return self._tiles.get(key)

    @property
    def level_count(self) -> int:
        """Level 0 and its overviews, each half the size of the one before, down to one that fits into a tile."""
        return self._store.levels

    def overview_tile(self, key: TileKey) -> NDArray[np.uint8] | None:
        """The live tile of an overview level (1 ≤ key.level < level_count) as far as it is known, maybe out of date.

        None when there is nothing in it, or it was never computed; `refresh_overviews` brings it up to date. A pixel
        shows the highest class id below it, without the manual bit, or a gap between cells: the thinnest of both stay
        visible.
        """
        return self._tiles.get(key)

    @property
    def overviews_stale(self) -> bool:
        """Some overview tile does not show what is below it."""
        return self._tiles.overviews_stale

    def refresh_overviews(
        self, budget_seconds: float, wanted: Iterable[TileKey] = (), *, others: bool = True
    ) -> Region:
        """Bring overview tiles up to date, in place, those `wanted` first, then `others`, for about so long.

        Returns the region where any changed, empty when all are up to date. Now and then what is finished is written
        to the file. Raises UserError when a part of the file cannot be read.
        """
        deadline = time.monotonic() + budget_seconds
        if not self._overviews_refused:  # a locked file would be waited for each time
            self._write_overviews(at_least=OVERVIEWS_KEPT_BACK)
        changed = NOTHING
        for key in self._tiles.refresh(deadline, wanted, others=others):
            side = TILE_SIZE << key.level
            changed = changed.united(Region(key.col * side, key.row * side, side, side))
        return changed.intersected(self._bounds)

    def preview(self, region: Region, level: int) -> None:
        """Show on an overview level, roughly and at once, what a person painted in `region`; it stays stale."""
        self._tiles.preview(region.intersected(self._bounds), level)

    def _write_overviews(self, at_least: int) -> None:
        """Failures are ignored: overviews can be computed again at any time."""
        if self._overviews_sent is not None:
            write, sent = self._overviews_sent
            if write.written is None:
                return
            if write.written:
                self._tiles.overviews_saved(sent)
            self._overviews_sent, self._overviews_refused = None, not write.written
        overviews = self._tiles.finished_overviews()
        if len(overviews) >= at_least:
            self._overviews_sent = self._journal.write_overviews(overviews), overviews

    # -- edits ----------------------------------------------------------------------------------------------------

    def begin(self, tool: str, *, model: str = "", author: str = "", class_id: int = 0) -> MaskEdit:
        """A new edit; `tool` names it in the history. Commits an edit still open, and waits for the stroke before.

        Raises UserError when that cannot be written, unless somebody listens; then only when too much waits already.

        One edit is open at a time, because undo is last in, first out: a stroke painted while a segmentation streams
        in lies on top of the tiles that came before it and below those that come after. The segmentation sees
        `is_open` turn False and goes on in an edit of its own.
        """
        self.commit()
        self._journal.ready(by_person=True)
        self._edit = MaskEdit(
            self._journal, self._tiles, self._bounds, tool=tool, model=model, author=author, class_id=class_id
        )
        return self._edit

    def begin_run(self, settings: str, *, model: str = "", author: str = "") -> MaskEdit:
        """A new edit of the segmentation run with exactly these settings: the unfinished one, or else a new run.

        A new run ends an unfinished one once it writes anything; until then that one can still be taken up. Otherwise
        as `begin`.
        """
        self.commit()
        self._journal.ready(by_person=True)
        self._edit = MaskEdit(
            self._journal, self._tiles, self._bounds, tool="segment", model=model, author=author, settings=settings
        )
        return self._edit

    @property
    def unfinished_run(self) -> Run | None:
        """The run that can be taken up, with the blocks that are finished, written or on their way.

        Taking back or bringing back an edit of a prediction ends it, and so does a prediction outside the run: its
        blocks no longer hold what it found.
        """
        return self._journal.unfinished_run

    def end_run(self) -> None:
        """Mark the run as finished; commits an open edit first."""
        self.commit()
        self._journal.end_run()

    def commit(self) -> None:
        """Commit an open edit, if any."""
        if self._edit is not None:
            self._edit.commit()

    @property
    def is_blank(self) -> bool:
        """No pixel is set. Waits for pending writes. Raises UserError."""
        self.commit()
        self.flush()
        return not self._store.has_tiles()

    @property
    def can_undo(self) -> bool:
        return bool(self.undo_text)

    @property
    def can_redo(self) -> bool:
        return bool(self.redo_text)

    @property
    def undo_text(self) -> str:
        """Tool of the edit that `undo` would take back, empty when there is none."""
        edit = self._open_change or self._journal.history.last_done()
        return edit.tool if edit else ""

    @property
    def redo_text(self) -> str:
        """Tool of the edit that `redo` would bring back, empty when there is none."""
        edit = None if self._open_change else self._journal.history.next_redo()
        return edit.tool if edit else ""

    def undo(self) -> Region:
        """Take back the last edit; returns a region that holds what changed.

        Commits an edit still open first. Returns an empty region when there is nothing to take back. Waits for what is
        on its way to the file. Raises UserError when that cannot be written, or the file not be read; then nothing has
        changed.
        """
        self.commit()
        edit = self._journal.history.last_done()
        return self._reload(self._journal.turn(back=True, seq=edit.seq - 1)) if edit else NOTHING

    def redo(self) -> Region:
        """Redo the edit that was undone last; otherwise as `undo`."""
        self.commit()
        edit = self._journal.history.next_redo()
        return self._reload(self._journal.turn(back=False, seq=edit.seq)) if edit else NOTHING

    def jump(self, seq: int) -> Region:
        """Undo or redo edits, in one transaction, until `seq` is the last one done (0: none is).

        Otherwise as `undo`. Raises UserError for an edit that cannot come back.
        """
        self.commit()
        return self._reload(self._journal.jump(seq))

    def edits(self) -> Sequence[EditRecord]:
        """Every edit ever committed, oldest first, undone ones included."""
        return self._journal.history.records()

    @property
    def _open_change(self) -> MaskEdit | None:
        edit = self._edit
        return edit if edit is not None and edit.is_open and not edit.is_empty else None

    def _reload(self, keys: list[TileKey]) -> Region:
        changed = NOTHING
        for region in self._tiles.reload(keys):
            changed = changed.united(region)
        return changed.intersected(self._bounds)
