"""Pictures of a slide's tiles, read by a few threads and kept as long as there is room.

Viewer levels are powers of two, whatever levels the file has: pixel (i, j) of viewer level n shows the square of 2ⁿ
level-0 pixels at (i·2ⁿ, j·2ⁿ). The reading thread averages down from the file's best level, so a picture drawn small
neither flickers nor loses thin lines, and the painter never shrinks by more than two.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThreadPool, Signal
from PySide6.QtGui import QImage

from ...core.errors import UserError
from ...core.geometry import TILE_SIZE, Region, TileKey
from ...core.slides import Slide, read_scaled

CACHE_BYTES = 128 * 2**20
THREADS = 2
"""Enough to overlap decoding with disk waits; the compute process needs the other cores more."""


def level_for_scale(scale: float) -> int:
    """Coarsest viewer level that still has a pixel for each screen pixel at `scale` screen pixels a level-0 pixel."""
    return max(0, math.floor(math.log2(1 / scale) + 1e-9))


def tile_region(key: TileKey) -> Region:
    """The level-0 pixels a tile of a viewer level shows; at the right and bottom it may reach beyond the slide."""
    side = TILE_SIZE << key.level
    return Region(key.col * side, key.row * side, side, side)


class TileLoader(QObject):
    """Reads the tiles last asked for, in that order; what is no longer asked for is not read.

    Made for one slide and closed with it, so a late tile never shows in another slide's picture.
    """

    loaded = Signal(object)
    """TileKey"""
    failed = Signal(object)
    """UserError of the first tile that could not be read; that tile is not tried again"""
    _read = Signal(object, object)

    def __init__(self, slide: Slide, parent: QObject | None = None, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        width, height = slide.dimensions
        self.top_level = max(0, math.ceil(math.log2(max(width, height) / TILE_SIZE)))
        """The viewer level whose one tile shows the whole slide."""
        self._whole = Region(0, 0, width, height)
        self._slide = slide
        self._cache_bytes = cache_bytes
        self._images: OrderedDict[TileKey, QImage] = OrderedDict()
        self._bytes = 0
        self._wanted: frozenset[TileKey] = frozenset()
        self._unreadable: set[TileKey] = set()
        self._lock = Lock()
        self._pending: list[TileKey] = []
        self._reading: set[TileKey] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._read.connect(self._keep)

    def shown(self, key: TileKey) -> Region:
        """The level-0 pixels of the slide that a tile shows."""
        return tile_region(key).intersected(self._whole)

    def get(self, key: TileKey) -> QImage | None:
        """The tile's picture, when it is here; RGB32, smaller than a full tile at the slide's edge."""
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
        return image

    def request(self, wanted: Sequence[TileKey]) -> None:
        """Read these tiles, first one first, instead of what was asked for before; tiles here already stay here."""
        self._wanted = frozenset(wanted)
        with self._lock:
            known = self._images.keys() | self._reading | self._unreadable
            self._pending = [key for key in wanted if key not in known]
            count = min(THREADS, len(self._pending))
        # A worker takes tiles until none is left, so those still queued from an earlier request would find nothing.
        self._pool.clear()
        for _worker in range(count):
            self._pool.start(self._work)

    def stop(self) -> None:
        """Forget what was asked for and wait for the reads under way, a tile a thread at most."""
        with self._lock:
            self._pending.clear()
        self._pool.clear()
        self._pool.waitForDone()

    def _work(self) -> None:
        while (key := self._next()) is not None:
            result: QImage | UserError
            try:
                result = self._image(key)
            except UserError as error:
                result = error
            except Exception as error:  # noqa: BLE001  an exception that leaves a pool thread ends the program
                result = UserError(
                    "A part of “{path}” cannot be read: {reason}", path=self._slide.path, reason=str(error)
                )
            self._read.emit(key, result)

    def _next(self) -> TileKey | None:
        with self._lock:
            if not self._pending:
                return None
            key = self._pending.pop(0)
            self._reading.add(key)
            return key

    def _image(self, key: TileKey) -> QImage:
        region = self.shown(key)
        size = (-(-region.w >> key.level), -(-region.h >> key.level))
        return rgb_image(read_scaled(self._slide, region, size))

    def _keep(self, key: TileKey, result: QImage | UserError) -> None:
        with self._lock:
            self._reading.discard(key)
        if isinstance(result, UserError):
            told = bool(self._unreadable)
            self._unreadable.add(key)
            if not told:
                self.failed.emit(result)
            return
        self._images[key] = result
        self._bytes += result.sizeInBytes()
        self._evict()
        self.loaded.emit(key)

    def _evict(self) -> None:
        """Drop the tiles longest unseen, but none that the screen shows now: it would be read again at once."""
        for key in list(self._images):
            if self._bytes <= self._cache_bytes:
                break
            if key not in self._wanted:
                self._bytes -= self._images.pop(key).sizeInBytes()


def rgb_image(rgb: NDArray[np.uint8]) -> QImage:
    """RGB uint8 (h, w, 3) as an image in the screen's own format, which is drawn without conversion."""
    height, width = rgb.shape[:2]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    bgra = np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4)
    cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA, dst=bgra)
    return image
