"""The window with two pictures, for tests of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from bcseg_gui import app
from bcseg_gui.ui.main_window import MainWindow


@pytest.fixture
def running(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[app.Running]:
    """The app with two pictures open; the compute process never answers."""
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    for path in paths:
        cv2.imwrite(str(path), np.full((300, 400, 3), 200, np.uint8))
    running = app.Running(app.Options())
    monkeypatch.setattr(running.client, "start", lambda: None)
    monkeypatch.setattr(running.client, "submit", lambda _request: None)
    with qtbot.waitActive(running.window):
        running.window.show()
        running.window.activateWindow()
    running.window.operations.files.open_paths(paths)
    yield running
    running.window.close()
    running.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(running: app.Running) -> MainWindow:
    return running.window
