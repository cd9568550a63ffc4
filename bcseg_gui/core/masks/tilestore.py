"""The file of a mask: compressed tiles and the history of edits in SQLite, one file a slide.

`tiles` holds the mask as it is now, `edits` who did what and when, `edit_tiles` each touched tile before and after.
A tile of zeros is not stored; where its bytes are needed they are empty (`b""`).
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..files import write_error
from ..geometry import TILE_SIZE, TileKey
from .failures import damaged, explained
from .pyramid import Tile, ancestors, level_count

SCHEMA = 1
SECONDS_TO_WAIT = 2.0
"""How long to wait for another program that is just reading or writing the same file."""

_TABLES = """
CREATE TABLE meta (schema INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL);
CREATE TABLE tiles (
    level INTEGER NOT NULL, row INTEGER NOT NULL, col INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (level, row, col));
CREATE TABLE edits (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, author TEXT NOT NULL, tool TEXT NOT NULL, class INTEGER NOT NULL,
    model TEXT NOT NULL, seconds REAL NOT NULL, undone INTEGER NOT NULL);
CREATE INDEX edits_by_state ON edits (undone, seq);
CREATE TABLE edit_tiles (
    seq INTEGER NOT NULL REFERENCES edits, row INTEGER NOT NULL, col INTEGER NOT NULL,
    before BLOB NOT NULL, after BLOB NOT NULL,
    PRIMARY KEY (seq, row, col));
