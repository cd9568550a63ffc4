from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.project import Project
from bcseg_gui.ui import messages
from bcseg_gui.ui.dialogs.holdout import TestPicturesDialog


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "Ward.bcseg") as project:
        for number in range(3):
            path = tmp_path / f"field{number}.png"
            cv2.imwrite(str(path), np.full((20, 20, 3), number, np.uint8))
            project.update(replace(project.add(path), status="reviewed"))
        yield project


@pytest.fixture
def dialog(qtbot: QtBot, project: Project) -> TestPicturesDialog:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TestPicturesDialog(project, window)
    dialog.window_ = window
    return dialog


def ticked(dialog: TestPicturesDialog) -> list[bool]:
    return [dialog.rows.item(row).checkState() == Qt.CheckState.Checked for row in range(dialog.rows.count())]


@pytest.mark.parametrize("agreed", [True, False])
def test_a_picture_changes_sides_for_good_once_the_warning_is_read(
    dialog: TestPicturesDialog, project: Project, agreed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [entry.split == "holdout" for entry in project.slides]
    assert ticked(dialog) == before
    warned: list[str] = []
    monkeypatch.setattr(messages, "ask", lambda _parent, question, *_answers: warned.append(question) or agreed)
    row = before.index(False)
    dialog.rows.item(row).setCheckState(Qt.CheckState.Checked)
    assert len(warned) == 1
    assert (project.slides[row].split, project.slides[row].split_by_hand) == ("holdout" if agreed else "train", agreed)
    assert ticked(dialog) == [entry.split == "holdout" for entry in project.slides]
    with_another_review = project.update(replace(project.slides[row], status="doing"))
    assert with_another_review.split == project.slides[row].split
