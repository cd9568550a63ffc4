"""What the file of a mask holds: compressed tiles, the history of edits, and the segmentation run that is unfinished.

`tiles` holds the mask as it is now, and those of its overview tiles that are up to date; a level-0 tile of zeros is not
stored. `edits` says who did what and when, `edit_tiles` the other side of each touched tile: `before` of an edit that
is done, `after` as well of one that was undone once. Where a tile of zeros is meant its bytes are empty (`b""`).
`run` has one row while a run is unfinished, `run_blocks` its finished blocks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from ..geometry import Region, TileKey
from .failures import damaged, explained
from .maskfile import MaskFile
from .packing import unpack
from .pyramid import Tile, level_count
from .runs import Run

TILES_DROPPED = 200
"""So many tiles of edits that cannot come back go with each new edit; all of a whole slide's would take a second."""


class EditState(IntEnum):
    """Column `undone`: an edit that a newer one replaced after an undo stays listed, but cannot come back."""

    DONE = 0
    UNDONE = 1
    ABANDONED = 2


@dataclass(frozen=True, slots=True)
class EditRecord:
    """One row of the audit log. `at` is the UTC start in ISO 8601, `seconds` from there to the last that was written.

    `seq` is 0 for an edit of which nothing was written yet.
    """

    seq: int
    at: str
    author: str
    tool: str
    class_id: int
    model: str
    seconds: float
    state: EditState = EditState.DONE


