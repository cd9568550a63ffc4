from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from bcseg_gui.core.masks import MaskClass
from bcseg_gui.core.project import Project
from bcseg_gui.session.backups import Backups


@pytest.fixture
def backups(qtbot: QtBot) -> Backups:
    return Backups()


def test_one_when_a_project_is_opened_and_one_when_it_has_changed(qtbot, backups: Backups, tmp_path: Path) -> None:
    timer = backups.findChild(QTimer)
    with Project.create(tmp_path / "P.bcseg") as project:
        with qtbot.waitSignal(backups.made) as made:
            backups.follow(project.folder)
        first = made.args[0]
        assert first.parent == project.folder / "backups"
        backups.follow(project.folder)
        with qtbot.waitSignal(backups.made) as made:
            timer.timeout.emit()
        assert made.args[0] is None
        first.rename(first.with_name("2020-01-01T00-00-00.zip"))  # else both may be of the same second
        project.set_classes([MaskClass(1, "red cell", "#ff0000")])
        with qtbot.waitSignal(backups.made) as made:
            timer.timeout.emit()
        assert made.args[0].is_file()
        backups.follow(None)
        assert not timer.isActive()


def test_one_that_fails_is_only_logged(qtbot, backups: Backups, tmp_path: Path, caplog) -> None:
    with Project.create(tmp_path / "P.bcseg") as project:
        (project.folder / "backups").write_text("in the way")
        backups.follow(project.folder)
        qtbot.waitUntil(lambda: "No backup" in caplog.text)
    backups.follow(None)
