from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.gains import Bar, GainPanel

BARS = [Bar("a", 4, 0.6, done=True), Bar("b", 2, 0.3, done=False), Bar("c", 0, 0.1, done=False)]


@pytest.fixture
def panel(qtbot: QtBot) -> GainPanel:
    panel = GainPanel()
    qtbot.addWidget(panel)
    panel.resize(200, 90)
    panel.show()
    return panel


def bars_of(panel: GainPanel) -> QWidget:
    return next(child for child in panel.findChildren(QWidget) if child.accessibleDescription())


def color_at(widget: QWidget, x: int, y: int) -> str:
    return widget.grab().toImage().pixelColor(QPoint(x, y)).name()


def test_without_anything_ranked_it_takes_no_room(panel: GainPanel) -> None:
    panel.show_bars([], 0, -1)
    assert not panel.isVisible()
    panel.show_bars(BARS, 1, -1)
    assert panel.isVisible()


def test_bars_shrink_those_done_are_grey_and_the_one_in_front_is_marked(panel: GainPanel) -> None:
    panel.show_bars(BARS, 1, current=2)
    bars, palette = bars_of(panel), panel.palette()
    window, mid, highlight, text = (
        palette.color(role).name()
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Mid, QPalette.ColorRole.Highlight,
                     QPalette.ColorRole.WindowText)
    )  # fmt: skip
    bottom = bars.height() - 6
    assert [color_at(bars, x, bottom) for x in (9, 29, 49)] == [mid, highlight, highlight]
    assert [color_at(bars, x, 5) for x in (9, 29)] == [mid, window], "half of what the first one teaches"
    assert [color_at(bars, x, bars.height() - 1) for x in (9, 29, 49)] == [window, text, window]


def test_a_click_chooses_the_picture(panel: GainPanel, qtbot: QtBot) -> None:
    panel.show_bars(BARS, 1, -1)
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.mouseClick(bars_of(panel), Qt.MouseButton.LeftButton, pos=QPoint(29, 30))
    assert chosen.args == [2]
    with qtbot.assertNotEmitted(panel.chosen):
        QTest.mouseClick(bars_of(panel), Qt.MouseButton.LeftButton, pos=QPoint(150, 30))


def test_it_says_when_to_stop(panel: GainPanel) -> None:
    words = panel.findChild(QLabel)
    panel.show_bars(BARS, 2, -1)
    assert words.text().startswith("2 more to correct")
    panel.show_bars(BARS, 0, -1)
    assert "retrain" in words.text()


def test_each_is_told_in_words(panel: GainPanel) -> None:
    panel.show_bars(BARS, 2, -1)
    told = bars_of(panel).accessibleDescription()
    assert told == "; ".join(
        [
            "1. a: reviewed",
            "2. b: takes away 30 % of the model’s doubt",
            "3. c: takes away 10 % of the model’s doubt",
        ]
    )


def test_hundreds_fit(panel: GainPanel) -> None:
    panel.show_bars([Bar(str(n), n, 1 / 300, done=False) for n in range(300)], 270, 0)
    assert bars_of(panel).width() <= panel.width()
    assert color_at(bars_of(panel), 1, 20) != panel.palette().color(QPalette.ColorRole.Window).name()
