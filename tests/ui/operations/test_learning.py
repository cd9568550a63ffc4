from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from bcseg_gui.ui.main_window import MainWindow


def test_a_folder_that_is_no_model_is_refused(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = window.session.models.active
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(tmp_path))
    window.actions_["import_model"].trigger()
    assert window.messages.text
    assert window.session.models.active == active


def test_nothing_is_asked_where_no_model_learns(window: MainWindow) -> None:
    assert window.operations.learning.retraining is None
    assert window.operations.learning.may_stop_training("Quit")
