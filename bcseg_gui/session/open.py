"""What is open: one project at most, the worklist, the slide in front. The parts of a session share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.project import Project, SlideEntry

from .document import Document
from .worklist import Worklist


class Open(QObject):
    """State that is read everywhere; `ProjectHome` sets the project and `Documents` the document."""

    projectChanged = Signal()
    """Another project, or one where there was none."""
    documentChanged = Signal()
    worklistChanged = Signal()
    stateChanged = Signal()
    """Something that decides what can be done now: status, segmentation, number of reviewed pictures, scale, model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.document: Document | None = None
        self.worklist = Worklist()

    @property
    def index(self) -> int:
        """Place of the picture in front in the worklist, −1 without one."""
        return self.worklist.place(self.document.path) if self.document is not None else -1

    def entry(self, path: Path) -> SlideEntry | None:
        """What the project knows of a picture; None when there is no project, or the picture is not in it yet."""
        return self.project.find(path) if self.project is not None else None

    def front_entry(self) -> SlideEntry | None:
        """As `entry`, of the picture in front."""
        return self.entry(self.document.path) if self.document is not None else None

    def mark(self, path: Path, status: str, problem: str = "") -> None:
        """Show on the worklist how far a picture is."""
        place = self.worklist.place(path)
        if place >= 0:  # else it was segmented to the end, and others are on the list now
            entry = self.entry(path)
            item = replace(self.worklist[place], status=status, problem=problem)
            if entry is not None:
                item = replace(item, page=entry.page, seconds=entry.seconds_spent)
            if item != self.worklist[place]:
                self.worklist = self.worklist.marked(item)
            self.worklistChanged.emit()
        self.stateChanged.emit()

    def set_ranks(self, ranks: Mapping[Path, int]) -> None:
        """Give the pictures on the worklist their ranks, 0 to those that have none."""
        self.worklist = Worklist(replace(item, rank=ranks.get(item.path, 0)) for item in self.worklist)
        self.worklistChanged.emit()
