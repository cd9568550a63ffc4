"""Shared by operations: the wait cursor, and the folder where file dialogs start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication

from bcseg_gui.core.settings import LAST_FOLDER


@contextmanager
def busy() -> Iterator[None]:
    """Show the wait cursor meanwhile."""
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()


def last_folder() -> str:
    """Return the folder of what was opened last."""
    return str(QSettings().value(LAST_FOLDER.key, LAST_FOLDER.default()))


def remember_folder(opened: Path) -> None:
    QSettings().setValue(LAST_FOLDER.key, str(opened.absolute().parent))
