"""What surrounds the window: command line, log, and the exception that nobody expected."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from bcseg_gui import app

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def running(qapp: QApplication) -> Iterator[app.Running]:
    running = app.Running(app.Options())
    # No compute process is needed here.
    running.client.start = lambda: None
    running.client.submit = lambda _request: None
    yield running
    running.window.close()
    running.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_command_line() -> None:
    assert app.parse(["a.png", "ward", "--lang", "fr"]) == app.Options((Path("a.png"), Path("ward")), "fr")
    with pytest.raises(SystemExit):
        app.parse(["--lang", "tlh"])


def test_help_and_wrong_usage_need_no_window() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "bcseg_gui", "--wrong"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "--wrong" in answer.stderr


def test_an_unforeseen_error_is_told_and_logged_without_its_text(
    running: app.Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    running.install_excepthook()
    path = "/patients/Jane Doe.png"
    try:
        raise ValueError(path)
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "Something unexpected went wrong" in running.window.messages.text
    assert "Unforeseen ValueError" in caplog.text
    assert "test_app.py" in caplog.text
    assert "Jane" not in caplog.text


def test_the_log_is_a_file_in_the_users_own_folder() -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        app.start_log()
        logging.getLogger("bcseg_gui").info("hello")
        path = platformdirs.user_log_path("bcseg-gui", appauthor=False) / "bcseg-gui.log"
        assert "hello" in path.read_text(encoding="utf-8")
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)


def test_the_sample_smear_can_be_written_to(running: app.Running, tmp_path: Path) -> None:
    running.window.operations.files.open_sample()
    assert running.window.session.document is not None, running.window.messages.text
    assert platformdirs.user_data_path("bcseg-gui", appauthor=False) in running.window.session.document.path.parents
