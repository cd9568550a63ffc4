from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.finding import FindingPanel


@pytest.fixture
def panel(qtbot: QtBot) -> FindingPanel:
    panel = FindingPanel()
    qtbot.addWidget(panel)
    return panel


def test_it_tells_once_when_the_slider_rests(qtbot: QtBot, panel: FindingPanel) -> None:
    emitted: list[tuple[float, float]] = []
    panel.changed.connect(lambda *values: emitted.append(values))
    with qtbot.waitSignal(panel.changed):
        for _ in range(3):
            qtbot.keyClick(panel.certainty.slider, Qt.Key.Key_Right)
        qtbot.keyClick(panel.splitting.slider, Qt.Key.Key_Home)
    assert emitted == [(pytest.approx(0.65), 0.0)]
    assert (panel.certainty.text, panel.splitting.text) == ("65 %", "never")


@pytest.mark.parametrize("name", ["Certainty", "Splitting"])
def test_a_double_click_on_the_name_goes_back_to_what_is_usual(qtbot: QtBot, panel: FindingPanel, name: str) -> None:
    for adjustment in (panel.certainty, panel.splitting):
        adjustment.show_position(3)
    (label,) = (label for label in panel.findChildren(QLabel) if label.text() == name)
    with qtbot.waitSignal(panel.changed):
        qtbot.mouseDClick(label, Qt.MouseButton.LeftButton)
    assert {panel.certainty.text, panel.splitting.text} == {"15 %", "50 %"}
