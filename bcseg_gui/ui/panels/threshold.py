"""How sure the model must be that something is a cell."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from ...core.i18n import _
from .cells import panel_title
from .percent import PercentLabel

LEAST, USUAL, MOST, STEP = 5, 50, 95, 5
"""Percent."""
AT_REST_MS = 150
"""The cells are found again when the slider has rested for so long, not at every step of it."""


class ThresholdPanel(QWidget):
    changed = Signal(float)
    """the probability from which a pixel is cell"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(LEAST // STEP, MOST // STEP)
        self.slider.setValue(USUAL // STEP)
        self.slider.setPageStep(2)
        self.slider.setAccessibleName(_("How sure the model must be"))
        self.slider.setToolTip(
            _("How sure the model must be that something is a cell: further left it finds more, further right less.")
        )
        self._percent = PercentLabel()
        self._at_rest = QTimer(self, singleShot=True, interval=AT_REST_MS)
        self._at_rest.timeout.connect(lambda: self.changed.emit(self.threshold))
        self.slider.valueChanged.connect(self._moved)
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self._percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(panel_title(_("Certainty")))
        layout.addLayout(row)
        self._show_percent()

    @property
    def threshold(self) -> float:
        return self.slider.value() * STEP / 100

    def _moved(self) -> None:
        self._show_percent()
        self._at_rest.start()

    def _show_percent(self) -> None:
        self._percent.show_percent(self.slider.value() * STEP)
