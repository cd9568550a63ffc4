from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.overlay import OverlayPanel


def action(text: str, checked: bool = False) -> QAction:
    made = QAction(text)
    made.setCheckable(True)
    made.setChecked(checked)
    return made


@pytest.fixture
def show_manual() -> QAction:
    return action("Show what I changed")


@pytest.fixture
def panel(qtbot: QtBot, show_manual: QAction) -> OverlayPanel:
    panel = OverlayPanel(action("Show", True), action("Outlines"), show_manual)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def test_the_box_and_the_action_are_one(qtbot: QtBot, panel: OverlayPanel, show_manual: QAction) -> None:
    box = next(box for box in panel.findChildren(QCheckBox) if box.text() == show_manual.text())
    with qtbot.waitSignal(panel.changed):
        box.click()
    assert show_manual.isChecked()
    assert panel.show_manual
    with qtbot.waitSignal(panel.changed):
        show_manual.setChecked(False)
    assert not box.isChecked()
    assert not panel.show_manual


def test_too_far_out_it_says_what_to_do(panel: OverlayPanel, show_manual: QAction) -> None:
    assert not panel.findChild(QLabel, "caption").isVisible()
    show_manual.setChecked(True)
    assert not panel.findChild(QLabel, "caption").isVisible()
    panel.zoomed(0.1)
    assert panel.findChild(QLabel, "caption").isVisible()
    panel.zoomed(0.25)
    assert not panel.findChild(QLabel, "caption").isVisible()
    panel.zoomed(0.1)
    show_manual.setChecked(False)
    assert not panel.findChild(QLabel, "caption").isVisible()


def test_without_the_action_nothing_is_shown_of_it(qtbot: QtBot) -> None:
    panel = OverlayPanel(action("Show", True), action("Outlines"))
    qtbot.addWidget(panel)
    assert len(panel.findChildren(QCheckBox)) == 2
    assert not panel.show_manual
