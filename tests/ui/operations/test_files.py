from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from bcseg_gui.session.samples import sample_folder
from bcseg_gui.ui.main_window import MainWindow


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Set what the next file dialogs return."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_arguments: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_arguments: ([str(path)], ""))


def test_a_picture_or_a_folder_is_opened(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    for name in ("c", "d", "e"):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((200, 200, 3), 200, np.uint8))
    choose(monkeypatch, folder)
    window.actions_["open_folder"].trigger()
    assert [item.path.stem for item in window.session.worklist] == ["c", "d", "e"]
    choose(monkeypatch, folder / "d.png")
    window.actions_["open"].trigger()
    assert window.windowTitle() == "d.png – bcseg-gui"


def test_the_sample_is_opened(window: MainWindow) -> None:
    window.actions_["open_sample"].trigger()
    document = window.session.document
    assert document is not None
    assert document.path.parent == sample_folder()


def test_what_cannot_be_opened_says_so_and_nothing_changes(window: MainWindow, tmp_path: Path) -> None:
    before = window.windowTitle()
    window.operations.files.open_paths([tmp_path / "missing.png"])
    assert window.messages.text
    assert window.windowTitle() == before


def test_a_mask_is_imported_once(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[50:90, 50:90] = 1
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), mask)
    choose(monkeypatch, path)
    window.actions_["import_mask"].trigger()
    document = window.session.document
    assert document is not None
    assert (document.read_mask(document.whole) > 0).sum() == 1600
    assert document.undo_text == "import"
    window.actions_["import_mask"].trigger()
    assert window.messages.text == "This mask is what the picture has already."


def test_quit_closes_the_window(window: MainWindow) -> None:
    window.actions_["quit"].trigger()
    assert not window.isVisible()


def test_who_does_not_want_to_lose_anything_stays(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.operations.files, "may_close", lambda: False)
    window.actions_["quit"].trigger()
    assert window.isVisible()
