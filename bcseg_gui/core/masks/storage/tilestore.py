"""What the file of a mask holds: compressed tiles, the history of edits, and the segmentation run that is unfinished.

`tiles` holds the mask as it is now, and those of its overview tiles that are up to date; a level-0 tile of zeros is not
stored. `edits` says who did what and when, `edit_tiles` the other side of each touched tile: `before` of an edit that
is done, `after` as well of one that was undone once. Where a tile of zeros is meant its bytes are empty (`b""`).
`run` has one row while a run is unfinished, `run_blocks` its finished blocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bcseg_gui.core.geometry import Region, TileKey

from ..failures import damaged
from ..history import EditRecord, EditState, Turn, records_of
from ..pyramid import Tile, level_count
from ..runs import Run
from .maskfile import PREDICTED_BEFORE_2, MaskFile
from .packing import unpack

TILES_DROPPED = 200
"""Tiles of abandoned edits that are deleted with each new edit; those of a whole slide at once would take a second."""


class TileStore(MaskFile):
    """Tiles and edits in an open mask file. Every method raises UserError as those of `MaskFile` do."""

    def __init__(self, path: Path, dimensions: tuple[int, int]) -> None:
        super().__init__(path, dimensions)
        self._may_drop = True
        """There may be tiles of abandoned edits"""
        self.levels = level_count(dimensions)

    # -- tiles ----------------------------------------------------------------------------------------------------

    def tile_places(self) -> list[tuple[int, int, int]]:
        """(level, row, col) of all tiles that are stored; an overview tile that is stored is up to date."""
        with self._reading():
            return self._db.execute("SELECT level, row, col FROM tiles").fetchall()

    def has_tiles(self) -> bool:
        """Whether anything is stored at level 0."""
        with self._reading():
            return self._db.execute("SELECT 1 FROM tiles WHERE level = 0 LIMIT 1").fetchone() is not None

    def read(self, key: TileKey) -> bytes:
        """Packed bytes of a tile, empty when it is not stored."""
        with self._reading():
            found = self._db.execute(
                "SELECT data FROM tiles WHERE level = ? AND row = ? AND col = ?", (key.level, key.row, key.col)
            ).fetchone()
        return found[0] if found else b""

    def load(self, key: TileKey) -> Tile | None:
        """The decoded tile, None when it is not stored."""
        return self._unpacked(self.read(key))

    def _unpacked(self, data: bytes) -> Tile | None:
        try:
            return unpack(data) if data else None
        except (zlib.error, ValueError, TypeError) as error:
            raise damaged(self.path) from error

    def write_overviews(self, tiles: Mapping[TileKey, bytes]) -> None:
        """Keep overview tiles (level ≥ 1) that show what the file holds, so that they need not be computed again."""
        with self._transaction():
            self._put_overviews(tiles)

    # -- history --------------------------------------------------------------------------------------------------

    def write_edit(
        self,
        record: EditRecord,
        tiles: Mapping[TileKey, bytes],
        is_new: bool = True,
        settings: str | None = None,
        blocks: Sequence[Region] = (),
    ) -> None:
        """Write, in one transaction, an edit with the level-0 tiles it changed.

        One that is not new goes on: what was before stays as it was before its first tile. Edits that were undone
        before cannot be redone after a new one: their tiles go by and by, their rows stay as audit. `settings` are
        those of the run it belongs to, `blocks` what is finished of it now; a prediction outside that run ends the
        run. Without tiles no edit comes into being.
        """
        with self._transaction():
            if settings is not None:
                self._note_run(settings, blocks)
            elif record.predicted and tiles:
                self._end_run()
            if tiles:
                self._put_record(record, is_new)
                self._db.executemany(
                    "INSERT OR IGNORE INTO edit_tiles VALUES (?1, ?2, ?3, coalesce((SELECT data FROM tiles "
                    "WHERE level = 0 AND row = ?2 AND col = ?3), x''), x'')",
                    ((record.seq, key.row, key.col) for key in tiles),
                )
                self._put(tiles)
                self._drop_overviews((key.row, key.col) for key in tiles)

    def steps(self, *, back: bool, seq: int) -> Turn:
        """What it takes to take back the edits after `seq`, or to bring back those up to it."""
        with self._reading():
            rows = self._db.execute(
                "SELECT edits.seq, row, col FROM edits CROSS JOIN edit_tiles USING (seq) "
                f"WHERE undone = ? AND edits.seq {'>' if back else '<='} ? ORDER BY edits.seq",
                (EditState.DONE if back else EditState.UNDONE, seq),
            ).fetchall()
        return Turn(back, seq, tuple(rows))

    def sides(self, side: str, sources: Mapping[TileKey, int]) -> dict[TileKey, bytes]:
        """Packed bytes of tiles on one side, "before" or "after", of an edit each."""
        with self._reading():
            self._expect_unchanged()
            found = {
                key: self._db.execute(
                    f"SELECT {side} FROM edit_tiles WHERE seq = ? AND row = ? AND col = ?", (seq, key.row, key.col)
                ).fetchone()[0]
                for key, seq in sources.items()
            }
        for data in found.values():
            self._unpacked(data)
        return found

    def turn(self, turn: Turn) -> None:
        """Make the tiles what they were before, or after, edits, in one transaction.

        By statements, since one may be the segmentation of a whole slide: tiles stay out of memory.
        """
        sources = [(seq, key.row, key.col) for key, seq in turn.decisive().items()]
        was, becomes = turn.states
        which = f"undone = ? AND seq {'>' if turn.back else '<='} ?"
        with self._transaction():
            if turn.back:
                self._store_after(turn)
            self._db.executemany(
                f"INSERT OR REPLACE INTO tiles SELECT 0, row, col, {turn.side} FROM edit_tiles "
                f"WHERE seq = ? AND row = ? AND col = ? AND length({turn.side}) > 0",
                sources,
            )
            self._db.executemany(
                "DELETE FROM tiles WHERE level = 0 AND row = ?2 AND col = ?3 AND "
                f"(SELECT length({turn.side}) FROM edit_tiles WHERE seq = ?1 AND row = ?2 AND col = ?3) = 0",
                sources,
            )
            self._drop_overviews((row, col) for _, row, col in sources)
            # What an unfinished run found may be gone now.
            if self._db.execute(f"SELECT 1 FROM edits WHERE {which} AND predicted LIMIT 1", (was, turn.seq)).fetchone():
                self._end_run()
            self._db.execute(f"UPDATE edits SET undone = ? WHERE {which}", (becomes, was, turn.seq))

    def edits(self) -> list[EditRecord]:
        """Return every edit ever committed, oldest first."""
        predicted = "predicted" if self._schema >= 2 else PREDICTED_BEFORE_2
        with self._reading():
            rows = self._db.execute(
                f"SELECT seq, at, author, tool, class, model, seconds, undone, {predicted} FROM edits ORDER BY seq"
            ).fetchall()
        return records_of(rows)

    # -- the unfinished run ---------------------------------------------------------------------------------------

    def unfinished_run(self) -> Run | None:
        if self._schema < 2:
            return None
        with self._reading():
            found = self._db.execute("SELECT settings FROM run").fetchone()
            blocks = self._db.execute("SELECT x, y, w, h FROM run_blocks").fetchall()
        return Run(found[0], tuple(Region(*block) for block in blocks)) if found else None

    def end_run(self) -> None:
        with self._transaction():
            self._end_run()

    # -- statements of a transaction ------------------------------------------------------------------------------

    def _store_after(self, turn: Turn) -> None:
        """What a tile is after an edit is what it was before the next one that touched it, or what it is now."""
        followers = turn.followers()
        self._db.executemany(
            "UPDATE edit_tiles SET after = (SELECT following.before FROM edit_tiles AS following "
            "WHERE following.seq = ?4 AND following.row = ?2 AND following.col = ?3) "
            "WHERE seq = ?1 AND row = ?2 AND col = ?3",
            (step for step in followers if step[3] is not None),
        )
        self._db.executemany(
            "UPDATE edit_tiles SET after = coalesce((SELECT data FROM tiles "
            "WHERE level = 0 AND row = ?2 AND col = ?3), x'') WHERE seq = ?1 AND row = ?2 AND col = ?3",
            (step[:3] for step in followers if step[3] is None),
        )

    def _put_record(self, record: EditRecord, is_new: bool) -> None:
        if not is_new:
            self._db.execute(
                "UPDATE edits SET seconds = ?, predicted = ? WHERE seq = ?",
                (record.seconds, record.predicted, record.seq),
            )
            return
        abandoned = self._db.execute(
            "UPDATE edits SET undone = ? WHERE undone = ?", (EditState.ABANDONED, EditState.UNDONE)
        )
        if self._may_drop or abandoned.rowcount:
            dropped = self._db.execute(
                "DELETE FROM edit_tiles WHERE rowid IN (SELECT edit_tiles.rowid FROM edits JOIN edit_tiles USING (seq) "
                "WHERE undone = ? LIMIT ?)",
                (EditState.ABANDONED, TILES_DROPPED),
            )
            self._may_drop = dropped.rowcount >= TILES_DROPPED
        columns = (record.seq, record.at, record.author, record.tool, record.class_id, record.model, record.seconds)
        self._db.execute(
            "INSERT INTO edits (seq, at, author, tool, class, model, seconds, undone, predicted) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*columns, EditState.DONE, record.predicted),
        )

    def _note_run(self, settings: str, blocks: Sequence[Region]) -> None:
        if self._db.execute("SELECT settings FROM run").fetchone() != (settings,):
            self._end_run()
            self._db.execute("INSERT INTO run VALUES (?)", (settings,))
        self._db.executemany(
            "INSERT OR IGNORE INTO run_blocks VALUES (?, ?, ?, ?)", ((b.x, b.y, b.w, b.h) for b in blocks)
        )

    def _end_run(self) -> None:
        self._db.execute("DELETE FROM run")
        self._db.execute("DELETE FROM run_blocks")

    def _put(self, tiles: Mapping[TileKey, bytes]) -> None:
        """Make the stored level-0 tiles equal to these; empty ones are removed."""
        for key, data in tiles.items():
            if data:
                self._db.execute("INSERT OR REPLACE INTO tiles VALUES (0, ?, ?, ?)", (key.row, key.col, data))
            else:
                self._db.execute("DELETE FROM tiles WHERE level = 0 AND row = ? AND col = ?", (key.row, key.col))

    def _put_overviews(self, tiles: Mapping[TileKey, bytes]) -> None:
        """Empty ones too: that there is nothing in it is worth knowing."""
        self._db.executemany(
            "INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?)",
            ((key.level, key.row, key.col, data) for key, data in tiles.items()),
        )

    def _drop_overviews(self, places: Iterable[tuple[int, int]]) -> None:
        """Stored overview tiles above changed tiles go in the same transaction, so none on disk is ever outdated."""
        above = set(places)
        for level in range(1, self.levels):
            above = {(row >> 1, col >> 1) for row, col in above}
            self._db.executemany(
                "DELETE FROM tiles WHERE level = ? AND row = ? AND col = ?", ((level, *place) for place in above)
            )
