"""The number beside a percent slider."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


class PercentLabel(QLabel):
    """The same width for every number, so that the slider beside it keeps its size."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("100 %") + 4)

    def show_percent(self, percent: int) -> None:
        self.setText(f"{percent} %")
