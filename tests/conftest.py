"""Every test runs without a display, in English, and with a home of its own."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before anything imports Qt: no window ever opens on the developer's screen.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["BCSEG_LANG"] = "en"

import pytest
from hypothesis import settings
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication

from bcseg_gui.core import i18n
from tests.waiting import PatientQtBot

ROOT = Path(__file__).resolve().parent.parent

# The suite runs beside other work; a slow machine is not a failing test.
settings.register_profile("bcseg", deadline=None)
settings.load_profile("bcseg")


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home folder: no test reads or writes the developer's settings, models or projects."""
    # Not under tmp_path, which many tests list or fill.
    with tempfile.TemporaryDirectory(prefix="bcseg-home-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        for name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, folder)
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
            monkeypatch.setenv(name, str(home / name.lower()))
        monkeypatch.setenv("BCSEG_LANG", "en")
        i18n.install("en")
        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, str(home / "settings"))
        yield home


@pytest.fixture(autouse=True)
def no_widget_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a window behind: in the app it would be memory that never comes back."""
    failed_before = request.session.testsfailed
    yield
    app = QApplication.instance()
    if not isinstance(app, QApplication) or request.session.testsfailed > failed_before:
        return
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if app.topLevelWidgets():
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = app.topLevelWidgets()
    if left:
        names = [f"{type(widget).__name__} {widget.objectName()!r} {widget.windowTitle()!r}" for widget in left]
        # So that the next test is judged by its own widgets.
        for widget in left:
            widget.close()
            widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        pytest.fail(f"widgets left behind: {', '.join(names)}")


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientQtBot:
    return PatientQtBot(request)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real pictures and slides: BCSEG_DATA, else `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("BCSEG_DATA") or ROOT.parent / "shared/data")
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist (set BCSEG_DATA)")
    return folder
