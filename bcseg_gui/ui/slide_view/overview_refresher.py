"""Refreshes the overview levels of a mask in idle time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import Mask

SLICE = 0.006
"""Seconds of work per slice."""
PAUSE, FIRST_PAUSE = 8, 40
"""Milliseconds between two slices, and before the first: events and painting come first."""


class OverviewRefresher(QObject):
    """Works until all is up to date; `wake` it when mask or view have changed.

    `wanted` names the tiles in view; `changed` and, once per mask, `failed` are called with the outcome.
    """

    def __init__(
        self,
        wanted: Callable[[], Iterable[TileKey]],
        changed: Callable[[Region], None],
        failed: Callable[[UserError], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mask: Mask | None = None
        self._reported = False
        self._wanted, self._changed, self._failed = wanted, changed, failed
        self._timer = QTimer(self, interval=PAUSE)
        self._timer.timeout.connect(self._work)

    def set_mask(self, mask: Mask | None) -> None:
        self._mask, self._reported = mask, False
        self._timer.stop()
        self.wake()

    def wake(self) -> None:
        if self._mask is not None and self._mask.overviews_stale and not self._timer.isActive():
            self._timer.start(FIRST_PAUSE)

    def stop(self) -> None:
        """Pause until `wake`."""
        self._timer.stop()

    def _work(self) -> None:
        if self._mask is None or not self._mask.overviews_stale:
            self._timer.stop()
            return
        self._timer.setInterval(PAUSE)
        changed = self.work(self._wanted(), others=True)
        if not changed.is_empty:
            self._changed(changed)

    def work(self, wanted: Iterable[TileKey], *, others: bool = False) -> Region:
        """Work one slice on those `wanted`, then on `others`; return where any changed."""
        if self._mask is None:
            return Region(0, 0, 0, 0)
        try:
            return self._mask.refresh_overviews(SLICE, wanted, others=others)
        except UserError as error:
            # Retried with the next change; another slice would only fail again.
            self._timer.stop()
            if not self._reported:
                self._reported = True
                self._failed(error)
            return Region(0, 0, 0, 0)
