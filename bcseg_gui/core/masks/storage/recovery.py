"""A damaged mask file made whole again, as far as that goes. The damaged one is always kept."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from bcseg_gui.core.damaged_files import keep_damaged
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import read_error, sync_folder, temporary_beside, write_error

from ..failures import explained, newer
from .maskfile import SCHEMA, MaskFile, journal_of
from .salvage import Salvage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What is, or can be, saved of a damaged mask. A tile is a square of 512 pixels with something in it."""

    tiles: int
    lost: int
    """Tiles that there were and that cannot be read"""
    more_lost: bool
    """There may have been others, of which nothing is known"""
    edits: int
    """Edits that can be taken back or brought back; all are still listed"""
    kept: Path | None = None
    """Where the damaged file is; None as long as it is where it was"""


def examine(path: Path, dimensions: tuple[int, int]) -> Recovered:
    """What `recover` would save; changes nothing. Raises UserError as that does."""
    with _salvage(path, dimensions) as salvage:
        return _summary(salvage)


def recover(path: Path, dimensions: tuple[int, int]) -> Recovered:
    """Put a sound mask with all that can be read in the place of the damaged one at `path`, which is kept beside it.

    `dimensions`: (width, height) of the slide in level-0 pixels. Nobody may have the file open. A tile is as it was or
    left out. Undo goes back as far as no edit lacks anything; older edits stay listed as abandoned. Overviews are
    computed again, an unfinished run ends.

    Raises UserError when nothing can be read, the file is of a newer version, or the disk is full; then nothing has
    changed.
    """
    beside = temporary_beside(path)
    try:
        with _salvage(path, dimensions) as salvage:
            summary = _summary(salvage)
            MaskFile(beside, dimensions).close()
            with explained(path), closing(sqlite3.connect(beside, isolation_level=None)) as db:
                _write(db, salvage)
        kept = _put_in_place(beside, path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        for leftover in (beside, journal_of(beside)):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
    log.info("Recovered %d tiles, %d lost, %d edits", summary.tiles, summary.lost, summary.edits)
    return Recovered(summary.tiles, summary.lost, summary.more_lost, summary.edits, kept)


def _put_in_place(built: Path, path: Path) -> Path:
    """At every moment there is a mask at `path`; returns where the damaged one is now. Raises OSError."""
    kept = keep_damaged(path)
    try:
        if journal_of(path).exists():  # it would be played back into the new file
            journal_of(path).replace(journal_of(kept))
        built.replace(path)
    except OSError:
        if journal_of(kept).exists():
            journal_of(kept).replace(journal_of(path))
        kept.unlink()  # it is still where it was
        raise
    sync_folder(path.parent)
    return kept


@contextmanager
def _salvage(path: Path, dimensions: tuple[int, int]) -> Iterator[Salvage]:
    try:
        if not path.stat().st_size:
            raise _nothing(path)
        file = path.open("rb")
    except OSError as error:
        raise read_error(error, path) from error
    with file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        salvage = Salvage(data, dimensions)
        if salvage.schema > SCHEMA:
            raise newer(path)
        if not salvage.tile_count and not salvage.undoable:
            raise _nothing(path)
        yield salvage


def _nothing(path: Path) -> UserError:
    return UserError(
        "Nothing in “{path}” can be recovered: bring back a copy of it from a backup, or move it away to start anew.",
        path=path,
    )


def _summary(salvage: Salvage) -> Recovered:
    return Recovered(salvage.tile_count, salvage.lost, salvage.more_lost, len(salvage.undoable))


def _write(db: sqlite3.Connection, salvage: Salvage) -> None:
    db.execute("PRAGMA synchronous = FULL")
    db.execute("BEGIN")
    db.executemany(
        "INSERT INTO tiles (level, row, col, data) VALUES (0, ?, ?, ?)",
        ((row, col, data) for (row, col), data in salvage.tiles()),
    )
    db.executemany(
        "INSERT INTO edits (seq, at, author, tool, class, model, seconds, undone, predicted) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (edit.seq, edit.at, edit.author, edit.tool, edit.class_id, edit.model, edit.seconds, edit.state, predicted)
            for edit, predicted in salvage.records()
        ),
    )
    db.executemany(
        "INSERT INTO edit_tiles (seq, row, col, before, after) VALUES (?, ?, ?, ?, ?)",
        ((seq, step.row, step.col, step.before, step.after) for seq in salvage.undoable for step in salvage.steps(seq)),
    )
    db.execute("COMMIT")
