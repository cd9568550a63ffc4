from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.project import Project
from bcseg_gui.session.models import Models
from bcseg_gui.ui.dialogs.models import ModelsDialog


@pytest.fixture
def models(qtbot: QtBot, tmp_path: Path, write_model: Callable[..., Path]) -> Models:
    write_model(tmp_path / "weights" / "tiny")
    write_model(tmp_path / "library" / "ward", parent="tiny", created="2026-02-01T00:00:00Z", licence="research")
    models = Models(tmp_path / "weights", tmp_path / "library")
    models.use_project(None)
    return models


@pytest.fixture
def dialog(qtbot: QtBot, models: Models) -> ModelsDialog:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = ModelsDialog(models, window)
    dialog.show()
    dialog.window_ = window
    return dialog


def rows(dialog: ModelsDialog) -> list[list[str]]:
    table = dialog.table
    columns = range(table.columnCount())
    return [[table.item(row, column).text() for column in columns] for row in range(table.rowCount())]


def click(qtbot: QtBot, button: QWidget) -> None:
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_lists_them_with_the_one_in_use(dialog: ModelsDialog) -> None:
    assert [row[0] for row in rows(dialog)] == ["●  tiny", "○  ward"]
    assert rows(dialog)[1][1:] == ["2026-02-01 00:00", "", "tiny", "95.0\u202f%"]
    assert not dialog.use.isEnabled(), "it is used already"
    assert not dialog.back.isEnabled(), "there is none before"


def test_one_click_forth_and_one_back(qtbot: QtBot, dialog: ModelsDialog, models: Models) -> None:
    dialog.table.selectRow(1)
    click(qtbot, dialog.use)
    assert models.active.name == "ward"
    assert [row[0] for row in rows(dialog)] == ["○  tiny", "●  ward"]
    click(qtbot, dialog.back)
    assert models.active.name == "tiny"


def test_compare_names_the_one_in_use_and_the_chosen(qtbot: QtBot, dialog: ModelsDialog) -> None:
    dialog.table.selectRow(1)
    with qtbot.waitSignal(dialog.compare) as asked:
        click(qtbot, dialog.compare_button)
    assert asked.args == ["tiny", "ward"]


def test_sent_and_taken_as_one_file(
    qtbot: QtBot, dialog: ModelsDialog, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "sent"), ""))
    dialog.table.selectRow(1)
    click(qtbot, dialog.export)
    file = tmp_path / "sent.bcseg-model"
    assert file.is_file()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(file), ""))
    with Project.create(tmp_path / "Other.bcseg") as project:
        models.use_project(project)
        click(qtbot, dialog.import_button)
        assert models.active.name == "ward-2"
        assert models.active.parent == "tiny"


def test_a_file_that_is_no_model_is_said(
    qtbot: QtBot, dialog: ModelsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.bcseg-model").write_bytes(b"no model")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(tmp_path / "bad.bcseg-model"), ""))
    click(qtbot, dialog.import_button)
    assert any("not a model of this program" in label.text() for label in dialog.findChildren(QLabel))
