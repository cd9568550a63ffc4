"""Which reviewed pictures are held out for testing, and moving them by hand, at a price."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.project import Project, SlideEntry, Split

from .. import messages


class TestPicturesDialog(QDialog):
    """Saves each change at once, after a warning before the first."""

    __test__ = False  # not a test class, whatever its name
    changed = Signal()

    def __init__(self, project: Project, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Test pictures"))
        self.resize(420, 420)
        self._project = project
        self._warned = False
        explanation = QLabel(
            _(
                "The model never learns from the pictures that are ticked: old and new model are compared on them. "
                "Each picture gets its place once, when it is first reviewed."
            )
        )
        explanation.setObjectName("caption")
        explanation.setWordWrap(True)
        self.rows = QListWidget()
        self.rows.setAccessibleName(_("Test pictures"))
        self._problem = QLabel()
        self._problem.setObjectName("warning")
        self._problem.setWordWrap(True)
        close = QPushButton(_("Close"))
        close.clicked.connect(self.close)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        for part in (explanation, self.rows, self._problem):
            layout.addWidget(part)
        layout.addLayout(ends)
        for entry in self._entries():
            item = QListWidgetItem(entry.path.stem)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            self.rows.addItem(item)
        self._show()
        self.rows.itemChanged.connect(self._toggled)

    def _entries(self) -> list[SlideEntry]:
        return [entry for entry in self._project.slides if entry.status == "reviewed" and entry.split]

    def _show(self) -> None:
        self.rows.blockSignals(True)
        for row, entry in enumerate(self._entries()):
            state = Qt.CheckState.Checked if entry.split == "holdout" else Qt.CheckState.Unchecked
            self.rows.item(row).setCheckState(state)
        self.rows.blockSignals(False)

    def _toggled(self, item: QListWidgetItem) -> None:
        side: Split = "holdout" if item.checkState() == Qt.CheckState.Checked else "train"
        question = _(
            "A model that has learnt from a picture does too well on it: with other test pictures the comparison says "
            "less, and earlier results cannot be compared with it."
        )
        self._problem.clear()
        try:
            if self._warned or messages.ask(self, question, _("Change it"), _("Leave it")):
                self._warned = True
                self._project.move(self._entries()[self.rows.row(item)], side)
        except UserError as error:
            self._problem.setText(sentence(error))
        self._show()
        self.changed.emit()
