"""Exporting reviewed pictures: progress, then the folder they are in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.project import Project
from bcseg_gui.session.exporting import export


class ExportDialog(QDialog):
    """Starts writing at once."""

    def __init__(self, project: Project, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Export"))
        self.setMinimumWidth(460)
        self._text = QLabel(_("Writing pictures and masks…"))
        self._text.setObjectName("headline")
        self._where = QLabel(str(folder))
        self._where.setObjectName("caption")
        for label in (self._text, self._where):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setRange(0, 0)
        self._open = QPushButton(_("Open the folder"))
        self._open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self._open.hide()
        self._close = QPushButton(_("Cancel"))
        self._close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._open)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        for widget in (self._text, self._where, self._bar):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        self._writing = export(project, folder, self)
        self._writing.progressed.connect(self._progressed)
        self._writing.finished.connect(self._finished)
        self._writing.failed.connect(self._failed)

    @property
    def text(self) -> str:
        return self._text.text()

    def _progressed(self, done: int, total: int) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _finished(self, pairs: int) -> None:
        self._end(
            ngettext("Done: {n} picture with its mask.", "Done: {n} pictures with their masks.", pairs).format(n=pairs)
        )
        self._open.show()
        self._open.setFocus()

    def _failed(self, error: Exception) -> None:
        self._where.hide()
        self._end(sentence(error))

    def _end(self, text: str) -> None:
        self._text.setText(text)
        self._bar.hide()
        self._close.setText(_("Close"))

    def done(self, result: int) -> None:
        """Stop writing, whichever way the dialog is closed."""
        self._writing.stop()
        super().done(result)
