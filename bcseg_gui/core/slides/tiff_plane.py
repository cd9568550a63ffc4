"""The pixels of one page of a TIFF: only the pieces (tiles, strips) that a rectangle touches are read and decoded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .pixels import Window
from .slide import unreadable
from .source_file import SourceFile
from .tiff_layout import StoredImage, TiffLayout

_CACHE_BYTES = 32 << 20
"""Of decoded pieces: neighbouring reads share those on their border."""
_WHOLE_ROWS = 1 << 14
"""Bytes; longer rows of uncompressed strips are not read whole for a narrow rectangle."""
_WINDOW_PIXELS = 1 << 22
_WINDOW_SAMPLES = 48
_GOLDEN = 0.618034
"""Its multiples fall evenly, so samples down a slide also go all across it."""
_PROBES = 8
_ZEROS = 16
"""Bytes at the end of a JPEG piece that show that it was never written to its end."""


class TiffPlane:
    """Reads rectangles of any level as RGB. Safe from several threads."""

    def __init__(self, path: Path, layout: TiffLayout) -> None:
        """Raises OSError when the file cannot be read."""
        self.path = path
        self.layout = layout
        self._colours = layout.colours
        paths = {image.path for images in layout.levels for image in images}
        self._files = {source: SourceFile(source) for source in paths}
        self._pieces: OrderedDict[tuple[int, int, int], NDArray[Any]] = OrderedDict()
        self._piece_bytes = 0
        self._lock = threading.Lock()
        self._window_lock = threading.Lock()
        self._window: Window | None = None

    def read(self, level: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        """RGB (h, w, 3) of a rectangle inside a level, in that level's upright pixels.

        Raises UserError when a piece is missing or damaged or the file is away, ValueError when closed.
        """
        try:
            return self._read(level, x, y, w, h)
        except (UserError, MemoryError):
            raise
        except OSError as error:
            raise unreadable(self.path, error.strerror or error) from error
        except Exception as error:  # a decoder fed with damaged bytes may raise anything
            if any(file.is_closed for file in self._files.values()):
                raise ValueError("closed") from error
            raise unreadable(self.path, error) from error

    def blocks(self, level: int, step: int) -> Iterator[tuple[int, int, int, int]]:
        """Upright rectangles that cover a level, each of whole pieces and with sides that `step` divides."""
        image = self.layout.levels[level][0]
        size = self.layout.level_dimensions[level]
        piece = self._colours.upright_size(image.piece_width, image.piece_height)
        sides = tuple(max(1, 64 // p) * p * (step // np.gcd(p, step)) for p in piece)
        sides = tuple(min(side, -(-extent // step) * step) for side, extent in zip(sides, size, strict=True))
        for y, x in product(range(0, size[1], int(sides[1])), range(0, size[0], int(sides[0]))):
            yield x, y, min(int(sides[0]), size[0] - x), min(int(sides[1]), size[1] - y)

    def probe(self) -> None:
        """Read a few pixels of level 0. Raises the last one's UserError when none can be read."""
        width, height = self.layout.level_dimensions[0]
        error: UserError | None = None
        for i in range(_PROBES + 1):
            share = i / _PROBES
            try:
                self.read(0, int(share * (width - 1)), int(share * (height - 1)), 1, 1)
            except UserError as failure:
                error = failure
            else:
                return
        if error is not None:
            raise error

    def sound_levels(self) -> int:
        """How many levels, from level 0 on, can be read at their end: a copy that stopped may have left zeros."""
        for level, (width, height) in enumerate(self.layout.level_dimensions[1:], 1):
            try:
                self.read(level, width - 1, height - 1, 1, 1)
            except UserError:
                return level
        return len(self.layout.levels)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        with self._lock:
            self._pieces.clear()
            self._piece_bytes = 0

    def _read(self, level: int, x: int, y: int, w: int, h: int) -> NDArray[np.uint8]:
        rect = self._colours.stored_rect(x, y, w, h, self.layout.level_dimensions[level])
        window = self._slide_window() if self._colours.is_deep else None
        return self._colours.to_rgb(self._values(level, rect), window)

    def _values(self, level: int, rect: tuple[int, int, int, int]) -> NDArray[Any]:
        """Samples (h, w, c) of a stored rectangle."""
        images = self.layout.levels[level]
        if len(images) == 1:
            return self._samples(level, 0, rect)
        return np.concatenate([self._samples(level, c, rect)[..., :1] for c in range(len(images))], axis=-1)

    def _samples(self, level: int, channel: int, rect: tuple[int, int, int, int]) -> NDArray[Any]:
        image = self.layout.levels[level][channel]
        x, y, w, h = rect
        values = np.empty((h, w, image.samples), image.dtype)
        columns = range(x // image.piece_width, -(-(x + w) // image.piece_width))
        rows = range(y // image.piece_height, -(-(y + h) // image.piece_height))
        for sample, row, col in product(range(image.samples if image.is_separate else 1), rows, columns):
            index = (sample * image.down + row) * image.across + col
            left, top = col * image.piece_width, row * image.piece_height
            x0, x1 = max(x, left), min(x + w, left + image.piece_width)
            y0, y1 = max(y, top), min(y + h, top + image.piece_height)
            if image.is_sequential and all(self._place(image, index)):
                part = self._run(image, index, y0 - top, y1 - top, x0, x1)
            else:
                part = self._piece(level, channel, index)[y0 - top : y1 - top, x0 - left : x1 - left]
            out = values[..., sample : sample + 1] if image.is_separate else values
            out[y0 - y : y1 - y, x0 - x : x1 - x] = part
        return values

    def _run(self, image: StoredImage, index: int, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        """Pixels of an uncompressed strip, without the rest of its rows where they are long."""
        samples = 1 if image.is_separate else image.samples
        pixel_bytes = samples * image.dtype.itemsize
        row_bytes = image.width * pixel_bytes
        offset, file = int(image.offsets[index]), self._files[image.path]
        if row_bytes <= _WHOLE_ROWS or x1 - x0 > image.width // 2:
            data = _all_of(file, offset + y0 * row_bytes, (y1 - y0) * row_bytes)
            return np.frombuffer(data, image.stored_dtype).reshape(y1 - y0, image.width, samples)[:, x0:x1]
        starts = (offset + row * row_bytes + x0 * pixel_bytes for row in range(y0, y1))
        data = b"".join(_all_of(file, start, (x1 - x0) * pixel_bytes) for start in starts)
        return np.frombuffer(data, image.stored_dtype).reshape(y1 - y0, x1 - x0, samples)

    def _piece(self, level: int, channel: int, index: int) -> NDArray[Any]:
        """A decoded tile or strip (h, w, c)."""
        key = (level, channel, index)
        with self._lock:
            known = self._pieces.get(key)
            if known is not None:
                self._pieces.move_to_end(key)
                return known
        piece = self._decoded(self.layout.levels[level][channel], index)
        with self._lock:
            if key not in self._pieces and piece.nbytes <= _CACHE_BYTES:
                self._pieces[key] = piece
                self._piece_bytes += piece.nbytes
            while self._piece_bytes > _CACHE_BYTES:
                self._piece_bytes -= self._pieces.popitem(last=False)[1].nbytes
        return piece

    def _decoded(self, image: StoredImage, index: int) -> NDArray[Any]:
        offset, count = self._place(image, index)
        if offset == 0 or count == 0:  # never written
            shape = (image.piece_height, image.piece_width, 1 if image.is_separate else image.samples)
            return np.full(shape, self._colours.empty, image.dtype)
        data = _all_of(self._files[image.path], offset, count)
        if image.tables and not any(data[-_ZEROS:]):  # a JPEG decoder would paint over it
            raise unreadable(self.path, "it is cut short")
        piece, _at, _shape = image.decode(data, index, **image.tables)
        return np.asarray(piece[0])

    def _place(self, image: StoredImage, index: int) -> tuple[int, int]:
        """Where a piece lies in the file: (offset, bytes), both 0 when it was never written."""
        if index >= min(len(image.offsets), len(image.counts)):
            raise unreadable(self.path, "it is cut short")
        return int(image.offsets[index]), int(image.counts[index])

    def _slide_window(self) -> Window:
        with self._window_lock:
            if self._window is None:
                self._window = self._judged_window()
            return self._window

    def _judged_window(self) -> Window:
        """From the coarsest level if it is small, else from pieces all over it; those that are damaged are left out."""
        level = len(self.layout.levels) - 1
        image = self.layout.levels[level][0]
        if image.width * image.height <= _WINDOW_PIXELS and not self.layout.is_cut:
            return Window.of(self._colours.measurable(self._values(level, (0, 0, image.width, image.height))))
        samples: list[NDArray[Any]] = []
        error: Exception | None = None
        side = min(512, image.width, image.height)
        for i in range(_WINDOW_SAMPLES):
            x = int(i * _GOLDEN % 1 * (image.width - side))
            y = i * (image.height - side) // (_WINDOW_SAMPLES - 1)
            right, bottom = (image.piece_width - x % image.piece_width, image.piece_height - y % image.piece_height)
            rect = (x, y, min(side, right), min(side, bottom))
            try:
                values = self._colours.measurable(self._values(level, rect))
            except Exception as failure:  # noqa: BLE001  a decoder fed with damaged bytes may raise anything
                error = failure
            else:
                samples.append(values.reshape(-1, values.shape[-1]))
        if not samples:
            raise error or unreadable(self.path, "it is empty")
        return Window.of(np.concatenate(samples))


def _all_of(file: SourceFile, offset: int, count: int) -> bytes:
    data = file.read(offset, count)
    if len(data) < count:
        raise unreadable(file.path, "it is cut short")
    return data
