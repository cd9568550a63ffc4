"""Transactions of a mask, written one after another on their own thread."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import cast

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import TileKey

from ..pyramid import Tile
from .packing import pack

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Write:
    """One transaction to be made. `run` may be called several times, and raises as long as it cannot be made."""

    run: Callable[[Mapping[TileKey, bytes]], None]
    tiles: dict[TileKey, Tile | bytes] = field(default_factory=dict)
    """Level-0 tiles as they are after it. An array is nobody else's; the thread puts its packed bytes in its place."""
    by_person: bool = True
    """Painted, or painting taken back: the next stroke waits until it is on disk"""
    needed: bool = True
    """False: can be computed again, so a failure is dropped silently"""
    attempt: Future[None] | None = None
    written: bool | None = None
    """None while it waits; False: dropped"""

    def pack(self) -> None:
        for key, tile in self.tiles.items():
            if not isinstance(tile, bytes):
                self.tiles[key] = pack(tile)  # no key comes or goes, so that others may look meanwhile


class Writer:
    """Makes transactions in the order in which they were handed over, all by one thread.

    One that fails stays in front and is tried again with the next one, with `retry` and with `flush`; nothing
    overtakes it. The thread starts with the first transaction. A program that ends waits for what can be written.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "mask")
        self._lock = Lock()
        self._waiting: deque[Write] = deque()
        self._failed: Callable[[Exception], None] | None = None
        self._saved: Callable[[], None] | None = None
        self.problem: Exception | None = None
        """Why the transaction in front could not be made; None until one fails, and once all are made"""

    def listen(self, failed: Callable[[Exception], None], saved: Callable[[], None]) -> None:
        """Call `failed` once with the reason when nothing can be written, and `saved` when nothing waits any more.

        Both are called in the thread of the writer.
        """
        self._failed, self._saved = failed, saved

    @property
    def is_heard(self) -> bool:
        return self._failed is not None

    @property
    def is_idle(self) -> bool:
        """Nothing that is `needed` waits."""
        with self._lock:
            return not any(write.needed for write in self._waiting)

    @property
    def backlog(self) -> int:
        """Bytes of tiles that wait."""
        with self._lock:
            tiles = [tile for write in self._waiting for tile in write.tiles.values()]
        return sum(len(tile) if isinstance(tile, bytes) else tile.nbytes for tile in tiles)

    def tile(self, key: TileKey) -> Tile | bytes | None:
        """A level-0 tile as it will be in the file, None when nothing that waits changes it. Look, don't write."""
        with self._lock:
            for write in reversed(self._waiting):
                if key in write.tiles:
                    return write.tiles[key]
        return None

    def submit(self, write: Write) -> None:
        with self._lock:
            self._waiting.append(write)
        write.attempt = self._pool.submit(self._work)

    def settle(self, *, by_person: bool) -> None:
        """Return when what waits, or what of it is `by_person`, is written or cannot be for now."""
        with self._lock:
            waiting = [write for write in self._waiting if write.needed and (write.by_person or not by_person)]
        if waiting and self.problem is None:
            cast(Future[None], waiting[-1].attempt).result()

    def retry(self) -> None:
        if not self.is_idle:
            self._pool.submit(self._work)

    def flush(self) -> None:
        """Wait until everything is written. Raises the reason when it cannot be; nothing is lost then."""
        if not self.is_idle:
            self._pool.submit(self._work).result()
            if self.problem is not None:
                raise self.problem

    def give_up(self) -> None:
        """Drop everything that waits."""
        with self._lock:
            self._waiting.clear()

    def close(self) -> None:
        """Write what waits, retrying if need be, and end the thread."""
        self._pool.shutdown()

    # -- in the thread --------------------------------------------------------------------------------------------

    def _work(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for each in waiting:  # even if none can be written: packed they take a hundredth of the memory
            each.pack()
        anything = False
        while (write := self._first()) is not None:
            try:
                write.pack()
                write.run(cast(Mapping[TileKey, bytes], write.tiles))
            except Exception as error:  # noqa: BLE001 whoever waits or listens is told, in the other thread
                if write.needed:
                    self._tell(error)
                    return
                self._done(write, written=False)
            else:
                anything |= write.needed
                self._done(write, written=True)
        self.problem = None
        if anything and self._saved is not None:
            self._saved()

    def _first(self) -> Write | None:
        with self._lock:
            return self._waiting[0] if self._waiting else None

    def _done(self, write: Write, *, written: bool) -> None:
        with self._lock:
            if self._waiting and self._waiting[0] is write:  # else it was given up meanwhile
                self._waiting.popleft()
            write.written = written

    def _tell(self, error: Exception) -> None:
        is_news = self.problem is None or str(self.problem) != str(error)
        self.problem = error
        if is_news:
            log.warning("A mask cannot be written: %s", error.template if isinstance(error, UserError) else error)
            if self._failed is not None:
                self._failed(error)
