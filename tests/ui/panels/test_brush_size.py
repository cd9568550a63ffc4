from __future__ import annotations

from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.brush_size import STEPS, BrushSize
from bcseg_gui.ui.widgets.number_box import NumberBox


def test_slider_and_number_agree(qtbot: QtBot) -> None:
    panel = BrushSize()
    qtbot.addWidget(panel)
    chosen: list[float] = []
    panel.radiusChosen.connect(chosen.append)
    panel.show_radius(30.0)
    assert chosen == [], "showing is not choosing"
    assert panel.findChild(NumberBox).value() == 60
    panel.findChild(QSlider).setValue(STEPS)
    panel.findChild(QSlider).setValue(0)
    panel.findChild(NumberBox).setValue(24)
    assert chosen == [1000.0, 0.5, 12.0]
