"""The scale of the slide in front, and how large its red cells are taken to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides.slide import PLAUSIBLE_MPP

from .cell_size import CellSize, CellSizes
from .models import Models
from .open import Open


class Scale(QObject):
    def __init__(
        self, opened: Open, models: Models, needed_project: Callable[[], Project], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._open, self._models, self._needed_project = opened, models, needed_project
        self._sizes = CellSizes(self)
        self._sizes.found.connect(opened.stateChanged)
        opened.stateChanged.connect(self._tell_document)

    @property
    def mpp(self) -> float | None:
        """What the file says, else what the person does."""
        if self._open.document is None:
            return None
        entry = self._open.front_entry()
        return self._open.document.slide.mpp or (entry.given_mpp if entry is not None else None)

    def set_given_mpp(self, mpp: float | None) -> None:
        """µm per level-0 pixel where the file says none; kept with the slide. None: unknown. Raises UserError."""
        document = self._open.document
        if document is None or document.slide.mpp or (mpp is None and self._open.front_entry() is None):
            return
        low, high = PLAUSIBLE_MPP
        if mpp is not None and not low <= mpp <= high:
            raise UserError(
                "{mpp} µm per pixel is not the scale of a microscope. Give a number between {low} and {high}.",
                mpp=mpp,
                low=low,
                high=high,
            )
        project = self._needed_project()
        project.update(replace(project.add(document.path), given_mpp=mpp))
        self.measure()
        self._open.stateChanged.emit()

    @property
    def cell_size(self) -> CellSize | None:
        """What the person set, else what scale or picture tell, else the model's usual one; None without a slide."""
        document, entry = self._open.document, self._open.front_entry()
        if document is None:
            return None
        if entry is not None and entry.cell_diameter:
            return CellSize(entry.cell_diameter, "person")
        active = self._models.active
        usual = active.source_cell_diameter if active is not None else None
        return self._sizes.of(document.slide, usual, self.mpp)

    def set_cell_diameter(self, diameter: float | None) -> None:
        """Level-0 pixels; kept with the slide. None: as scale or picture tell. Raises UserError."""
        document = self._open.document
        if document is not None and (diameter or self._open.front_entry() is not None):
            project = self._needed_project()
            project.update(replace(project.add(document.path), cell_diameter=diameter))
            self._open.stateChanged.emit()

    def measure(self) -> None:
        """Have the cells of the slide in front measured in the background, where neither scale nor an earlier look
        tells their size.
        """
        if self._open.document is not None:
            self._sizes.measure(self._open.document.slide, self.mpp)

    def forget(self) -> None:
        """The files may have changed."""
        self._sizes.forget()

    def stop(self) -> None:
        """Wait for a measurement under way, and leave it."""
        self._sizes.stop()

    def _tell_document(self) -> None:
        size, document = self.cell_size, self._open.document
        if document is not None and size is not None and size.diameter:
            document.cell_diameter = size.diameter
