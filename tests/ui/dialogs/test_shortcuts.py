from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.actions.table import MENUS
from bcseg_gui.ui.dialogs.shortcuts import ShortcutsDialog
from bcseg_gui.ui.shortcuts import Shortcut, ShortcutGroup


@pytest.fixture
def sheet(qtbot: QtBot) -> ShortcutsDialog:
    sheet = ShortcutsDialog([menu.shortcuts() for menu in MENUS])
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot deletes it
    qtbot.addWidget(sheet)
    with qtbot.waitExposed(sheet):
        sheet.show()
    return sheet


def shown(sheet: ShortcutsDialog) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]


def test_every_action_with_a_key_is_on_the_sheet(sheet: ShortcutsDialog) -> None:
    texts = {info.text.rstrip("…") for menu in MENUS for section in menu.sections for info in section if info.keys}
    assert texts <= set(shown(sheet))


def test_a_group_without_keys_is_left_out(qtbot: QtBot) -> None:
    sheet = ShortcutsDialog([ShortcutGroup("Empty", ()), ShortcutGroup("Own", (Shortcut("Whistle", (("W",),)),))])
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(sheet)
    sheet.show()
    assert "Empty" not in shown(sheet)
    assert {"Own", "Whistle", "Mouse and pen", "On the picture"} <= set(shown(sheet))


def test_typing_finds_what_it_does_and_the_key(sheet: ShortcutsDialog) -> None:
    everything = shown(sheet)
    assert {"Undo", "File", "Zoom"} <= set(everything)
    sheet.search.setText("UNDO")
    assert shown(sheet) == ["Edit", "Undo", "Ctrl", "Z"]
    sheet.search.setText("ctrl+z")
    assert "Undo" in shown(sheet)
    assert "Redo" not in shown(sheet)
    sheet.search.setText("no such thing")
    assert shown(sheet) == ["There is no key for that."]
    sheet.search.clear()
    assert shown(sheet) == everything


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Question, Qt.Key.Key_F1])
def test_the_key_that_opened_it_closes_it_too(sheet: ShortcutsDialog, key: Qt.Key) -> None:
    sheet.activateWindow()
    sheet.search.setFocus()
    QTest.keyClick(sheet.search, key)
    assert not sheet.isVisible()


def test_escape_clears_the_search_first(sheet: ShortcutsDialog) -> None:
    sheet.activateWindow()
    sheet.search.setFocus()
    sheet.search.setText("brush")
    QTest.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert sheet.search.text() == ""
    assert sheet.isVisible()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_it_fits_a_small_screen(sheet: ShortcutsDialog) -> None:
    assert sheet.width() <= 1000
    assert sheet.height() <= 660
    assert not sheet.findChild(QScrollArea).horizontalScrollBar().maximum()
