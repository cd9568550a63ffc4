"""How many cells of the open picture there are, counted off the main thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bcseg_gui.core.cells.diameter import smallest_cell_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey, tiles_covering
from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.core.masks import Mask
from bcseg_gui.session.background import Task
from bcseg_gui.session.document import Document

COUNT_DELAY_MS = 250
LARGEST_COUNTED = 40_000_000
"""Pixels; on larger slides the cells in view are counted."""
LARGEST_IN_VIEW = 8_000_000
"""Pixels; of a larger part of such a slide no cells are counted, for counting takes 10 bytes a pixel."""
SLICE_SECONDS = 0.003
"""How long the mask is read at a time before the window gets its turn."""


class CellsPanel(QWidget):
    """The number of cells of the open picture, of all classes, counted when the mask has come to rest."""

    counted = Signal(object)
    """Mapping of class ids to numbers of cells, those without any left out; None while there is nothing to tell"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = QLabel("–")
        self._number.setObjectName("cellCount")
        self._caption = QLabel()
        self._caption.setObjectName("caption")
        self._caption.setWordWrap(True)
        self._unfinished = QLabel()
        self._unfinished.setObjectName("caption")
        self._unfinished.setWordWrap(True)
        self._unfinished.setContentsMargins(0, 6, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(panel_title(_("Cells")))
        layout.addWidget(self._number)
        layout.addWidget(self._caption)
        layout.addWidget(self._unfinished)
        self._document: Document | None = None
        self._cell_diameter = 0.0
        self._view_region = Region(0, 0, 0, 0)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._task: Task[Mapping[int, int]] | None = None
        self._reading: _Reading | None = None
        self._soon = QTimer(self, singleShot=True, interval=COUNT_DELAY_MS)
        self._soon.timeout.connect(self._count)
        self._say(None)
        self.show_unfinished(None)

    @property
    def text(self) -> str:
        return self._number.text()

    def show_document(self, document: Document | None) -> None:
        self._document = document
        self._say(None)
        self.recount()

    def show_cell_diameter(self, diameter: float) -> None:
        """Level-0 pixels. What is much smaller than a cell is not counted."""
        if diameter != self._cell_diameter:
            self._cell_diameter = diameter
            self.recount()

    def show_unfinished(self, percent: int | None) -> None:
        """How far a segmentation came that can be taken up again; None when there is none."""
        text = "" if percent is None else _("Segmented to {percent} % · Segment goes on").format(percent=percent)
        self._unfinished.setText(text)
        self._unfinished.setVisible(percent is not None)

    def recount(self) -> None:
        """Soon: many strokes and tiles in a row are counted once."""
        self._give_up()
        self._soon.start()

    def view_moved(self, region: Region) -> None:
        self._view_region = region
        if self._document is not None and self._document.whole.area > LARGEST_COUNTED:
            self.recount()

    def _count(self) -> None:
        document = self._document
        if document is None or document.mask is None:
            self._say(None)
            return
        region, in_view = document.whole, False
        if region.area > LARGEST_COUNTED:
            region, in_view = region.intersected(self._view_region), True
            if region.is_empty or region.area > LARGEST_IN_VIEW:
                self._say(None, _("Zoom in to count the cells in view"))
                return
        self._reading = _Reading(
            document.mask, region, lambda classes: self._read(classes, in_view), self._not_read, self
        )

    def _read(self, classes: NDArray[np.uint8], in_view: bool) -> None:
        self._reading = None
        min_area = smallest_cell_area(self._cell_diameter)

        def count() -> Mapping[int, int]:
            from bcseg_gui.core.cells.labelling import find_cells

            return Counter(find_cells(classes, min_area).class_ids.tolist())

        self._task = Task(self._pool, count, lambda found: self._counted(found, in_view), self._not_counted, self)

    def _not_read(self) -> None:
        self._reading = None
        self._say(None)  # the picture's view says what is wrong

    def _give_up(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
        if self._task is not None:
            self._task.forget()
            self._task = None

    def _counted(self, numbers: Mapping[int, int], in_view: bool) -> None:
        self._task = None
        words = ngettext("cell", "cells", sum(numbers.values()))
        self._say(numbers, _("{cells} in view").format(cells=words) if in_view else words)

    def _not_counted(self, error: Exception) -> None:
        self._task = None
        self._say(None)
        raise error

    def _say(self, numbers: Mapping[int, int] | None, caption: str = "") -> None:
        self._number.setText("–" if numbers is None else grouped(sum(numbers.values())))
        self._caption.setText(caption or _("not segmented yet"))
        self._number.setAccessibleName(f"{self._number.text()} {self._caption.text()}")
        self.counted.emit(numbers)

    def close_quietly(self) -> None:
        self._soon.stop()
        self._give_up()
        self._pool.waitForDone()


class _Reading(QObject):
    """Copies a region of a mask in slices of a few milliseconds: a `Mask` is for the one thread that draws as well."""

    def __init__(
        self,
        mask: Mask,
        region: Region,
        done: Callable[[NDArray[np.uint8]], None],
        failed: Callable[[], None],
        parent: QObject,
    ) -> None:
        """`done` gets uint8 (region.h, region.w) with the manual bit; neither is called before this returns."""
        super().__init__(parent)
        self._mask, self._region, self._done, self._failed = mask, region, done, failed
        self._classes = np.zeros((region.h, region.w), np.uint8)
        self._keys: Iterator[TileKey] = tiles_covering(region)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._slice)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self.deleteLater()

    def _slice(self) -> None:
        until = perf_counter() + SLICE_SECONDS
        try:
            for key in self._keys:
                self._copy(key)
                if perf_counter() >= until:
                    return
        except UserError:
            self.stop()
            self._failed()
            return
        self.stop()
        self._done(self._classes)

    def _copy(self, key: TileKey) -> None:
        tile = self._mask.tile(key)
        if tile is not None:
            tile_region = key.level_region()
            part = self._region.intersected(tile_region)
            self._classes[part.slices_in(self._region)] = tile[part.slices_in(tile_region)]


def panel_title(text: str) -> QLabel:
    """As over every panel of the right side."""
    label = QLabel(text)
    label.setObjectName("panelTitle")
    return label


def grouped(number: int) -> str:
    """A number as people read it: in threes, parted by thin spaces."""
    return f"{number:,}".replace(",", "\u202f")
