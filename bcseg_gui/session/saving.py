"""Follows how a mask reaches the disk, and retries what could not be written."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import sentence
from bcseg_gui.core.masks import Mask

RETRY_SECONDS = 3.0
"""Interval between retries: to free the disk is enough."""


class Saving(QObject):
    """Passes on, in its own thread, what the thread that writes a mask reports; each failure once."""

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
        self._reported: str | None = None
        self._timer = QTimer(self, interval=round(1000 * RETRY_SECONDS))
        self._timer.timeout.connect(self._try_again)
        self._refused.connect(self._write_failed, Qt.ConnectionType.QueuedConnection)
        self._written.connect(self._write_done, Qt.ConnectionType.QueuedConnection)

    def follow(self, mask: Mask) -> None:
        self._mask = mask
        mask.listen(self._refused.emit, self._written.emit)

    @property
    def is_done(self) -> bool:
        return self._mask is None or self._mask.is_saved

    def flush(self) -> None:
        """Wait until everything is on disk. Raises UserError, which is for the caller to report; it is retried."""
        try:
            if self._mask is not None:
                self._mask.flush()
        except UserError as error:
            self._reported = str(error)
            self._timer.start()
            raise

    def stop(self) -> None:
        """Emit nothing any more."""
        self._timer.stop()
        self._mask = None

    def _try_again(self) -> None:
        if self._mask is not None:
            self._mask.retry()

    def _write_failed(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        if self._mask is not None and not self.is_done:
            self._timer.start()
            if str(error) != self._reported:
                self._reported = str(error)
                self.failed.emit(
                    UserError(
                        "{problem} What you paint stays on the screen, and is saved by itself once that is possible.",
                        problem=sentence(error),
                    )
                )

    def _write_done(self) -> None:
        if self._mask is not None and self.is_done:  # else there is more by now, which will report itself
            self._timer.stop()
            if self._reported is not None:
                self._reported = None
                self.recovered.emit()
            self.saved.emit()
