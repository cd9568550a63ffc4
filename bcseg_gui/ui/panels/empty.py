"""What stands in the middle while nothing is open: what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from ...core.i18n import _

WIDTH = 300


class EmptyState(QWidget):
    def __init__(self, main: QAction, others: tuple[QAction, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(_("Open a blood smear"))
        title.setObjectName("emptyTitle")
        hint = QLabel(_("A picture, a whole slide or a folder of them. You can also drop files here."))
        hint.setObjectName("caption")
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            label.setFixedWidth(WIDTH + 60)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(hint, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12)
        for action in (main, *others):
            layout.addWidget(_button(action, action is main), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)


def _button(action: QAction, main: bool) -> QPushButton:
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.setProperty("main", main)
    button.setMinimumWidth(WIDTH)
    button.setMinimumHeight(36)
    button.clicked.connect(action.trigger)
    return button
