"""The bytes of a slide on a drive that may go away and come back."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import UserError


class SourceFile:
    """A file read by several threads; after a failure it is opened anew, so a drive that comes back is enough."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be read."""
        self.path = path
        self._lock = threading.Lock()
        self._file: BinaryIO | None = path.open("rb", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size
        self.is_closed = False

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`; fewer where the file ends before.

        Raises OSError when it cannot be read now, UserError when it is another file now, ValueError when closed.
        """
        with self._lock:
            try:
                return self._read(offset, count)
            except OSError:  # the handle may have died with its drive, which may be back
                self._drop()
                return self._read(offset, count)

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            self._drop()

    def _read(self, offset: int, count: int) -> bytes:
        file = self._opened()
        file.seek(offset)
        data = file.read(count)
        while len(data) < count and (more := file.read(count - len(data))):
            data += more
        return data

    def _opened(self) -> BinaryIO:
        if self.is_closed:
            raise ValueError("closed")
        if self._file is None:
            file = self.path.open("rb", buffering=0)
            if os.fstat(file.fileno()).st_size != self._size:
                file.close()
                raise UserError(
                    "“{path}” was replaced by another file while it was open. Open it again to see it.", path=self.path
                )
            self._file = file
        return self._file

    def _drop(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
