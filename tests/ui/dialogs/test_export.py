from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.project import Project
from bcseg_gui.ui.dialogs.export import ExportDialog


def press_button(dialog: ExportDialog) -> None:
    (button,) = (button for button in dialog.findChildren(QPushButton) if button.text() in ("Cancel", "Close"))
    button.click()


def press_escape(dialog: ExportDialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def press_cross(dialog: ExportDialog) -> None:
    dialog.close()


@pytest.mark.parametrize("close", [press_button, press_escape, press_cross])
@pytest.mark.parametrize("ended", [False, True])
def test_it_closes(qtbot: QtBot, tmp_path: Path, close: Callable[[ExportDialog], None], ended: bool) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    with Project.create(tmp_path / "ward.bcseg") as project:
        dialog = ExportDialog(project, tmp_path / "pairs", window)
        with qtbot.waitSignal(dialog.destroyed):
            dialog.open()
            if ended:
                qtbot.waitUntil(lambda: dialog.text != "Writing pictures and masks…")
            close(dialog)
