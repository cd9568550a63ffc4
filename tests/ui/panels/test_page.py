from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.panels.page import PagePicker, page_text

NAMES = ("smear", "2", "", "thick drop")


@pytest.fixture
def picker(qtbot: QtBot) -> PagePicker:
    picker = PagePicker()
    qtbot.addWidget(picker)
    return picker


def test_a_file_of_one_page_has_no_picker(picker: PagePicker) -> None:
    picker.show_pages(("1",), 0)
    assert not picker.isVisible()
    picker.show_pages(NAMES, 0)
    assert picker.isVisible()
    picker.show_pages(("1",), 0)
    assert not picker.isVisible()


def test_pages_are_listed_by_number_and_name(picker: PagePicker) -> None:
    texts = [page_text(NAMES, page) for page in range(4)]
    assert texts == ["1 of 4 · smear", "2 of 4", "3 of 4", "4 of 4 · thick drop"]


def test_showing_chooses_nothing(qtbot: QtBot, picker: PagePicker) -> None:
    with qtbot.assertNotEmitted(picker.chosen):
        picker.show_pages(NAMES, 2)
        picker.show_pages(NAMES, 1)
        picker.show_pages(("a", "b"), 0)
    assert picker.box.currentText() == "1 of 2 · a"


def test_a_page_is_chosen_with_the_keyboard(qtbot: QtBot, picker: PagePicker) -> None:
    picker.show_pages(NAMES, 1)
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.box, Qt.Key.Key_Down)
    assert chosen.args == [2]


def test_a_wheel_that_passes_by_chooses_nothing(qtbot: QtBot, picker: PagePicker) -> None:
    picker.show_pages(NAMES, 1)
    place = QPointF(5, 5)
    wheel = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.assertNotEmitted(picker.chosen):
        QApplication.sendEvent(picker.box, wheel)
    assert picker.box.currentIndex() == 1
