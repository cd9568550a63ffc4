"""The centre of the window: the slide with its tools, or what to do while nothing is open."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from ..messages import MessageBar
from ..slide_view import SlideView


class PicturePane(QWidget):
    def __init__(self, view: SlideView, empty: QWidget, messages: MessageBar, strip: QWidget, options: QWidget) -> None:
        super().__init__()
        self._view, self._empty, self._tools = view, empty, (strip, options)
        self._pages = QStackedWidget()
        self._pages.addWidget(empty)
        self._pages.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(options)
        below = QGridLayout()
        below.setSpacing(0)
        below.addWidget(strip, 0, 0)
        below.addWidget(self._pages, 0, 1)
        # On top of the picture: a message that comes or goes must not move what the user is painting on.
        below.addWidget(messages, 0, 1, Qt.AlignmentFlag.AlignTop)
        below.setColumnStretch(1, 1)
        layout.addLayout(below, 1)
        messages.raise_()

    def show_picture(self, shown: bool) -> None:
        self._pages.setCurrentWidget(self._view if shown else self._empty)
        for widget in self._tools:
            widget.setVisible(shown)
