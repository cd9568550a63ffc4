"""Errors of mask files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError


class DamagedMaskError(UserError):
    """The file is damaged or no mask; `recovery.recover` saves what can be read."""

    @property
    def path(self) -> Path:
        return Path(str(self.fields["path"]))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's failures inside the block into UserError."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a bug, such as a closed connection
    except sqlite3.Error as error:
        # The low byte is the kind of failure. An error without a code comes from data that no mask holds.
        raise _sentence(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF, path) from error


def damaged(path: Path) -> DamagedMaskError:
    return DamagedMaskError(
        "“{path}” is damaged or not a mask of this program: put back a copy of it, or move it away to start anew.",
        path=path,
    )


def newer(path: Path) -> UserError:
    return UserError("“{path}” was written by a newer version of this program: open it with that version.", path=path)


def _sentence(code: int, path: Path) -> UserError:
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return UserError("“{path}” is in use by another program: close it there and try again.", path=path)
        case sqlite3.SQLITE_FULL:
            return UserError("The disk is full, “{path}” cannot grow: free some space and try again.", path=path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return UserError(
                "“{path}” cannot be written: check that the folder exists and that you may write there.", path=path
            )
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_PROTOCOL:
            return UserError(
                "“{path}” could not be read or written: check the disk or the network and try again.", path=path
            )
    return damaged(path)
