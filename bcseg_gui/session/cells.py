"""The cells of the slide in front, counted in the background, and again once the mask is at rest after an edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMetaObject, QObject, QThreadPool, QTimer, Signal

from bcseg_gui.core.cells.diameter import smallest_cell_area
from bcseg_gui.core.cells.index import CellIndex
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask

from .background import Task
from .document import NOWHERE, Document

COUNT_DELAY_MS = 250
LARGEST_COUNTED = 40_000_000
"""Pixels; on larger slides the cells in view are counted."""
LARGEST_IN_VIEW = 8_000_000
"""Pixels; in a larger view of such a slide no cells are counted."""
SLICE_SECONDS = 0.003
"""How long the mask is read at a time before the window gets its turn."""


@dataclass(frozen=True, slots=True)
class CellCounts:
    by_class: Mapping[int, int] | None = None
    """Number of cells by class id, without classes that have none; None while unknown"""
    in_view: bool = False
    """Of the view only: the slide is too large."""
    too_much_in_view: bool = False
    """Nothing is counted before one zooms in."""


class CellCounting(QObject):
    """Holds the index of the cells of a document, or of the view of a large one, and keeps it up to date.

    The mask is read in this thread, a few milliseconds at a time, since a `Mask` is for one thread only; the index is
    updated and asked in another.
    """

    counted = Signal(object)
    """CellCounts"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.counts = CellCounts()
        self._document: Document | None = None
        self._connections: list[QMetaObject.Connection] = []
        self._cell_diameter = 0.0
        self._view = NOWHERE
        self._index = CellIndex(NOWHERE)
        self._stale: set[Region] = set()
        """Blocks of the index that are not as in the mask."""
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._task: Task[Mapping[int, int]] | None = None
        self._reading: _Reading | None = None
        self._soon = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._soon.timeout.connect(self._count)

    def follow(self, document: Document | None) -> None:
        """Count the cells of this document from now on."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._connections = (
            []
            if document is None
            else [
                document.maskChanged.connect(self._mask_changed),
                document.stream.changed.connect(self._forget_index),
            ]
        )
        self._document = document
        self._forget_index()
        self._say(CellCounts())
        self._recount()

    def set_cell_diameter(self, diameter: float) -> None:
        """Level-0 pixels. What is much smaller than a cell is not counted."""
        if diameter != self._cell_diameter:
            self._cell_diameter = diameter
            self._recount()

    def set_view(self, region: Region) -> None:
        """What is seen of the document."""
        self._view = region
        if self._document is not None and self._document.whole.area > LARGEST_COUNTED:
            self._recount()

    def stop(self) -> None:
        """Give up what is under way, and wait until it has ended."""
        self._soon.stop()
        self._give_up()
        self._pool.waitForDone()

    def _forget_index(self) -> None:
        """Read everything the next time: the end of a segmentation may clear blocks without `maskChanged`."""
        self._index = CellIndex(NOWHERE)

    def _mask_changed(self, region: Region) -> None:
        self._stale.update(self._index.blocks(region))
        self._recount()

    def _recount(self) -> None:
        """Soon: many strokes and tiles in a row are counted once."""
        self._give_up()
        self._soon.start()

    def _give_up(self) -> None:
        """What was read and is not in the index for sure stays stale."""
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
        if self._task is not None:
            self._task.forget()
            self._task = None

    def _count(self) -> None:
        document = self._document
        if document is None or document.mask is None:
            self._say(CellCounts())
            return
        region, in_view = document.whole, False
        if region.area > LARGEST_COUNTED:
            region, in_view = region.intersected(self._view), True
            if region.is_empty or region.area > LARGEST_IN_VIEW:
                self._say(CellCounts(too_much_in_view=True))
                return
        if region != self._index.region:
            self._index = CellIndex(region)
            self._stale = set(self._index.blocks())
        blocks = [block for block in self._index.blocks() if block in self._stale]
        self._reading = _Reading(document.mask, blocks, lambda read: self._read(read, in_view), self._not_read, self)

    def _read(self, read: Sequence[tuple[Region, NDArray[np.uint8]]], in_view: bool) -> None:
        self._reading = None
        index, min_area = self._index, smallest_cell_area(self._cell_diameter)

        def update() -> Mapping[int, int]:
            for block, classes in read:
                index.update(block, classes)
            return index.counts(min_area)

        self._task = Task(self._pool, update, lambda found: self._counted(found, in_view), self._not_counted, self)

    def _not_read(self) -> None:
        self._reading = None
        self._say(CellCounts())  # the picture's view says what is wrong

    def _counted(self, numbers: Mapping[int, int], in_view: bool) -> None:
        self._task = None
        self._stale.clear()  # any change since would have given the task up
        self._say(CellCounts(numbers, in_view))

    def _not_counted(self, error: Exception) -> None:
        self._task = None
        self._forget_index()
        self._say(CellCounts())
        raise error

    def _say(self, counts: CellCounts) -> None:
        self.counts = counts
        self.counted.emit(counts)


class _Reading(QObject):
    """Copies blocks of a mask in slices of a few milliseconds."""

    def __init__(
        self,
        mask: Mask,
        blocks: Sequence[Region],
        done: Callable[[Sequence[tuple[Region, NDArray[np.uint8]]]], None],
        failed: Callable[[], None],
        parent: QObject,
    ) -> None:
        """`done` gets each block with its mask bytes, uint8 (h, w); neither is called before this returns."""
        super().__init__(parent)
        self._mask, self._done, self._failed = mask, done, failed
        self._left: Iterator[Region] = iter(blocks)
        self._read: list[tuple[Region, NDArray[np.uint8]]] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._slice)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self.deleteLater()

    def _slice(self) -> None:
        until = perf_counter() + SLICE_SECONDS
        try:
            for block in self._left:
                self._read.append((block, self._mask.read(block)))
                if perf_counter() >= until:
                    return
        except UserError:
            self.stop()
            self._failed()
            return
        self.stop()
        self._done(self._read)
