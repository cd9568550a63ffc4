"""Loads the tiles of a slide in a few threads, into a cache.

Viewer levels are powers of two, whatever levels the file has: pixel (i, j) of viewer level n shows the square of 2ⁿ
level-0 pixels at (i·2ⁿ, j·2ⁿ). The reading thread averages down from the file's best level, so a picture drawn small
neither flickers nor loses thin lines, and the painter never shrinks by more than two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from threading import Lock

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import TILE_SIZE, Region, TileKey
from bcseg_gui.core.slides import Slide, read_scaled

from .tile_cache import CACHE_BYTES, TileCache, rgb_image

THREADS = 2
"""Enough to overlap decoding with disk waits; the compute process needs the other cores more."""
THREADS_WHILE_MOVING = 1
"""Readers share Python's lock with the window's thread, which needs it for every frame while panning."""
FIRST_RETRY, LAST_RETRY = 2_000, 30_000
"""Milliseconds until an unreadable tile is retried, doubled after each failure up to the last."""


def level_for_scale(scale: float) -> int:
    """Return the coarsest viewer level with a pixel per screen pixel at `scale` screen pixels per level-0 pixel."""
    return max(0, math.floor(math.log2(1 / scale) + 1e-9))


def tile_region(key: TileKey) -> Region:
    """Return the level-0 region of a viewer tile, which may reach beyond the slide at the right and bottom."""
    side = TILE_SIZE << key.level
    return Region(key.col * side, key.row * side, side, side)


class TileLoader(QObject):
    """Reads the tiles of the latest request, in its order, and drops earlier requests.

    An unreadable tile is missing and does not hold up the others. It is retried after a while, and when it is requested
    after others could be read. Made for one slide and closed with it, so a late tile never shows in another slide.
    """

    loaded = Signal(object)
    """TileKey"""
    missed = Signal(object)
    """TileKey: unreadable for now"""
    failed = Signal(object)
    """UserError of the first missing tile; emitted again only after `recovered`"""
    recovered = Signal()
    """A missing tile could be read"""
    _read = Signal(object, object)

    def __init__(self, slide: Slide, parent: QObject | None = None, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        width, height = slide.dimensions
        self.top_level = max(0, math.ceil(math.log2(max(width, height) / TILE_SIZE)))
        """The viewer level whose one tile shows the whole slide."""
        self.cache = TileCache(cache_bytes)
        self._whole = Region(0, 0, width, height)
        self.slide = slide
        self._wanted: tuple[TileKey, ...] = ()
        self._missing: dict[TileKey, int] = {}
        """Unreadable tiles, with the number of tiles read until then"""
        self._successes = 0
        self._lock = Lock()
        self._pending: list[TileKey] = []
        self._reading: set[TileKey] = set()
        self._threads = THREADS
        self._busy = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self.retry_timer = QTimer(self, singleShot=True, interval=FIRST_RETRY)
        """Runs while a missing tile is due for a retry"""
        self.retry_timer.timeout.connect(self._retry)
        self._read.connect(self._receive)

    def shown(self, key: TileKey) -> Region:
        """Return the level-0 region of the slide that a tile shows."""
        return tile_region(key).intersected(self._whole)

    @property
    def is_done(self) -> bool:
        """Whether all requested tiles are here or unreadable."""
        return bool(self._wanted) and all(key in self.cache or key in self._missing for key in self._wanted)

    def is_missing(self, key: TileKey) -> bool:
        """Whether the last attempt to read it failed."""
        return key in self._missing

    def reads_cheaply(self, level: int) -> bool:
        """Whether the file has a level about as coarse as this viewer level, readable without decoding the whole."""
        downsample = 1 << level
        best = self.slide.get_best_level_for_downsample(downsample)
        return self.slide.level_downsamples[best] * 4 >= downsample and self.slide.reads_cheaply(best)

    def request(self, wanted: Sequence[TileKey], *, moving: bool = False) -> None:
        """Read these tiles in order, instead of those requested before; tiles already here stay.

        `moving`: read gently, since most tiles are soon no longer wanted.
        """
        self._threads = THREADS_WHILE_MOVING if moving else THREADS
        self._wanted = tuple(wanted)
        if self._missing and not self.retry_timer.isActive():
            self.retry_timer.start()
        self._read_all(key for key in wanted if self._missing.get(key) != self._successes)

    def stop(self) -> None:
        """Drop all requests and wait for the reads under way, at most one tile per thread."""
        self.retry_timer.stop()
        with self._lock:
            self._pending.clear()
        self._pool.clear()
        self._pool.waitForDone()

    def _read_all(self, keys: Iterable[TileKey]) -> None:
        with self._lock:
            self._pending = [key for key in keys if key not in self.cache and key not in self._reading]
            count = min(self._threads, len(self._pending))
        # A worker reads until none is left, so workers still queued from an earlier request would find nothing.
        self._pool.clear()
        for _worker in range(count):
            self._pool.start(self._work)

    def _retry(self) -> None:
        """Retry missing tiles in view, else the one missing longest, to notice when the drive is back."""
        self.retry_timer.setInterval(min(2 * self.retry_timer.interval(), LAST_RETRY))
        due = [key for key in self._wanted if key in self._missing] or list(self._missing)[:1]
        with self._lock:
            waiting = list(self._pending)
        self._read_all(dict.fromkeys([*waiting, *due]))

    # -- in the reading threads -----------------------------------------------------------------------------------

    def _work(self) -> None:
        while (key := self._next()) is not None:
            result: QImage | UserError
            try:
                result = self._image(key)
            except UserError as error:
                result = error
            except Exception as error:  # noqa: BLE001  an exception that leaves a pool thread ends the program
                result = UserError(
                    "A part of “{path}” cannot be read: {reason}", path=self.slide.path, reason=str(error)
                )
            with self._lock:
                self._busy -= 1
            self._read.emit(key, result)

    def _next(self) -> TileKey | None:
        with self._lock:
            if not self._pending or self._busy >= self._threads:
                return None
            self._busy += 1
            key = self._pending.pop(0)
            self._reading.add(key)
            return key

    def _image(self, key: TileKey) -> QImage:
        region = self.shown(key)
        size = (-(-region.w >> key.level), -(-region.h >> key.level))
        return rgb_image(read_scaled(self.slide, region, size))

    # -- back in the window's thread ------------------------------------------------------------------------------

    def _receive(self, key: TileKey, result: QImage | UserError) -> None:
        with self._lock:
            self._reading.discard(key)
        if isinstance(result, UserError):
            self._note_missing(key, result)
            return
        self._successes += 1
        self.cache.add(key, result, frozenset(self._wanted))
        self.loaded.emit(key)
        if key in self._missing:
            self._note_recovery(key)

    def _note_missing(self, key: TileKey, error: UserError) -> None:
        first = not self._missing
        self._missing[key] = self._successes
        if not self.retry_timer.isActive():
            self.retry_timer.start()
        self.missed.emit(key)
        if first:
            self.failed.emit(error)

    def _note_recovery(self, key: TileKey) -> None:
        """Retry all missing tiles at once: the drive seems to be back."""
        self._missing.clear()
        self.retry_timer.stop()
        self.retry_timer.setInterval(FIRST_RETRY)
        self.recovered.emit()
        self.request(self._wanted)
