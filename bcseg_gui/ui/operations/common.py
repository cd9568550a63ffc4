"""Shared by operations: what they work with, the wait cursor, and the folder where file dialogs start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QWidget

from bcseg_gui.core.settings import LAST_FOLDER
from bcseg_gui.session.session import Session

from ..messages import MessageBar
from ..slide_view import SlideView
from .failures import Failures


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of a window that operations work with."""

    session: Session
    view: SlideView
    messages: MessageBar
    window: QWidget
    """Parent of the dialogs that operations open"""
    failures: Failures


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
