"""Certainty and splitting: what counts as a cell, and how readily touching cells are split."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _

from ..widgets.adjustment import Adjustment
from ..widgets.titles import panel_title

STEP = 5
"""Percent."""
AT_REST_MS = 150
"""Cells are found again once the sliders have rested this long, not at every step."""


class FindingPanel(QWidget):
    changed = Signal(float, float)
    """Threshold and splitting, 0 to 1 each"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.certainty = Adjustment(_("Certainty"), range(1, 20), _percent)
        self.certainty.slider.setAccessibleName(_("How sure the model must be"))
        self.certainty.slider.setToolTip(
            _("How sure the model must be that something is a cell: further left it finds more, further right less.")
            + _follows()
        )
        self.splitting = Adjustment(_("Splitting"), range(21), _percent_or_never)
        self.splitting.slider.setAccessibleName(_("How readily cells that touch are parted"))
        self.splitting.slider.setToolTip(
            _("How readily cells that touch are parted: further left they stay one, further right they come apart.")
            + _follows()
        )
        self._at_rest = QTimer(self, singleShot=True, interval=AT_REST_MS)
        self._at_rest.timeout.connect(lambda: self.changed.emit(self.threshold, self.splitting.position * STEP / 100))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(panel_title(_("Finding cells")))
        for adjustment in (self.certainty, self.splitting):
            adjustment.changed.connect(self._at_rest.start)
            layout.addWidget(adjustment)

    @property
    def threshold(self) -> float:
        return self.certainty.position * STEP / 100


def _follows() -> str:
    return "\n" + _("A photograph follows at once, a large slide when it is segmented next.")


def _percent(position: int) -> str:
    return f"{position * STEP} %"


def _percent_or_never(position: int) -> str:
    return _percent(position) if position else _("never")
