"""Shown while nothing is open: what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _

WIDTH = 320


class EmptyState(QWidget):
    def __init__(self, main: QAction, others: tuple[QAction, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(_("Open a blood smear"))
        title.setObjectName("emptyTitle")
        # Two lines and no word wrap: a label that wraps asks for too little height inside a centred column.
        hint = QLabel(_("A picture, a whole slide or a folder of them.\nYou can also drop files here."))
        hint.setObjectName("caption")
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QWidget()
        column.setMinimumWidth(WIDTH)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(title)
        inner.addWidget(hint)
        inner.addSpacing(12)
        for action in (main, *others):
            inner.addWidget(_button(action, action is main))
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)


def _button(action: QAction, main: bool) -> QPushButton:
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.setProperty("main", main)
    button.setMinimumHeight(36)
    button.clicked.connect(action.trigger)
    return button
