"""Thumbnails of slides, cached on disk under names that reveal nothing about a patient."""

from __future__ import annotations

import hashlib
import io
import math
import os
import secrets
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from .errors import UserError
from .geometry import Region
from .locations import thumbnail_cache
from .slides import Slide, open_slide, read_scaled
from .slides.pixels import upright

SIZE = (112, 84)
"""(width, height) that a thumbnail fits into: the worklist's icons on a 200 % screen."""

CACHE_BYTES = 200_000_000
"""About 40,000 thumbnails."""

MAX_READ = 50_000_000
"""Most pixels that are read for a thumbnail."""

_KEPT = 0.8
"""Share of the limit that is left after the oldest were removed."""

_DRAFTED = (".jpg", ".jpeg")


class ThumbnailCache:
    """Thumbnails on disk; not thread-safe. A full or read-only disk only makes it slower."""

    def __init__(self, folder: Path | None = None, limit: int = CACHE_BYTES) -> None:
        """`limit` in bytes, of all files in `folder` together."""
        self._folder = folder or thumbnail_cache()
        self._limit = limit
        self._bytes: int | None = None

    def get(self, path: Path, page: int = 0) -> NDArray[np.uint8]:
        """RGB (h, w, 3) within `SIZE`: the kept one of the file as it is now, else a new one. Raises UserError."""
        kept = self._folder / _name(path, page)
        thumbnail = _read(kept)
        if thumbnail is None:
            thumbnail = make_thumbnail(path, page)
            with suppress(OSError):
                self._store(kept, thumbnail)
        return thumbnail

    def _store(self, file: Path, thumbnail: NDArray[np.uint8]) -> None:
        data = io.BytesIO()
        Image.fromarray(thumbnail).save(data, "JPEG", quality=85)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}-{secrets.token_hex(4)}.tmp")
        try:
            # Not synced: if a power cut damages it, it is made again.
            temporary.write_bytes(data.getbuffer())
            temporary.replace(file)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._bytes = self._measure() if self._bytes is None else self._bytes + data.tell()
        if self._bytes > self._limit:
            self._make_room()

    def _measure(self) -> int:
        with os.scandir(self._folder) as files:
            return sum(file.stat().st_size for file in files)

    def _make_room(self) -> None:
        with os.scandir(self._folder) as files:
            oldest = sorted((file.stat().st_mtime, file.stat().st_size, file.path) for file in files)
        total = sum(size for _, size, _ in oldest)
        for _, size, file in oldest:
            if total <= self._limit * _KEPT:
                break
            with suppress(FileNotFoundError):  # another window may have removed it
                Path(file).unlink()
            total -= size
        self._bytes = total


def _name(path: Path, page: int) -> str:
    """A cache key that changes with the file's size or modification time. Raises UserError."""
    try:
        found = path.stat()
    except OSError as error:
        raise UserError(
            "“{path}” cannot be read ({reason}). Check that its drive is connected and try again.",
            path=path,
            reason=error.strerror or str(error),
        ) from error
    content = b"\0".join((os.fsencode(path), f"{found.st_size} {found.st_mtime_ns} {page}".encode()))
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _read(file: Path) -> NDArray[np.uint8] | None:
    """None when there is none, or it is damaged."""
    try:
        with Image.open(file, formats=("JPEG",)) as image:
            thumbnail = np.asarray(image)
    except Exception:  # noqa: BLE001 a decoder fed with damaged bytes may raise anything
        return None
    if thumbnail.ndim != 3 or thumbnail.shape[0] > SIZE[1] or thumbnail.shape[1] > SIZE[0]:
        return None
    with suppress(OSError):
        os.utime(file)  # the least recently used is removed first
    return thumbnail


def make_thumbnail(path: Path, page: int = 0) -> NDArray[np.uint8]:
    """RGB (h, w, 3): the whole slide within `SIZE`, in its proportions. Raises UserError, also where it costs too much.

    Only the slide itself is read, from its coarsest level that is fine enough; never its label or macro picture.
    """
    if page == 0 and path.suffix.lower() in _DRAFTED and (drafted := _draft(path)) is not None:
        return drafted
    with open_slide(path, page) as slide:
        if _pixels_needed(slide) > MAX_READ:
            raise UserError("“{path}” is too large for a small picture of it.", path=path)
        return read_scaled(slide, Region(0, 0, *slide.dimensions), _within(*slide.dimensions))


def _pixels_needed(slide: Slide) -> int:
    level = slide.get_best_level_for_downsample(slide.dimensions[0] / _within(*slide.dimensions)[0])
    if not slide.reads_cheaply(level):
        level = 0  # otherwise the whole level would be unpacked
    return math.prod(slide.level_dimensions[level])


def _within(width: int, height: int) -> tuple[int, int]:
    ratio = min(SIZE[0] / width, SIZE[1] / height)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def _draft(path: Path) -> NDArray[np.uint8] | None:
    """A JPEG, decoded no finer than is needed; None when that does not go, and another reader shall say why."""
    try:
        with Image.open(path, formats=("JPEG", "MPO")) as image:
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            lies = orientation in (5, 6, 7, 8)
            small = _within(*image.size[::-1])[::-1] if lies else _within(*image.size)
            if "progressive" in image.info and math.prod(image.size) > MAX_READ:
                return None  # all of it comes before any of it
            image.draft("RGB", (2 * small[0], 2 * small[1]))
            pixels = np.asarray(image.convert("RGB").resize(small, Image.Resampling.BOX))
    except Exception:  # noqa: BLE001 a decoder fed with damaged bytes may raise anything
        return None
    return upright(pixels, orientation)
