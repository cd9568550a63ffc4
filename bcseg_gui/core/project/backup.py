"""Backups of a project's small files, so that a damaged one can be brought back: `backups/2026-11-24T10-31-05.zip`.

They hold `project.json`, every `slide.json` and every `model.json`; no pictures, masks or weights. Names are UTC.
"""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Self

from ..damaged_files import TIMESTAMP, keep_damaged, timestamp
from ..errors import UserError
from ..files import (
    Content,
    LostFileError,
    decode_json,
    make_folder,
    read_json,
    remove_leftovers,
    write_atomic,
    write_error,
)

log = logging.getLogger(__name__)

FOLDER = "backups"
_NEWEST, _DAYS, _MONTHS = 10, 14, 12
_DISK_THREADS = 4
"""Few, because the window's thread competes with them"""
_UNREADABLE = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What `zipfile` raises for a damaged file"""
_Contents = dict[str, bytes]


# Backing up ----------------------------------------------------------------------------------------------------------


def backup_if_changed(folder: Path, now: datetime | None = None) -> Path | None:
    """Back up the project in `folder` unless the newest backup holds the same; returns the new one.

    Then remove backups that are no longer needed. Thread-safe. Raises UserError when it cannot be written.
    """
    now = now or datetime.now(UTC)
    content = _read_all(folder)
    known = _moments(folder)
    if not content or (known and _holds_the_same(_path(folder, max(known)), content)):
        return None
    path = _path(folder, now)
    remove_leftovers(make_folder(path.parent))
    write_atomic(path, _packed(content, now))
    known.add(_moment(path))
    for moment in known - to_keep(known, now):
        with suppress(OSError):
            _path(folder, moment).unlink()
    log.info("Backed up %d small files", len(content))
    return path


def to_keep(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Of backups of these moments: the newest ten, one a day for two weeks, one a month for a year."""
    newest_first = sorted(moments, reverse=True)
    keep = set(newest_first[:_NEWEST])
    days = {moment.date(): moment for moment in reversed(newest_first) if now - moment < timedelta(_DAYS)}
    months = {
        (moment.year, moment.month): moment
        for moment in reversed(newest_first)
        if (now.year - moment.year) * 12 + now.month - moment.month <= _MONTHS
    }
    return keep.union(days.values(), months.values())


def _read_all(folder: Path) -> _Contents:
    """Name in the backup → bytes; a file that comes, goes or cannot be read meanwhile is left out."""
    names = ["project.json", *_names(folder, "slides", "slide.json"), *_names(folder, "models", "model.json")]
    share = -(-len(names) // _DISK_THREADS)
    with ThreadPoolExecutor(_DISK_THREADS) as threads:
        shares = (names[start : start + share] for start in range(0, len(names), share))
        return dict(pair for pairs in threads.map(lambda some: _read_some(folder, some), shares) for pair in pairs)


def _names(folder: Path, inside: str, file: str) -> list[str]:
    try:
        names = [path.name for path in (folder / inside).iterdir()]
    except OSError:
        return []
    return [f"{inside}/{name}/{file}" for name in sorted(names) if not name.startswith(".")]


def _read_some(folder: Path, names: Sequence[str]) -> list[tuple[str, bytes]]:
    found = []
    for name in names:
        with suppress(OSError):
            found.append((name, (folder / name).read_bytes()))
    return found


def _holds_the_same(path: Path, content: _Contents) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            stored = {info.filename: (info.file_size, info.CRC) for info in packed.infolist()}
    except _UNREADABLE:
        return False
    return stored == {name: (len(data), zlib.crc32(data)) for name, data in content.items()}


def _packed(content: _Contents, now: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in content.items():
            info = zipfile.ZipInfo(name, now.timetuple()[:6])
            packed.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def has_backups(folder: Path) -> bool:
    return bool(_moments(folder))


def _moments(folder: Path) -> set[datetime]:
    """The times of all backups; other files in the folder are ignored."""
    found = set()
    for path in (folder / FOLDER).glob("*.zip"):
        with suppress(ValueError):
            found.add(_moment(path))
    return found


def _moment(path: Path) -> datetime:
    return datetime.strptime(path.stem, TIMESTAMP).replace(tzinfo=UTC)


def _path(folder: Path, moment: datetime) -> Path:
    return folder / FOLDER / f"{timestamp(moment)}.zip"


# Restoring -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """`path` is again as it was at `at`; the damaged file is at `kept`, None when it was missing."""

    path: Path
    at: datetime
    kept: Path | None


class Restoring:
    """Restores small files of the project in `folder`; thread-safe. `done` lists which."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._packed: list[tuple[datetime, zipfile.ZipFile]] | None = None
        self.done: list[Restored] = []

    def read(self, path: Path, kind: type[Content]) -> Content:
        """As `read_json`, from the newest backup with a sound copy when the file is damaged or missing.

        That copy takes its place, and the damaged file is kept beside it. Raises UserError, and leaves the file, when
        no backup holds one, it is of a newer version, or cannot be written.
        """
        try:
            return read_json(path, kind)
        except LostFileError as problem:
            return self._restored(path, kind, problem)

    def _restored(self, path: Path, kind: type[Content], problem: LostFileError) -> Content:
        with self._lock:
            name = path.relative_to(self._folder).as_posix()
            for at, packed in self._backups():
                try:
                    data = packed.read(name)
                    content = decode_json(data, kind, path)
                except (*_UNREADABLE, UserError):
                    continue
                kept = _replaced(path, data)
                self.done.append(Restored(path, at, kept))
                return content
        raise problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for _, packed in self._packed or ():
            packed.close()
        if self.done:
            log.warning("Brought back %d files from backups", len(self.done))

    def _backups(self) -> Iterator[tuple[datetime, zipfile.ZipFile]]:
        """Newest first; unreadable ones are skipped."""
        if self._packed is None:
            self._packed = []
            for moment in sorted(_moments(self._folder), reverse=True):
                with suppress(*_UNREADABLE):
                    self._packed.append((moment, zipfile.ZipFile(_path(self._folder, moment))))
        yield from self._packed


def _replaced(path: Path, data: bytes) -> Path | None:
    """Write `data`; returns where the damaged file is now, None when there was none. Raises UserError."""
    try:
        kept = keep_damaged(path) if path.exists() else None
    except OSError as error:
        raise write_error(error, path) from error
    try:
        write_atomic(make_folder(path.parent) / path.name, data)
    except UserError:
        if kept is not None:  # it is still where it was
            kept.unlink(missing_ok=True)
        raise
    return kept


def restoration_notice(restored: Sequence[Restored]) -> UserError:
    """The message about restored files; `restored` is not empty."""
    oldest = min(found.at for found in restored).astimezone()
    when = f"{oldest:%Y-%m-%d %H:%M}"
    names = {found.path.name for found in restored}
    if "project.json" in names:
        return UserError(
            "The project's list of pictures and classes was damaged and is back as it was on {when}: classes and the "
            "choice of model may have to be set again. The cells are untouched, and the damaged file is kept.",
            when=when,
        )
    return UserError(
        "What this project notes of its pictures was damaged for {n} of them and is back as it was on {when}: look "
        "whether they are still marked as reviewed. The cells are untouched, and the damaged files are kept.",
        n=len(restored),
        when=when,
    )
