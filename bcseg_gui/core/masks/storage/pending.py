"""What is finished and on its way into a mask's file, noted beside it: a program that is killed leaves it there."""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

import msgspec

from bcseg_gui.core.geometry import TileKey

from ..history import EditRecord
from ..pyramid import Tile
from .maskfile import pending_of
from .packing import pack, pack_quickly, unpack

log = logging.getLogger(__name__)

MOST_TILES = 64
"""Of an edit that is noted: more than a brush of a thousand pixels touches at a stroke. A larger edit may be lost for
the moment it is written."""
_HEAD = struct.Struct("<4sII")
_MAGIC = b"BCP1"


class NotedTile(msgspec.Struct, frozen=True, array_like=True):
    row: int
    col: int
    data: bytes


class NotedEdit(msgspec.Struct, frozen=True, tag="edit"):
    """An edit with the level-0 tiles it changed, as they are after it."""

    record: EditRecord
    tiles: tuple[NotedTile, ...]

    def packed(self) -> dict[TileKey, bytes]:
        """As the mask's file has them. Raises zlib.error or ValueError for what was not noted so."""
        return {TileKey(0, tile.row, tile.col): pack(unpack(tile.data)) for tile in self.tiles}


class NotedTurn(msgspec.Struct, frozen=True, tag="turn"):
    """Edits after `seq` were taken back, or those up to it brought back."""

    back: bool
    seq: int


Note = NotedEdit | NotedTurn


class Pending:
    """A file of notes, in their order. They are handed to the system at once, without waiting for the disk: they
    outlive the program, not the computer. Nobody is told when they cannot be made; the transactions follow anyway.
    """

    def __init__(self, mask: Path) -> None:
        self._path = pending_of(mask)
        self._lock = Lock()
        self._file: int | None = None
        self._waiting = 0

    def notes(self) -> Iterator[Note]:
        """Those that a program left, up to the first that is not whole."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return
        start = 0
        while len(data) >= start + _HEAD.size:
            magic, size, checksum = _HEAD.unpack_from(data, start)
            body = data[start + _HEAD.size : start + _HEAD.size + size]
            if magic != _MAGIC or len(body) < size or zlib.crc32(body) != checksum:
                return
            try:
                yield msgspec.msgpack.decode(body, type=Note)
            except msgspec.DecodeError:
                return
            start += _HEAD.size + size

    def note_edit(self, record: EditRecord, tiles: Mapping[TileKey, Tile | bytes]) -> Callable[[], None]:
        """Returns what is to be called when the edit is in the mask's file; so does `note_turn`."""
        if len(tiles) > MOST_TILES:
            return _nothing
        noted = (
            NotedTile(key.row, key.col, data if isinstance(data, bytes) else pack_quickly(data))
            for key, data in tiles.items()
        )
        return self._note(NotedEdit(record, tuple(noted)))

    def note_turn(self, *, back: bool, seq: int) -> Callable[[], None]:
        return self._note(NotedTurn(back, seq))

    def close(self) -> None:
        """Nothing is on its way any more, or it is given up."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
        self.clear()

    def clear(self) -> None:
        """Forget what a program left."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _note(self, note: Note) -> Callable[[], None]:
        body = msgspec.msgpack.encode(note)
        entry = _HEAD.pack(_MAGIC, len(body), zlib.crc32(body)) + body
        with self._lock:
            try:
                if self._file is None:
                    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC | getattr(os, "O_BINARY", 0)
                    self._file = os.open(self._path, flags, 0o666)
                if os.write(self._file, entry) < len(entry):
                    raise OSError("cut short")
            except OSError as error:
                log.warning("An edit on its way is not noted: %s", type(error).__name__)  # its text may name a patient
                return _nothing
            self._waiting += 1
        return self._written

    def _written(self) -> None:
        with self._lock:
            self._waiting -= 1
            if not self._waiting and self._file is not None:
                with suppress(OSError):  # a note of what is in the file already does no harm
                    os.ftruncate(self._file, 0)


def _nothing() -> None:
    pass
