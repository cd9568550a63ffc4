from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.ui import theme
from bcseg_gui.ui.panels.tool_strip import ToolStrip
from bcseg_gui.ui.tools.table import TOOLS

KEYS = list(TOOLS)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    group = QActionGroup(window)
    actions = {key: group.addAction(QAction(theme.icon(key), key, window)) for key in KEYS}
    for action in actions.values():
        action.setCheckable(True)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(ToolStrip(actions))
    qtbot.addWidget(window)
    return window


def shown(window: QWidget) -> list[QToolButton]:
    strip = window.findChild(ToolStrip)
    assert strip is not None
    buttons = [strip.widgetForAction(action) for action in strip.actions() if not action.isSeparator()]
    return [button for button in buttons if isinstance(button, QToolButton) and button.isVisible()]


def test_the_tools_stand_in_a_column_and_a_click_takes_one(qtbot: QtBot, window: QWidget) -> None:
    window.resize(60, 700)
    with qtbot.waitExposed(window):
        window.show()
    buttons = shown(window)

    assert [button.defaultAction().text() for button in buttons] == KEYS
    assert len({button.x() for button in buttons}) == 1
    qtbot.mouseClick(buttons[KEYS.index("wand")], Qt.MouseButton.LeftButton)
    assert [button.defaultAction().text() for button in buttons if button.isChecked()] == ["wand"]


def test_a_low_window_hides_none_for_good(qtbot: QtBot, window: QWidget) -> None:
    window.resize(60, 250)
    with qtbot.waitExposed(window):
        window.show()
    assert window.height() == 250
    extension = window.findChild(QToolButton, "qt_toolbar_ext_button")

    assert 3 < len(shown(window)) < len(KEYS)
    assert extension is not None
    assert extension.isVisible()
