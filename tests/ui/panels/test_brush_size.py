from __future__ import annotations

from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.brush_size import STEPS, BrushSize


def test_slider_and_number_agree(qtbot: QtBot) -> None:
    panel = BrushSize()
    qtbot.addWidget(panel)
    chosen: list[float] = []
    panel.radiusChosen.connect(chosen.append)
    panel.show_radius(30.0)
    assert chosen == [], "showing is not choosing"
    assert panel._number.value() == 60
    panel._slider.setValue(STEPS)
    panel._slider.setValue(0)
    panel._number.setValue(24)
    assert chosen == [1000.0, 0.5, 12.0]
