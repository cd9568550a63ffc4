"""How the window addresses the user: a bar over the picture, or a box for what cannot wait."""

from __future__ import annotations

import logging

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QSizePolicy, QToolButton, QWidget

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence

from . import theme

log = logging.getLogger(__name__)

INFORMATION_MS = 8000
"""Milliseconds that information stays; a problem stays until dismissed or replaced."""


class MessageBar(QWidget):
    """One sentence over the picture, which never takes the focus or interrupts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self._icon = QLabel()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setToolTip(_("Close this message"))
        self._close.setAccessibleName(_("Close this message"))
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(10)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown; empty when the bar is closed."""
        return "" if self.isHidden() else self._label.text()

    def inform(self, text: str) -> None:
        self._show(text, "info", "#dcebf8", "#16374f")
        self._timer.start(INFORMATION_MS)

    def problem(self, error: BaseException) -> None:
        """Show what went wrong; the log keeps the kind of error, never a path."""
        log.warning("Message shown: %s", error.template if isinstance(error, UserError) else type(error).__name__)
        self._timer.stop()
        self._show(sentence(error), "warning", "#fdefd0", "#5a3a00")

    def _show(self, text: str, icon: str, light: str, dark: str) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(dark if theme.is_dark() else light))
        self.setPalette(palette)
        self._icon.setPixmap(theme.icon(icon).pixmap(theme.ICON_SIZE, theme.ICON_SIZE))
        self._close.setIcon(theme.icon("close"))
        self._label.setText(text)
        self._label.setAccessibleName(text)
        self.show()


def ask(parent: QWidget, question: str, yes: str, no: str) -> bool:
    """Ask a question with two named answers; closing the box means `no`."""
    box = QMessageBox(QMessageBox.Icon.Question, _("bcseg-gui"), question, parent=parent)
    accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    box.setEscapeButton(box.addButton(no, QMessageBox.ButtonRole.RejectRole))
    box.exec()
    return box.clickedButton() is accept
