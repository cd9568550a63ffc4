"""The brush size: a slider with finer steps for small brushes, and the number."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.session.tool_settings import LARGEST_RADIUS, START_RADIUS

from ..widgets.number_box import NumberBox

STEPS = 200


class BrushSize(QWidget):
    """Shows and sets the brush's diameter in level-0 pixels."""

    radiusChosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setFixedWidth(110)
        self._slider.setAccessibleName(_("Brush size"))
        self._number = NumberBox()
        self._number.setRange(1, round(2 * LARGEST_RADIUS))
        self._number.setSuffix(" px")
        self._number.setKeyboardTracking(False)
        self._number.setAccessibleName(_("Brush size in pixels"))
        self.setToolTip(_("Brush size ([ and ], or Ctrl and the mouse wheel)"))
        self._slider.valueChanged.connect(lambda step: self.radiusChosen.emit(_diameter(step) / 2))
        self._number.valueChanged.connect(lambda diameter: self.radiusChosen.emit(diameter / 2))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.show_radius(START_RADIUS)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 4, 0)
        layout.setSpacing(8)
        for widget in (QLabel(_("Size")), self._slider, self._number):
            layout.addWidget(widget)

    def show_radius(self, radius: float) -> None:
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._number.setValue(max(1, round(2 * radius)))
            if not self._slider.isSliderDown():
                self._slider.setValue(_step(2 * radius))


def _diameter(step: int) -> float:
    return float((2 * LARGEST_RADIUS) ** (step / STEPS))


def _step(diameter: float) -> int:
    return round(STEPS * math.log(max(diameter, 1)) / math.log(2 * LARGEST_RADIUS))
