from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.gains import GainBar, GainPanel

BARS = [GainBar("a", 12, done=True), GainBar("b", 6, done=False), GainBar("c", 0.4, done=False)]


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
    panel.show_bars([], 0, None)
    assert not panel.isVisible()
    panel.show_bars(BARS, 1, None)
    assert panel.isVisible()


def test_bars_shrink_those_done_are_grey_and_the_one_in_front_is_marked(panel: GainPanel) -> None:
    panel.show_bars(BARS, 1, current=1)
    bars, palette = bars_of(panel), panel.palette()
    window, mid, highlight, text = (
        palette.color(role).name()
        for role in (
            QPalette.ColorRole.Window,
            QPalette.ColorRole.Mid,
            QPalette.ColorRole.Highlight,
            QPalette.ColorRole.WindowText,
        )
    )
    bottom = bars.height() - 6
    assert [color_at(bars, x, bottom) for x in (9, 29, 49)] == [mid, highlight, highlight]
    assert [color_at(bars, x, 5) for x in (9, 29)] == [mid, window], "half of what the first one teaches"
    assert [color_at(bars, x, bars.height() - 1) for x in (9, 29, 49)] == [window, text, window]


def test_a_click_chooses_the_picture(panel: GainPanel, qtbot: QtBot) -> None:
    panel.show_bars(BARS, 1, None)
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.mouseClick(bars_of(panel), Qt.MouseButton.LeftButton, pos=QPoint(29, 30))
    assert chosen.args == [1]
    with qtbot.assertNotEmitted(panel.chosen):
        QTest.mouseClick(bars_of(panel), Qt.MouseButton.LeftButton, pos=QPoint(150, 30))


def test_it_says_when_to_stop(panel: GainPanel) -> None:
    words = panel.findChild(QLabel)
    panel.show_bars(BARS, 2, None)
    assert words.text() == "2 more are worth correcting."
    panel.show_bars(BARS, 0, None)
    assert "retrain" in words.text()
    panel.show_bars(BARS[1:], 0, None)
    assert "retrain" not in words.text(), "nothing is reviewed yet"


def test_the_keys_go_from_bar_to_bar_and_tell_each(panel: GainPanel, qtbot: QtBot) -> None:
    panel.show_bars(BARS, 2, current=0)
    bars = next(child for child in panel.findChildren(QWidget) if child.accessibleName())
    descriptions = [bars.accessibleDescription()]
    for _ in range(3):
        QTest.keyClick(bars, Qt.Key.Key_Right)
        descriptions.append(bars.accessibleDescription())
    assert descriptions == [
        "1. a: reviewed",
        "2. b: settles the doubt about 6 cells",
        "3. c: teaches the model little",
        "3. c: teaches the model little",
    ]
    panel.show_bars(BARS, 2, current=0)
    assert bars.accessibleDescription() == descriptions[-1], "what is painted anew leaves the keys where they are"
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(bars, Qt.Key.Key_Return)
    assert chosen.args == [2]


def test_what_teaches_little_is_low_whatever_the_others_do(panel: GainPanel) -> None:
    panel.show_bars([GainBar("a", 0.1, done=False), GainBar("b", 0.05, done=False)], 0, None)
    window = panel.palette().color(QPalette.ColorRole.Window).name()
    assert color_at(bars_of(panel), 9, bars_of(panel).height() // 2) == window


def test_hundreds_fit(panel: GainPanel) -> None:
    panel.show_bars([GainBar(str(n), 5, done=False) for n in range(300)], 300, 0)
    assert bars_of(panel).width() <= panel.width()
    assert color_at(bars_of(panel), 1, 20) != panel.palette().color(QPalette.ColorRole.Window).name()