"""


class EditState(IntEnum):
    """Column `undone`: an edit that a newer one replaced after an undo stays listed, but cannot come back."""

    DONE = 0
    UNDONE = 1
    ABANDONED = 2


@dataclass(frozen=True, slots=True)
class EditRecord:
    """One row of the audit log. `at` is the UTC start in ISO 8601, `seconds` from there to the commit."""

    seq: int
    at: str
    author: str
    tool: str
    class_id: int
    model: str
    seconds: float
    state: EditState = EditState.DONE


def pack(tile: Tile) -> bytes:
    """Compressed bytes of a tile, empty for a tile of zeros."""
    # Level 1: four times as fast as the default for twice the size, and a person waits for it after every stroke.
    return zlib.compress(tile.data, 1) if tile.any() else b""


def unpack(data: bytes) -> Tile:
    """A new array that owns its memory. Raises zlib.error or ValueError for anything `pack` did not write."""
    tile = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
    if data:
        # Bounded, so that a damaged or hostile file cannot swell in memory; one byte more lets the checksum be read.
        flat = np.frombuffer(zlib.decompressobj().decompress(data, tile.size + 1), np.uint8)
        tile[:] = flat.reshape(tile.shape)
    return tile


def _journal(path: Path) -> Path:
    return path.with_name(path.name + "-journal")


class TileStore:
    """An open mask file. Every method raises UserError when the file is damaged, full, locked or not writable."""

    def __init__(self, path: Path, dimensions: tuple[int, int]) -> None:
        """Open the file, making it when absent. An existing file that is not a sound mask is never replaced."""
        self.path = path
        self.levels = level_count(dimensions)
        self._create_if_absent(dimensions)
        with explained(self.path):
            self._db = self._connect(path)
        try:
            with explained(self.path):
                self._check(dimensions)
                self._version = self._data_version()
        except UserError:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    # -- tiles ----------------------------------------------------------------------------------------------------

    def tile_keys(self) -> list[TileKey]:
        """Level-0 tiles that are stored."""
        with explained(self.path):
            rows = self._db.execute("SELECT row, col FROM tiles WHERE level = 0").fetchall()
        return [TileKey(0, row, col) for row, col in rows]

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
        """Keep overview tiles (level ≥ 1), so that the next opening need not compute them."""
        with self._transaction():
            self._put(tiles)

    # -- history --------------------------------------------------------------------------------------------------

    def write_edit(self, record: EditRecord, tiles: Mapping[TileKey, bytes]) -> None:
        """Write an edit with the level-0 tiles it changed, in one transaction. `record.seq` is not used.

        Edits that were undone before cannot be redone after this: their tiles go, their rows stay as audit.
        """
        columns = (record.at, record.author, record.tool, record.class_id, record.model, record.seconds)
        with self._transaction():
            self._db.execute(
                "DELETE FROM edit_tiles WHERE seq IN (SELECT seq FROM edits WHERE undone = ?)", (EditState.UNDONE,)
            )
            self._db.execute("UPDATE edits SET undone = ? WHERE undone = ?", (EditState.ABANDONED, EditState.UNDONE))
            seq = self._db.execute(
                "INSERT INTO edits (at, author, tool, class, model, seconds, undone) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*columns, EditState.DONE),
            ).lastrowid
            self._db.executemany(
                "INSERT INTO edit_tiles VALUES (?, ?, ?, ?, ?)",
                ((seq, key.row, key.col, self.read(key), data) for key, data in tiles.items()),
            )
            self._put(tiles)
            self._drop_overviews(tiles)

    def next_undo(self) -> EditRecord | None:
        return self._one("WHERE undone = ? ORDER BY seq DESC LIMIT 1", EditState.DONE)

    def next_redo(self) -> EditRecord | None:
        return self._one("WHERE undone = ? ORDER BY seq LIMIT 1", EditState.UNDONE)

    def undo(self, seq: int) -> list[TileKey]:
        """Put back what was before an edit, in one transaction; returns the level-0 tiles that changed."""
        return self._turn(seq, "before", EditState.UNDONE)

    def redo(self, seq: int) -> list[TileKey]:
        """Put back what was after an edit, in one transaction; returns the level-0 tiles that changed."""
        return self._turn(seq, "after", EditState.DONE)

    def edits(self) -> list[EditRecord]:
        """Every edit ever committed, oldest first."""
        return self._records("ORDER BY seq")

    def _turn(self, seq: int, side: str, state: EditState) -> list[TileKey]:
        with self._transaction():
            rows = self._db.execute(f"SELECT row, col, {side} FROM edit_tiles WHERE seq = ?", (seq,))
            keys = []
            # One tile at a time: the edit may be the segmentation of a whole slide.
            for row, col, data in rows:
                keys.append(TileKey(0, row, col))
                self._put({keys[-1]: data})
            self._drop_overviews(keys)
            self._db.execute("UPDATE edits SET undone = ? WHERE seq = ?", (state, seq))
        return keys

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

    def _put(self, tiles: Mapping[TileKey, bytes]) -> None:
        """Make the stored tiles equal to these; empty ones are removed."""
        for key, data in tiles.items():
            place = (key.level, key.row, key.col)
            if data:
                self._db.execute("INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?)", (*place, data))
            else:
                self._db.execute("DELETE FROM tiles WHERE level = ? AND row = ? AND col = ?", place)

    def _drop_overviews(self, keys: Mapping[TileKey, bytes] | list[TileKey]) -> None:
        """Stored overview tiles above changed tiles go in the same transaction, so none on disk is ever outdated."""
        above = {ancestor for key in keys for ancestor in ancestors(key, self.levels)}
        self._put(dict.fromkeys(above, b""))

    # -- file -----------------------------------------------------------------------------------------------------

    def _connect(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None)
        try:
            # A rollback journal, not WAL: WAL needs shared memory, which network shares do not give.
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _create_if_absent(self, dimensions: tuple[int, int]) -> None:
        """Made beside and moved into place: a file with the mask's name is always whole, even after a power cut."""
        beside = self.path.with_name(self.path.name + ".new")
        try:
            if self.path.exists():
                return
            # A journal that outlived its mask would be played back into the new one.
            for leftover in (beside, _journal(beside), _journal(self.path)):
                leftover.unlink(missing_ok=True)
            with explained(self.path), closing(self._connect(beside)) as db:
                db.executescript(f"BEGIN; {_TABLES}")
                db.execute("INSERT INTO meta VALUES (?, ?, ?)", (SCHEMA, *dimensions))
                db.execute("COMMIT")
            beside.replace(self.path)
        except OSError as error:
            raise write_error(error, self.path) from error

    def _check(self, dimensions: tuple[int, int]) -> None:
        rows = self._db.execute("SELECT schema, width, height FROM meta").fetchall()
        if len(rows) != 1 or not all(isinstance(value, int) for value in rows[0]):
            raise damaged(self.path)
        schema, *stored = rows[0]
        if schema > SCHEMA:
            raise UserError(
                "“{path}” was written by a newer version of this program: open it with that version.", path=self.path
            )
        if tuple(stored) != tuple(dimensions):
            raise UserError(
                "“{path}” is the mask of a picture of {stored} pixels, but this one has {actual}: put back the picture "
                "it was made for, or move the mask away.",
                path=self.path,
                stored="{} × {}".format(*stored),
                actual="{} × {}".format(*dimensions),
            )

    def _data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of the block reaches the disk, or nothing does."""
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                # The tiles in memory would be older than the file, and this edit would undo the other program's.
                if self._data_version() != self._version:
                    raise UserError(
                        "“{path}” was changed by another program meanwhile: close the picture and open it again.",
                        path=self.path,
                    )
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has already rolled back after some failures, a full disk among them.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
