"""Recovering a damaged mask: what can be saved, and whether to do it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, ngettext, sentence
from bcseg_gui.core.masks.storage.recovery import Recovered
from bcseg_gui.session.recovering import Recovering


class RecoverDialog(QDialog):
    """Examines the damaged file, then asks; changes nothing until confirmed."""

    recovered = Signal(str)
    """One sentence: the picture can be worked on again"""

    def __init__(self, recovering: Recovering, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Damaged corrections"))
        self.setMinimumWidth(460)
        self._name = recovering.picture.name
        self._recovering = recovering
        recovering.setParent(self)
        self._text = QLabel(_("Looking at what can be recovered of “{name}”…").format(name=self._name))
        self._text.setObjectName("headline")
        self._more = QLabel()
        self._more.setObjectName("caption")
        self._more.hide()
        for label in (self._text, self._more):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setRange(0, 0)
        self._recover = QPushButton(_("Recover"))
        self._recover.clicked.connect(self._begin)
        self._recover.hide()
        self._leave = QPushButton(_("Leave it"))
        self._leave.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._recover)
        buttons.addWidget(self._leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        for widget in (self._text, self._more, self._bar):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        recovering.examined.connect(self._ask)
        recovering.recovered.connect(self._recovered)
        recovering.failed.connect(self._failed)
        recovering.examine()

    @property
    def text(self) -> str:
        return self._text.text()

    @property
    def more(self) -> str:
        return self._more.text()

    def _ask(self, found: Recovered) -> None:
        self._text.setText(_damage(self._name, found))
        more = [_undo(found)]
        if found.lost or found.more_lost:
            more.insert(0, _("A part is a square of 512 pixels; the cells of a missing one have to be found again."))
        if self._recovering.loses_strokes:
            more.append(_("What you painted last could not be saved, and is lost with it."))
        self._more.setText(" ".join(more))
        self._more.show()
        self._bar.hide()
        self._recover.show()
        self._recover.setDefault(True)
        self._recover.setFocus()

    def _begin(self) -> None:
        self._text.setText(_("Recovering “{name}”…").format(name=self._name))
        self._more.hide()
        self._bar.show()
        self._recover.hide()
        self._leave.setEnabled(False)  # takes seconds, and half a recovery is useless
        self._recovering.recover()

    def _recovered(self, found: Recovered) -> None:
        assert found.kept is not None
        text = _("“{name}” is recovered. The damaged file is kept as “{kept}”.")
        self.recovered.emit(text.format(name=self._name, kept=found.kept))
        self._leave.setEnabled(True)
        self.accept()

    def _failed(self, error: Exception) -> None:
        self._text.setText(sentence(error))
        self._more.hide()
        self._bar.hide()
        self._recover.hide()
        self._leave.setEnabled(True)
        self._leave.setText(_("Close"))

    def reject(self) -> None:
        """Close the dialog, except in the middle of a recovery."""
        if self._leave.isEnabled():
            super().reject()

    def done(self, result: int) -> None:
        self._recovering.stop()
        super().done(result)


def _damage(name: str, found: Recovered) -> str:
    if found.more_lost:
        text = ngettext(
            "The corrections of “{name}” are damaged. {saved} part of them can be recovered, others are missing; "
            "the damaged file is kept.",
            "The corrections of “{name}” are damaged. {saved} parts of them can be recovered, others are missing; "
            "the damaged file is kept.",
            found.tiles,
        )
        return text.format(name=name, saved=found.tiles)
    if not found.lost:
        text = _("The corrections of “{name}” are damaged. All cells can be recovered; the damaged file is kept.")
        return text.format(name=name)
    total = found.tiles + found.lost
    text = ngettext(
        "The corrections of “{name}” are damaged. {saved} of {n} part of them can be recovered; the damaged file is "
        "kept.",
        "The corrections of “{name}” are damaged. {saved} of {n} parts of them can be recovered; the damaged file is "
        "kept.",
        total,
    )
    return text.format(name=name, saved=found.tiles, n=total)


def _undo(found: Recovered) -> str:
    if not found.edits:
        return _("What was done before cannot be undone any more.")
    return ngettext(
        "The last change can still be undone.", "The last {n} changes can still be undone.", found.edits
    ).format(n=found.edits)
