"""Backups of the small files of the project that is open, made in the background."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project.backup import backup_if_changed

from .background import Task

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 3600


class Backups(QObject):
    """One when a project is opened, then one an hour as long as something has changed."""

    made = Signal(object)
    """Path of a backup, None where nothing had changed"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, interval=1000 * INTERVAL_SECONDS)
        self._timer.timeout.connect(self._begin)

    def follow(self, folder: Path | None) -> None:
        """Back up the project in `folder` from now on; None: none. Waits for a backup under way."""
        if folder == self._folder:
            return
        self._folder = folder
        self._timer.stop()
        self._pool.waitForDone()
        if folder is not None:
            self._timer.start()
            self._begin()

    def _begin(self) -> None:
        if (folder := self._folder) is not None:
            Task(self._pool, lambda: backup_if_changed(folder), self.made.emit, self._failed, self)

    def _failed(self, error: Exception) -> None:
        """Only log it: nothing is lost, and a full disk is reported by what needs the space."""
        if not isinstance(error, UserError):
            raise error
        log.warning("No backup: %s", error.template)
