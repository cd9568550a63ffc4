from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from bcseg_gui.core.masks import DEFAULT_CLASSES
from bcseg_gui.core.project import Project
from bcseg_gui.core.project import classes as lists
from bcseg_gui.session.classes import Classes
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.panels.classes import ClassesPanel


@pytest.fixture
def tools(qtbot: QtBot) -> ToolSettings:
    return ToolSettings()


@pytest.fixture
def classes(tmp_path: Path, tools: ToolSettings) -> Iterator[Classes]:
    with Project.create(tmp_path / "Ward.bcseg") as project:
        yield Classes(lambda: project, lambda: project, lambda: None, tools)


@pytest.fixture
def panel(qtbot: QtBot, classes: Classes, tools: ToolSettings) -> ClassesPanel:
    panel = ClassesPanel(classes, tools)
    qtbot.addWidget(panel)
    panel.resize(190, 200)
    panel.show()
    return panel


def texts(panel: ClassesPanel) -> list[list[str]]:
    return [[item.text(column) for column in range(3)] for item in panel.rows.items()]


def spot(panel: ClassesPanel, row: int) -> QPoint:
    return panel.rows.visualItemRect(panel.rows.items()[row]).center()


def test_with_one_class_there_is_only_a_button(qtbot: QtBot, panel: ClassesPanel) -> None:
    panel.show_counts({1: 40})
    assert not panel.rows.isVisible()
    with qtbot.waitSignal(panel.editRequested) as asked:
        panel.button.click()
    assert (panel.button.text(), asked.args) == ("Add class…", [0])


def test_each_class_has_its_count_and_key(panel: ClassesPanel, classes: Classes) -> None:
    classes.set(lists.with_blood_cells(DEFAULT_CLASSES))
    assert texts(panel) == [["cell", "", "1"], ["white cell", "", "2"], ["platelet", "", "3"]]
    panel.show_counts({1: 1234, 3: 1})
    assert texts(panel) == [["cell", "1\u202f234", "1"], ["white cell", "0", "2"], ["platelet", "1", "3"]]
    spoken = [item.data(0, Qt.ItemDataRole.AccessibleTextRole) for item in panel.rows.items()]
    assert spoken[2] == "platelet, 1 cell, key 3"
    assert panel.rows.isVisible()


def test_mouse_and_keyboard_take_a_class_in_hand(
    qtbot: QtBot, panel: ClassesPanel, classes: Classes, tools: ToolSettings
) -> None:
    classes.set(lists.with_blood_cells(DEFAULT_CLASSES))
    qtbot.mouseClick(panel.rows.viewport(), Qt.MouseButton.LeftButton, pos=spot(panel, 1))
    assert tools.class_id == 2
    qtbot.keyClick(panel.rows, Qt.Key.Key_Down)
    assert tools.class_id == 3
    panel.show_counts({1: 7})  # another count leaves the class in hand
    tools.choose_class(1)
    assert panel.rows.currentItem().text(0) == "cell"


def test_double_click_and_enter_edit(qtbot: QtBot, panel: ClassesPanel, classes: Classes) -> None:
    classes.set(lists.with_blood_cells(DEFAULT_CLASSES))
    with qtbot.waitSignal(panel.editRequested) as asked:
        qtbot.mouseClick(panel.rows.viewport(), Qt.MouseButton.LeftButton, pos=spot(panel, 2))
        panel.show_counts({1: 5})  # a count arrives between the two clicks
        qtbot.mouseDClick(panel.rows.viewport(), Qt.MouseButton.LeftButton, pos=spot(panel, 2))
    assert asked.args == [3]
    panel.rows.setCurrentItem(panel.rows.items()[1])
    with qtbot.waitSignal(panel.editRequested) as asked:
        qtbot.keyClick(panel.rows, Qt.Key.Key_Return)
    assert asked.args == [2]


def test_cells_of_an_unlisted_class_are_shown(qtbot: QtBot, panel: ClassesPanel, tools: ToolSettings) -> None:
    panel.show_counts({1: 3, 9: 2})
    assert texts(panel) == [["cell", "3", "1"], ["class 9", "2", ""]]
    qtbot.mouseClick(panel.rows.viewport(), Qt.MouseButton.LeftButton, pos=spot(panel, 1))
    assert tools.class_id == 1
    panel.show_counts({1: 3})
    assert not panel.rows.isVisible()
