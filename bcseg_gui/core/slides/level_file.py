"""Levels of a picture as raw RGB in one temporary file, so that reading regions takes no memory."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import TILE_SIZE
from ..locations import level_cache

_BAND_ROWS = 128  # even: a band of a level makes whole rows of the next
_SUFFIX = ".levels"
_DAY = 86_400.0
_HOST = hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()
_NAME = re.compile(rf"bcseg-(?P<host>[0-9a-f]+)-(?P<pid>\d+)-\w+{re.escape(_SUFFIX)}")
"""Name of the temporary file: tells other processes whether the one that made it still runs."""
_QUERY, _ACCESS_DENIED = 0x1000, 5
"""Of Windows: the least that may be asked of a process, and that one is there but may not be asked."""


def halving(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """(width, height) of the levels: each half the one before, rounded up, until one tile."""
    dimensions = [(width, height)]
    while max(dimensions[-1]) > TILE_SIZE:
        dimensions.append(((dimensions[-1][0] + 1) // 2, (dimensions[-1][1] + 1) // 2))
    return tuple(dimensions)


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size, rounded up. An odd edge is doubled first, so that the downsample is exactly 2 everywhere."""
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = np.asarray(cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def pasted(pixels: NDArray[np.uint8], x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
    """A copy of the rectangle of a level; what lies outside the level is white."""
    left, top = max(0, x), max(0, y)
    right, bottom = min(pixels.shape[1], x + width), min(pixels.shape[0], y + height)
    if (left, top, right, bottom) == (x, y, x + width, y + height):
        return pixels[top:bottom, left:right].copy()
    region = np.full((height, width, 3), 255, np.uint8)
    if right > left and bottom > top:
        region[top - y : bottom - y, left - x : right - x] = pixels[top:bottom, left:right]
    return region


@dataclass(frozen=True, slots=True)
class LevelFile:
    """Where the levels lie in the file: one after the other, row by row, 3 bytes a pixel."""

    path: Path
    dimensions: tuple[tuple[int, int], ...]

    @classmethod
    def make(cls, dimensions: tuple[tuple[int, int], ...], source: Path) -> LevelFile:
        """A new temporary file of the right size. Raises UserError naming `source` when the disk has no room for it."""
        folder = level_cache()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep()
            size = sum(w * h * 3 for w, h in dimensions)
            if shutil.disk_usage(folder).free < size:
                raise _no_room(source, size)
            handle, name = tempfile.mkstemp(_SUFFIX, f"bcseg-{_HOST}-{os.getpid()}-", folder)
            with os.fdopen(handle, "r+b") as file:
                file.truncate(size)
        except OSError as error:
            raise UserError(
                "“{path}” is too large to be shown from memory, and no temporary file could be written to “{folder}” "
                "({reason}). Free some space there, then open it again.",
                path=source,
                folder=folder,
                reason=error.strerror,
            ) from error
        return cls(Path(name), dimensions)

    def level(self, level: int) -> NDArray[np.uint8]:
        """The pixels (h, w, 3) as they lie in the file, to be written."""
        return self._rows(level, 0, self.dimensions[level][1], "r+")

    def read(self, level: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """RGB (height, width, 3) of a rectangle of a level; outside is white."""
        top = min(max(0, y), self.dimensions[level][1] - 1)
        bottom = min(max(top + 1, y + height), self.dimensions[level][1])
        return pasted(self._rows(level, top, bottom, "r"), x, y - top, width, height)

    def fill_coarser(self) -> None:
        """All levels from the first one, in bands."""
        for level in range(1, len(self.dimensions)):
            height = self.dimensions[level - 1][1]
            for top in range(0, height, _BAND_ROWS):
                bottom = min(height, top + _BAND_ROWS)
                band = halved(np.asarray(self._rows(level - 1, top, bottom, "r")))
                self._rows(level, top // 2, top // 2 + len(band), "r+")[:] = band

    def remove(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _rows(self, level: int, top: int, bottom: int, mode: Literal["r", "r+"]) -> NDArray[np.uint8]:
        width = self.dimensions[level][0]
        offset = sum(w * h * 3 for w, h in self.dimensions[:level]) + top * width * 3
        shape = (bottom - top, width, 3)
        rows: NDArray[np.uint8] = np.memmap(self.path, np.uint8, mode, offset, shape)
        return rows


def _no_room(source: Path, size: int) -> UserError:
    return UserError(
        "“{path}” must be unpacked to be shown, and the disk has no room for the {size} MB this takes. Free some "
        "space, or save it as a pyramidal slide, for instance a tiled TIFF.",
        path=source,
        size=size // 1_000_000,
    )


def sweep() -> None:
    """Remove the files of processes that ended without cleaning up."""
    with suppress(OSError):
        for path in level_cache().glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                if _is_left_behind(path):
                    path.unlink()


def _is_left_behind(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    if found and found["host"] == _HOST:
        return not _is_running(int(found["pid"]))
    # Of a process on another computer that shares this home, only age tells.
    return path.stat().st_mtime < time.time() - _DAY


if sys.platform == "win32":
    import ctypes

    def _is_running(pid: int) -> bool:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        process = kernel.OpenProcess(_QUERY, False, pid)
        if process:
            kernel.CloseHandle(process)
        return bool(process) or ctypes.get_last_error() == _ACCESS_DENIED

else:

    def _is_running(pid: int) -> bool:
        try:
            os.kill(pid, 0)  # sends no signal, only checks
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
