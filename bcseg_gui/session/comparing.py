"""Two models on the same part of the slide in front; its mask is left alone."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import Segment, TilePredicted
from bcseg_gui.core.cells.diameter import smallest_cell_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion

from .cell_size import CellSize
from .document import FALLBACK_CELL_DIAMETER, Document
from .jobs import Job, Jobs

LARGEST_SIDE = 2048
"""Level-0 pixels; of a larger view the middle is compared."""

Pixels = NDArray[np.uint8]


class Comparing(QObject):
    """Segments one part of a slide with one model after another, and keeps what each finds."""

    changed = Signal()
    failed = Signal(object)
    """UserError"""

    def __init__(
        self,
        document: Document | None,
        size: CellSize | None,
        jobs: Jobs,
        visible: Region,
        parent: QObject | None = None,
    ) -> None:
        """Compare on what is `visible` of `document`, whose cells have this `size`. Raises UserError without one."""
        super().__init__(parent)
        if document is None:
            raise UserError("Open a picture first: the models are compared on it.")
        self._jobs, self._slide, self._path = jobs, document.slide, document.path
        self.region = _middle(document.slide.clipped(visible))
        self.picture: Pixels = document.slide.read_region(
            (self.region.x, self.region.y), 0, (self.region.w, self.region.h)
        )
        """RGB (h, w, 3)"""
        self._found: dict[str, Pixels] = {}
        self._running: dict[str, Job] = {}
        self._cell_diameter = size.known if size is not None else None
        self.smallest_cell = smallest_cell_area(size.diameter or FALLBACK_CELL_DIAMETER) if size is not None else 1
        """px; what is smaller is not counted"""

    def segment(self, version: ModelVersion) -> None:
        """Have a model segment the part, unless it has."""
        if version.name in self._found or version.name in self._running:
            return
        classes = np.zeros((self.region.h, self.region.w), np.uint8)
        request = partial(
            Segment,
            slide_path=self._path,
            model_folder=version.folder,
            region=self.region,
            cell_diameter=self._cell_diameter,
            page=self._slide.page,
            skip_empty=False,
        )
        job = self._jobs.start(lambda number: request(number), _("Comparing"))
        job.tile.connect(lambda tile: _paste(tile, self.region, classes))
        job.finished.connect(lambda _result: self._finished(version.name, classes))
        job.failed.connect(self.failed)
        job.ended.connect(lambda: self._running.pop(version.name, None))
        self._running[version.name] = job

    def found(self, name: str) -> Pixels | None:
        """Class ids (h, w) of the part by the model of this name; None until they are there."""
        return self._found.get(name)

    def stop(self) -> None:
        for job in list(self._running.values()):
            job.cancel()

    def _finished(self, name: str, classes: Pixels) -> None:
        self._found[name] = classes
        self.changed.emit()


def _paste(tile: TilePredicted, region: Region, classes: Pixels) -> None:
    """Set what of a tile lies in `region`, whose class ids `classes` are."""
    inside = tile.region.intersected(region)
    if not inside.is_empty:
        classes[inside.slices_in(region)] = tile.classes[inside.slices_in(tile.region)]


def _middle(region: Region) -> Region:
    w, h = min(region.w, LARGEST_SIDE), min(region.h, LARGEST_SIDE)
    return Region(region.x + (region.w - w) // 2, region.y + (region.h - h) // 2, w, h)
