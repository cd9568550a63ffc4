"""What is on disk was damaged while the program was not running."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.ui.dialogs.recover import RecoverDialog
from bcseg_gui.ui.main_window import MainWindow

PAINTED = QPoint(70, 60)


def paint(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session.document is not None)
    window.actions_["brush"].trigger()
    port, view = window.view.viewport(), window.view
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=view.mapFromScene(QPoint(20, 60)))
    QTest.mouseMove(port, view.mapFromScene(QPoint(120, 60)))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=view.mapFromScene(QPoint(120, 60)))


def test_a_damaged_mask_is_recovered_in_the_window(qtbot: QtBot, run_main, fields: Path) -> None:
    picture = fields / "field0.png"
    run_main([str(picture)], lambda window: paint(qtbot, window))
    (mask,) = fields.glob("*.bcseg/slides/*/mask.sqlite")
    data = bytearray(mask.read_bytes())
    data[:4096] = bytes(4096)
    mask.write_bytes(data)

    def script(window: MainWindow) -> None:
        def dialog() -> RecoverDialog | None:
            return window.findChild(RecoverDialog)

        qtbot.waitUntil(lambda: dialog() is not None)
        asked = dialog()
        assert asked is not None
        recover = next(button for button in asked.findChildren(QPushButton) if button.text() == "Recover")
        qtbot.waitUntil(recover.isVisible)
        recover.click()
        qtbot.waitUntil(lambda: window.session.document is not None)
        document = window.session.document
        assert document is not None
        there = document.read_mask(Region(PAINTED.x(), PAINTED.y(), 1, 1))
        np.testing.assert_array_equal(there, [[1 | MANUAL]])
        assert "recovered" in window.messages.text
        assert mask.read_bytes()[:4096] != bytes(4096)

    run_main([str(picture)], script)
    (kept,) = mask.parent.glob("mask-damaged-*.sqlite")
    assert kept.read_bytes() == bytes(data)


def test_a_damaged_list_of_pictures_comes_back_from_a_backup(qtbot: QtBot, run_main, fields: Path) -> None:
    picture = fields / "field0.png"
    run_main([str(picture)], lambda window: paint(qtbot, window))
    run_main([str(picture)], lambda window: paint(qtbot, window))  # a project is backed up when it is opened
    (project,) = fields.glob("*.bcseg/project.json")
    project.write_bytes(b"{")

    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        assert "damaged" in window.messages.text
        document = window.session.document
        assert document is not None
        assert len(document.edits()) == 1

    run_main([str(picture)], script)
    assert list(project.parent.glob("project-damaged-*.json"))
