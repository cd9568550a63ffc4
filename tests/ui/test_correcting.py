"""Correcting through the whole window: actions, classes, keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from bcseg_gui import app
from bcseg_gui.core import i18n
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.core.project.classes import added
from bcseg_gui.ui.dialogs.classes import ClassesDialog
from bcseg_gui.ui.dialogs.shortcuts import ShortcutsDialog
from bcseg_gui.ui.main_window import MainWindow

CELL = Region(60, 60, 30, 30)
INSIDE = QPoint(75, 75)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    i18n.install("en")
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((200, 300, 3), 240, np.uint8))
    running = app.Running(app.Options())
    qtbot.addWidget(running.window)
    running.window.show()
    running.session.open([tmp_path])
    QCoreApplication.processEvents()
    yield running.window
    running.window.close()


def paint(window: MainWindow, region: Region = CELL, class_id: int = 1) -> None:
    document = window.session.document
    document.begin_stroke("brush", class_id)
    document.paint(region, np.ones((region.h, region.w), np.bool_))
    document.end_stroke()


def at(window: MainWindow, place: QPoint) -> int:
    return int(window.session.document.read_mask(Region(place.x(), place.y(), 1, 1))[0, 0])


def point_at(window: MainWindow, place: QPoint) -> None:
    QTest.mouseMove(window.view.viewport(), window.view.mapFromScene(place))


def click(window: MainWindow, place: QPoint) -> None:
    point_at(window, place)
    QTest.mouseClick(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(place))


def three_classes(window: MainWindow) -> None:
    classes = window.session.classes
    classes.set(added(added(classes.list, "white cell"), "platelet"))


def test_the_cell_under_the_pointer_is_deleted_by_its_key_and_comes_back(window: MainWindow) -> None:
    paint(window)
    point_at(window, INSIDE)
    window.actions_["delete"].trigger()
    assert at(window, INSIDE) == MANUAL
    assert window.session.document.undo_text == "delete"
    window.actions_["undo"].trigger()
    assert at(window, INSIDE) == 1 | MANUAL


def test_a_key_gives_the_picked_cell_its_class_and_one_without_a_class_does_nothing(window: MainWindow) -> None:
    three_classes(window)
    paint(window)
    window.actions_["cells"].trigger()
    click(window, INSIDE)
    window.operations.editing.choose_key(2)
    assert at(window, INSIDE) == 2 | MANUAL
    assert window.session.tools.class_id == 2
    edits = len(window.session.document.edits())
    window.operations.editing.choose_key(7)
    assert len(window.session.document.edits()) == edits
    assert window.session.tools.class_id == 2


def test_add_class_begins_a_new_one(window: MainWindow) -> None:
    window.classes.button.click()
    dialog = window.findChild(ClassesDialog)
    assert dialog is not None
    assert len(dialog.edited) == 2
    dialog.reject()


def test_undo_says_what_it_takes_back(window: MainWindow, qtbot: QtBot) -> None:
    assert window.actions_["undo"].text() == "Undo"
    paint(window)
    qtbot.waitUntil(lambda: window.actions_["undo"].text() == "Undo: Brush")
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.actions_["redo"].text() == "Redo: Brush")
    assert window.actions_["undo"].text() == "Undo"


def test_a_picture_from_which_all_was_taken_back_is_not_reviewed(window: MainWindow) -> None:
    paint(window)
    window.actions_["reviewed"].trigger()
    window.session.select(0)
    assert window.session.reviewing.status == "reviewed"
    window.actions_["undo"].trigger()
    assert window.session.reviewing.status == "todo"
    assert not window.actions_["reviewed"].isEnabled()


def test_a_picture_that_is_shown_again_is_repainted_once(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(window)
    document = window.session.document
    changes: list[Region] = []
    for _ in range(3):
        window.session.documentChanged.emit()
    monkeypatch.setattr(window.view, "mask_changed", lambda region, **_options: changes.append(region))
    document.maskChanged.emit(CELL)
    assert changes == [CELL]


def test_what_was_found_is_kept_by_accepting_it(window: MainWindow, qtbot: QtBot) -> None:
    document = window.session.document
    edit = document.needed_mask().begin("segment", model="tiny")
    edit.predict(CELL, np.ones((CELL.h, CELL.w), np.uint8))
    edit.commit()
    document.historyChanged.emit()
    qtbot.waitUntil(window.actions_["accept"].isEnabled)
    window.actions_["accept"].trigger()
    assert at(window, INSIDE) == 1 | MANUAL
    assert document.undo_text == "accept"


def test_the_sheet_of_keys_opens_and_knows_the_tools(window: MainWindow) -> None:
    window.actions_["shortcuts"].trigger()
    assert window.findChild(ShortcutsDialog) is not None
    window.findChild(ShortcutsDialog).reject()


def test_the_mask_is_out_of_the_way_as_long_as_tab_is_held(window: MainWindow) -> None:
    paint(window)
    point_at(window, INSIDE)
    window.view.setFocus()
    QTest.keyPress(window.view, Qt.Key.Key_Tab)
    assert not window.view.mask_layer.item.isVisible()
    QTest.keyRelease(window.view, Qt.Key.Key_Tab)
    assert window.view.mask_layer.item.isVisible()


def test_undo_and_redo_follow_each_other_at_once(window: MainWindow) -> None:
    paint(window)
    for key in ("undo", "redo", "undo", "redo"):
        window.actions_[key].trigger()
    assert at(window, INSIDE) == 1 | MANUAL


def test_undo_in_the_middle_of_a_stroke_takes_that_stroke_back(window: MainWindow) -> None:
    paint(window, Region(200, 100, 30, 30))
    window.actions_["brush"].trigger()
    point_at(window, INSIDE)
    QTest.mousePress(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(INSIDE))
    assert at(window, INSIDE) == 1 | MANUAL

    window.actions_["undo"].trigger()
    QTest.mouseRelease(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(INSIDE))

    assert at(window, INSIDE) == 0
    assert at(window, QPoint(215, 115)) == 1 | MANUAL
    assert len(window.session.document.edits()) == 2


def test_undo_takes_corners_back_first_also_where_there_is_no_history(window: MainWindow) -> None:
    window.actions_["outline"].trigger()
    for place in (QPoint(60, 60), QPoint(90, 60), QPoint(90, 90), QPoint(250, 150)):
        click(window, place)
    QTest.keyClick(window.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window.view, Qt.Key.Key_Return)

    assert at(window, QPoint(85, 65)) == 1 | MANUAL
    assert at(window, QPoint(200, 120)) == 0
    assert window.session.reviewing.status == "doing", "Enter was for the outline"


def test_a_key_to_delete_first_ends_the_stroke_under_way(window: MainWindow) -> None:
    window.actions_["brush"].trigger()
    point_at(window, INSIDE)
    QTest.mousePress(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(INSIDE))
    window.actions_["delete"].setEnabled(True)
    window.actions_["delete"].trigger()

    assert at(window, INSIDE) == MANUAL
    assert [edit.tool for edit in window.session.document.edits()] == ["brush", "delete"]


def test_the_brush_can_be_sized_in_the_middle_of_a_stroke(window: MainWindow) -> None:
    window.actions_["brush"].trigger()
    point_at(window, INSIDE)
    QTest.mousePress(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(INSIDE))
    window.actions_["brush_larger"].trigger()
    QTest.mouseMove(window.view.viewport(), window.view.mapFromScene(INSIDE + QPoint(40, 0)))
    QTest.mouseRelease(
        window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(INSIDE + QPoint(40, 0))
    )

    assert len(window.session.document.edits()) == 1
    assert at(window, INSIDE + QPoint(20, 0)) == 1 | MANUAL


def test_painting_while_the_cells_are_hidden_says_how_to_see_them(window: MainWindow) -> None:
    window.actions_["show_mask"].trigger()
    window.actions_["brush"].trigger()
    click(window, INSIDE)

    assert "Press M" in window.messages.text
    assert at(window, INSIDE) == 1 | MANUAL


def test_what_is_typed_into_a_field_is_not_taken_by_the_picture(window: MainWindow, qtbot: QtBot) -> None:
    field = QLineEdit(window)
    field.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    field.setFocus()
    point_at(window, INSIDE)
    point_at(window, INSIDE + QPoint(1, 0))
    assert field.hasFocus()
    click(window, INSIDE)
    assert window.view.hasFocus()


def test_a_cell_copied_where_there_were_other_classes_becomes_one_of_the_first(window: MainWindow) -> None:
    three_classes(window)
    paint(window, class_id=3)
    point_at(window, INSIDE)
    window.actions_["copy"].trigger()
    window.actions_["delete"].trigger()
    window.session.save()
    window.session.document.mask.jump(0)
    window.session.classes.remove(3)
    point_at(window, QPoint(200, 100))
    window.actions_["paste"].trigger()
    assert at(window, QPoint(200, 100)) == 1 | MANUAL


def test_undo_while_cells_are_found_says_why_not(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(window)
    monkeypatch.setattr(type(window.session.document), "segmenting", True)
    window.actions_.refresh(window.session)
    window.actions_["undo"].trigger()
    assert "Stop the segmentation" in window.messages.text
    assert at(window, INSIDE) == 1 | MANUAL


def test_another_picture_ends_a_stroke_of_keys(window: MainWindow) -> None:
    window.actions_["brush"].trigger()
    point_at(window, INSIDE)
    window.view.setFocus()
    QTest.keyClick(window.view, Qt.Key.Key_P)
    (window.session.worklist[1].path).write_bytes(b"no picture")
    window.operations.viewing.select(1)
    assert window.view.gesture.is_idle
    point_at(window, INSIDE + QPoint(60, 0))
    QTest.keyClick(window.view, Qt.Key.Key_P)
    QTest.keyClick(window.view, Qt.Key.Key_P)
    assert len(window.session.document.edits()) == 2
