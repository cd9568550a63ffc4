"""Follows how a mask reaches the disk, and tries again what could not be written."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import sentence
from bcseg_gui.core.masks import Mask

RETRY_SECONDS = 3.0
"""So often what could not be written is tried again: to free the disk is enough."""


class Saving(QObject):
    """What the thread that writes a mask says, in the thread of this object. Every failure is told once."""

    failed = Signal(object)
    """UserError: something cannot be written for now; it stays on the screen and waits"""
    saved = Signal()
    """everything is on disk"""
    recovered = Signal()
    """`saved` after `failed`, before it"""
    _refused = Signal(object)
    _written = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mask: Mask | None = None
        self._told: str | None = None
        self._timer = QTimer(self, interval=round(1000 * RETRY_SECONDS))
        self._timer.timeout.connect(self._try_again)
        self._refused.connect(self._take_failure, Qt.ConnectionType.QueuedConnection)
        self._written.connect(self._take_success, Qt.ConnectionType.QueuedConnection)

    def follow(self, mask: Mask) -> None:
        self._mask = mask
        mask.listen(self._refused.emit, self._written.emit)

    @property
    def is_done(self) -> bool:
        return self._mask is None or self._mask.is_saved

    def flush(self) -> None:
        """Wait until everything is on disk. Raises UserError, which is for the caller to tell; it is tried again."""
        try:
            if self._mask is not None:
                self._mask.flush()
        except UserError as error:
            self._told = str(error)
            self._timer.start()
            raise

    def stop(self) -> None:
        """Say nothing any more."""
        self._timer.stop()
        self._mask = None

    def _try_again(self) -> None:
        if self._mask is not None:
            self._mask.retry()

    def _take_failure(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        if self._mask is not None and not self.is_done:
            self._timer.start()
            if str(error) != self._told:
                self._told = str(error)
                self.failed.emit(
                    UserError(
                        "{problem} What you paint stays on the screen, and is saved by itself once that is possible.",
                        problem=sentence(error),
                    )
                )

    def _take_success(self) -> None:
        if self._mask is not None and self.is_done:  # else something came since, and is told when it is written
            self._timer.stop()
            if self._told is not None:
                self._told = None
                self.recovered.emit()
            self.saved.emit()
