"""How large the red cells of a slide are taken to be, and how that is known."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QThreadPool, Signal

from bcseg_gui.core.cells.diameter import expected_cell_diameter, slide_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import Slide

from .background import Task

log = logging.getLogger(__name__)

Origin = Literal["person", "scale", "picture", "model", "looking"]
"""Set by the person; from the mpp, the slide's or a given one; measured in the picture; the model's usual one, because
none could be measured; the same while the picture is being measured."""


@dataclass(frozen=True, slots=True)
class CellSize:
    """`diameter` in level-0 pixels; None when there is no model either."""

    diameter: float | None
    origin: Origin

    @property
    def known(self) -> float | None:
        """The diameter, unless it is only the model's usual one."""
        return self.diameter if self.origin in ("person", "scale", "picture") else None


class CellSizes(QObject):
    """Measures the cell diameter of the slide in front off the main thread, and remembers those measured before."""

    found = Signal()
    """the slide asked for last was measured, or shows no cells"""

    def __init__(self, parent: QObject) -> None:
        """`parent` owns it: its task refers to it, and a parent must not be freed by the end of its child."""
        super().__init__(parent)
        self._seen: dict[tuple[Path, int], float | None] = {}
        self._task: Task[float | None] | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def measure(self, slide: Slide, given_mpp: float | None = None) -> None:
        """Measure this slide, unless its scale is known or it was measured before. Gives up one under way."""
        self._give_up()
        page = _page(slide)
        if not (slide.mpp or given_mpp) and page not in self._seen:
            self._task = Task(
                self._pool,
                lambda: slide_cell_diameter(slide),
                lambda diameter: self._measured(page, diameter),
                lambda error: self._measuring_failed(page, error),
                self,
            )

    def of(self, slide: Slide, usual: float | None, given_mpp: float | None = None) -> CellSize:
        """What is known of this slide; `usual` is the model's diameter."""
        if expected := expected_cell_diameter(slide.mpp or given_mpp):
            return CellSize(expected, "scale")
        page = _page(slide)
        if page not in self._seen:
            return CellSize(usual, "looking")
        seen = self._seen[page]
        return CellSize(seen, "picture") if seen else CellSize(usual, "model")

    def forget(self) -> None:
        """The files may have changed."""
        self._seen.clear()

    def stop(self) -> None:
        self._give_up()
        self._pool.waitForDone()

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.forget()
            self._task = None

    def _measured(self, page: tuple[Path, int], diameter: float | None) -> None:
        self._task = None
        self._seen[page] = diameter
        self.found.emit()

    def _measuring_failed(self, page: tuple[Path, int], error: Exception) -> None:
        self._measured(page, None)
        if not isinstance(error, UserError):
            raise error
        log.info("No cell diameter: %s", error.template)  # the view reports it when it reads the same place


def _page(slide: Slide) -> tuple[Path, int]:
    return slide.path, slide.page
