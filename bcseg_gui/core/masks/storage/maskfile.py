"""The file of a mask as a database: made, checked, upgraded, and written to in whole transactions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import write_error

from ..failures import damaged, explained, newer

SCHEMA = 2
SECONDS_TO_WAIT = 2.0
"""How long to wait for another program that is just reading or writing the same file."""
PAUSE_SECONDS = 0.01
_STAMPS = 2**31

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

PREDICTED_BEFORE_2 = "tool = 'segment' OR model <> ''"

_FROM_1_TO_2 = (
    "ALTER TABLE edits ADD COLUMN predicted INTEGER NOT NULL DEFAULT 0",
    f"UPDATE edits SET predicted = 1 WHERE {PREDICTED_BEFORE_2}",
    "CREATE TABLE run (settings TEXT NOT NULL)",
    "CREATE TABLE run_blocks (x INTEGER, y INTEGER, w INTEGER, h INTEGER, PRIMARY KEY (x, y, w, h)) WITHOUT ROWID",
    "UPDATE meta SET schema = 2",
)


class MaskFile:
    """An open mask file. Every method raises UserError when the file is damaged, full, locked or not writable.

    For several threads: one waits while another reads or is in the middle of a transaction.
    """

    def __init__(self, path: Path, dimensions: tuple[int, int]) -> None:
        """Open the file, making it when absent. An existing file that is not a sound mask is never replaced."""
        self.path = path
        self.dimensions = dimensions
        self._lock = RLock()
        self._create_if_absent()
        with explained(path):
            self._db = self._connect(path)
        try:
            with explained(path):
                self._schema = self._checked_schema()
                self._stamp = self._stored_stamp()
        except UserError:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, explained(self.path):
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of the block reaches the disk, or nothing does."""
        with explained(self.path), self._begun():
            try:
                self._expect_unchanged()
                # Not at once when opened: who only looks leaves the file as it is.
                if self._schema < SCHEMA:
                    self._upgrade(self._db)
                yield
                stamp = (self._stamp + 1) % _STAMPS
                self._db.execute(f"PRAGMA user_version = {stamp}")
                self._db.execute("COMMIT")
                self._schema, self._stamp = SCHEMA, stamp
            except BaseException:
                # SQLite has already rolled back after some failures, a full disk among them.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """A transaction, once no other program reads or writes; as long as one does, other threads may read."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while True:
            with self._lock:
                if self._begin(is_last_try=time.monotonic() >= deadline):
                    yield
                    return
            time.sleep(PAUSE_SECONDS)

    def _begin(self, *, is_last_try: bool) -> bool:
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            # Not IMMEDIATE: COMMIT would wait for those who read, and other threads for COMMIT.
            self._db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if is_last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {round(1000 * SECONDS_TO_WAIT)}")
        return True

    def _expect_unchanged(self) -> None:
        # The tiles in memory would be older than the file, and this edit would undo the other program's.
        if self._stored_stamp() != self._stamp:
            raise UserError(
                "“{path}” was changed by another program meanwhile: close the picture and open it again.",
                path=self.path,
            )

    def _upgrade(self, db: sqlite3.Connection) -> None:
        for statement in _FROM_1_TO_2:
            db.execute(statement)

    def _connect(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False)
        try:
            # A rollback journal, not WAL: WAL needs shared memory, which network shares do not give.
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _create_if_absent(self) -> None:
        """Made beside and moved into place: a file with the mask's name is always whole, even after a power cut."""
        beside = self.path.with_name(self.path.name + ".new")
        try:
            if self.path.exists():
                return
            # A journal that outlived its mask would be played back into the new one.
            for leftover in (beside, journal_of(beside), journal_of(self.path), pending_of(self.path)):
                leftover.unlink(missing_ok=True)
            with explained(self.path), closing(self._connect(beside)) as db:
                db.executescript(f"BEGIN; {_TABLES}")
                db.execute("INSERT INTO meta VALUES (1, ?, ?)", self.dimensions)
                self._upgrade(db)
                db.execute("COMMIT")
            beside.replace(self.path)
        except OSError as error:
            raise write_error(error, self.path) from error

    def _checked_schema(self) -> int:
        rows = self._db.execute("SELECT schema, width, height FROM meta").fetchall()
        if len(rows) != 1 or not all(isinstance(value, int) for value in rows[0]):
            raise damaged(self.path)
        schema, *stored = rows[0]
        if schema > SCHEMA:
            raise newer(self.path)
        if tuple(stored) != tuple(self.dimensions):
            raise UserError(
                "“{path}” is the mask of a picture of {stored} pixels, but this one has {actual}: put back the picture "
                "it was made for, or move the mask away.",
                path=self.path,
                stored="{} × {}".format(*stored),
                actual="{} × {}".format(*self.dimensions),
            )
        return int(schema)

    def _stored_stamp(self) -> int:
        """Another one after each transaction. SQLite's own `data_version` changes when one of ours fails, too."""
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])


def journal_of(path: Path) -> Path:
    return path.with_name(path.name + "-journal")


def pending_of(path: Path) -> Path:
    return path.with_name(path.name + "-pending")
