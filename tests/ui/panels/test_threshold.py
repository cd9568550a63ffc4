from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.threshold import ThresholdPanel


@pytest.fixture
def panel(qtbot: QtBot) -> ThresholdPanel:
    panel = ThresholdPanel()
    qtbot.addWidget(panel)
    return panel


def test_it_tells_once_when_the_slider_rests(qtbot: QtBot, panel: ThresholdPanel) -> None:
    told: list[float] = []
    panel.changed.connect(told.append)
    with qtbot.waitSignal(panel.changed):
        for _ in range(3):
            qtbot.keyClick(panel.slider, Qt.Key.Key_Right)
    assert told == [pytest.approx(0.65)]
    assert any(label.text() == "65 %" for label in panel.findChildren(QLabel))
