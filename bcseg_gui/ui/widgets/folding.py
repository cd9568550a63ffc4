"""The header of a folding section."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy


class FoldingHeader(QPushButton):
    """Emits `toggled(True)` to unfold. A long title is cut rather than widening the column."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(
            "QPushButton { border: none; padding: 2px 0; text-align: left; font-weight: 600; }"
            "QPushButton:focus { text-decoration: underline; }"
        )

    def show_title(self, title: str) -> None:
        """Show the title and an arrow that says whether the section is open."""
        self.setText(f"{title} {'▾' if self.isChecked() else '▸'}")
        self.setAccessibleName(title)
