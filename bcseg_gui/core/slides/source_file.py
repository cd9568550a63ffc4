"""The bytes of a slide on a drive that may disconnect, come back, or hang."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from .slide import replaced


class SourceFile:
    """A file read by several threads and reopened after a failure, so reads succeed again once the drive is back.

    No lock is held during a read: `close` returns at once, even when the drive hangs.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be read."""
        self.path = path
        self._lock = threading.Lock()
        self._handle: _Handle | None = _Handle(path)
        self._size = self._handle.size
        self.is_closed = False

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`; fewer where the file ends before.

        Raises OSError when it cannot be read now, UserError when it is another file now, ValueError when closed.
        """
        handle = self._opened()
        try:
            return handle.read(offset, count)
        except OSError:  # the handle may have died with its drive, which may be back
            with self._lock:
                if self._handle is handle:
                    self._handle = None
            return self._opened().read(offset, count)

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            self._handle = None

    def _opened(self) -> _Handle:
        with self._lock:
            if self.is_closed:
                raise ValueError("closed")
            if self._handle is not None:
                return self._handle
        handle = _Handle(self.path)
        if handle.size != self._size:
            raise replaced(self.path)
        with self._lock:
            if self.is_closed:
                raise ValueError("closed")
            self._handle = handle
        return handle


class _Handle:
    """An open file. It closes with the last reference to it, so a read in progress in another thread completes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        self.size = os.fstat(self._file.fileno()).st_size

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            self._file.close()

    def read(self, offset: int, count: int) -> bytes:
        data = self._some(offset, count)
        while len(data) < count and (more := self._some(offset + len(data), count - len(data))):
            data += more
        return data

    def _some(self, offset: int, count: int) -> bytes:
        if sys.platform == "win32":  # it has no pread
            with self._lock:
                self._file.seek(offset)
                return self._file.read(count)
        else:
            return os.pread(self._file.fileno(), count, offset)
