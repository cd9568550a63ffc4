"""Exports in the background, and the dataset of a retraining."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

from bcseg_gui.core.exporting import export as exports
from bcseg_gui.core.exporting.export import ExportCancelled, ReportProgress
from bcseg_gui.core.formats.table import PAIRS
from bcseg_gui.core.project import Project

from .background import Task

T = TypeVar("T")
Work = Callable[[ReportProgress, Callable[[], bool]], T]


class Writing(QObject, Generic[T]):
    """Runs `work(progress, cancelled)` in a thread; ends with one of `finished`, `cancelled`, `failed`."""

    progressed = Signal(int, int)
    finished = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    """Exception; a UserError if a person can act on it"""

    def __init__(self, work: Work[T], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = threading.Event()
        self._pool = QThreadPool(self)
        self._task = Task(
            self._pool, lambda: work(self._progress, self._stop.is_set), self.finished.emit, self._ended, self
        )

    def cancel(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        """Cancel, emit nothing more, and wait until nothing is written any more."""
        self._task.forget()
        self._stop.set()
        self._pool.waitForDone()

    def _progress(self, done: int, total: int) -> None:
        self.progressed.emit(done, total)

    def _ended(self, error: Exception) -> None:
        if isinstance(error, ExportCancelled):
            self.cancelled.emit()
        else:
            self.failed.emit(error)


def export(project: Project, folder: Path, parent: QObject | None = None) -> Writing[int]:
    """Write the project's reviewed pictures as pairs into `folder`; finishes with their number."""
    return Writing(
        lambda progress, cancelled: exports.export(project, folder, PAIRS, progress=progress, cancelled=cancelled),
        parent,
    )
