"""The right side: a column of panels that scrolls in a low window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

NARROWEST = 200
"""Device-independent pixels."""


class Side(QScrollArea):
    """Never narrower than its panels in any language, so it only scrolls vertically."""

    def __init__(self, panels: Sequence[QWidget]) -> None:
        super().__init__()
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(22)
        for panel in panels:
            column.addWidget(panel)
        column.addStretch(1)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        needed = self._inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(NARROWEST, needed), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