class TileStore(MaskFile):
    """Tiles and edits in an open mask file. Every method raises UserError as those of `MaskFile` do."""

    def __init__(self, path: Path, dimensions: tuple[int, int]) -> None:
        super().__init__(path, dimensions)
        self.levels = level_count(dimensions)

    # -- tiles ----------------------------------------------------------------------------------------------------

    def tile_places(self) -> list[tuple[int, int, int]]:
        """(level, row, col) of all tiles that are stored; an overview tile that is stored is up to date."""
        with explained(self.path):
            return self._db.execute("SELECT level, row, col FROM tiles").fetchall()

    def read(self, key: TileKey) -> bytes:
        """Packed bytes of a tile, empty when it is not stored."""
        with explained(self.path):
            found = self._db.execute(
                "SELECT data FROM tiles WHERE level = ? AND row = ? AND col = ?", (key.level, key.row, key.col)
            ).fetchone()
        return found[0] if found else b""

    def load(self, key: TileKey) -> Tile | None:
        """The decoded tile, None when it is not stored."""
        data = self.read(key)
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
        predicted: bool = False,
        settings: str | None = None,
        blocks: Sequence[Region] = (),
        overviews: Mapping[TileKey, bytes] | None = None,
    ) -> int:
        """Write, in one transaction, an edit with the level-0 tiles it changed; returns its number.

        With `record.seq` that edit goes on: what was before stays as it was before its first tile. Edits that were
        undone before cannot be redone after this: their tiles go by and by, their rows stay as audit. `settings` are
        those of the run it belongs to, `blocks` what is finished of it now; a prediction outside that run ends the
        run. `overviews` show what the file holds then. Without tiles no edit comes into being, and 0 is returned.
        """
        with self._transaction():
            if settings is not None:
                self._note_run(settings, blocks)
            elif predicted and tiles:
                self._end_run()
            seq = record.seq
            if tiles:
                seq = self._put_record(record, predicted)
                self._db.executemany(
                    "INSERT OR IGNORE INTO edit_tiles VALUES (?1, ?2, ?3, coalesce((SELECT data FROM tiles "
                    "WHERE level = 0 AND row = ?2 AND col = ?3), x''), x'')",
                    ((seq, key.row, key.col) for key in tiles),
                )
                self._put(tiles)
                self._drop_overviews((key.row, key.col) for key in tiles)
            self._put_overviews(overviews or {})
        return seq

    def next_undo(self) -> EditRecord | None:
        return self._one("WHERE undone = ? ORDER BY seq DESC LIMIT 1", EditState.DONE)

    def next_redo(self) -> EditRecord | None:
        return self._one("WHERE undone = ? ORDER BY seq LIMIT 1", EditState.UNDONE)

    def undo(self, seq: int) -> list[TileKey]:
        """Put back what was before an edit, in one transaction; returns the level-0 tiles that changed."""
        return self._turn(seq, "before", "after", EditState.UNDONE)

    def redo(self, seq: int) -> list[TileKey]:
        """Put back what was after an edit, in one transaction; returns the level-0 tiles that changed."""
        return self._turn(seq, "after", None, EditState.DONE)

    def edits(self) -> list[EditRecord]:
        """Every edit ever committed, oldest first."""
        return self._records("ORDER BY seq")

    # -- the unfinished run ---------------------------------------------------------------------------------------

    def unfinished_run(self) -> Run | None:
        if self._schema < 2:
            return None
        with explained(self.path):
            found = self._db.execute("SELECT settings FROM run").fetchone()
            blocks = self._db.execute("SELECT x, y, w, h FROM run_blocks").fetchall()
        return Run(found[0], tuple(Region(*block) for block in blocks)) if found else None

    def end_run(self) -> None:
        with self._transaction():
            self._end_run()

    # -- statements of a transaction ------------------------------------------------------------------------------

    def _turn(self, seq: int, side: str, keep: str | None, state: EditState) -> list[TileKey]:
        """Statements over whole tables: the edit may be the segmentation of a whole slide, and stays out of memory."""
        with self._transaction():
            if keep:
                self._db.execute(
                    f"UPDATE edit_tiles SET {keep} = coalesce((SELECT data FROM tiles WHERE level = 0 "
                    "AND row = edit_tiles.row AND col = edit_tiles.col), x'') WHERE seq = ?",
                    (seq,),
                )
            places = self._db.execute("SELECT row, col FROM edit_tiles WHERE seq = ?", (seq,)).fetchall()
            self._db.execute(
                f"INSERT OR REPLACE INTO tiles SELECT 0, row, col, {side} FROM edit_tiles "
                f"WHERE seq = ? AND length({side}) > 0",
                (seq,),
            )
            self._db.execute(
                "DELETE FROM tiles WHERE level = 0 AND (row, col) IN "
                f"(SELECT row, col FROM edit_tiles WHERE seq = ? AND length({side}) = 0)",
                (seq,),
            )
            self._drop_overviews(places)
            self._db.execute("UPDATE edits SET undone = ? WHERE seq = ?", (state, seq))
            # What an unfinished run found may be gone now.
            if self._db.execute("SELECT predicted FROM edits WHERE seq = ?", (seq,)).fetchone()[0]:
                self._end_run()
        return [TileKey(0, row, col) for row, col in places]

    def _put_record(self, record: EditRecord, predicted: bool) -> int:
        if record.seq:
            self._db.execute("UPDATE edits SET seconds = ? WHERE seq = ?", (record.seconds, record.seq))
            return record.seq
        self._db.execute("UPDATE edits SET undone = ? WHERE undone = ?", (EditState.ABANDONED, EditState.UNDONE))
        self._db.execute(
            "DELETE FROM edit_tiles WHERE rowid IN (SELECT edit_tiles.rowid FROM edits JOIN edit_tiles USING (seq) "
            "WHERE undone = ? LIMIT ?)",
            (EditState.ABANDONED, TILES_DROPPED),
        )
        columns = (record.at, record.author, record.tool, record.class_id, record.model, record.seconds)
        seq = self._db.execute(
            "INSERT INTO edits (at, author, tool, class, model, seconds, undone, predicted) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*columns, EditState.DONE, predicted),
        ).lastrowid
        assert seq is not None
        return seq

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

    # -- reading --------------------------------------------------------------------------------------------------

    def _one(self, clause: str, state: EditState) -> EditRecord | None:
        return next(iter(self._records(clause, state)), None)

    def _records(self, clause: str, *values: int) -> list[EditRecord]:
        with explained(self.path):
            rows = self._db.execute(
                f"SELECT seq, at, author, tool, class, model, seconds, undone FROM edits {clause}", values
            ).fetchall()
        return [
            EditRecord(seq, at, author, tool, class_id, model, seconds, EditState(undone))
            for seq, at, author, tool, class_id, model, seconds, undone in rows
        ]
