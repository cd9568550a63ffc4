"""Which page of a multi-page file is open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from bcseg_gui.core.i18n import _

from ..widgets.combo_box import ComboBox

SHORTEST = 8
"""Characters of an entry that stay visible when space is short."""


class PagePicker(QWidget):
    """Hidden for a single page. Only the user's choice emits `chosen`."""

    chosen = Signal(int)
    """Page, from 0"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ComboBox()
        self.box.setAccessibleName(_("Page of the file"))
        self.box.setToolTip(_("This file holds several pictures, each with cells of its own"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(SHORTEST)
        self.box.activated.connect(self._activated)
        self.label = QLabel(_("page"))
        self.label.setBuddy(self.box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.box)
        self._names: tuple[str, ...] = ()
        self._page = 0
        self.hide()

    def show_pages(self, names: Sequence[str], page: int) -> None:
        """`names`: one per page; `page`: from 0."""
        self._page = page
        with QSignalBlocker(self.box):
            if self._names != tuple(names):
                self._names = tuple(names)
                self.box.clear()
                self.box.addItems([page_text(names, index) for index in range(len(names))])
                self._widen_list()
            self.box.setCurrentIndex(page)
        self.setVisible(len(names) > 1)

    def _widen_list(self) -> None:
        """Make the list wide enough for the names, which the closed box may cut."""
        view = self.box.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * view.frameWidth() + 24)

    def _activated(self, page: int) -> None:
        if page != self._page:
            self.chosen.emit(page)


def page_text(names: Sequence[str], page: int) -> str:
    """Return “2 of 7 · stained”, for example; a name that only repeats the number is left out."""
    text = _("{page} of {pages}").format(page=page + 1, pages=len(names))
    name = names[page]
    return text if name in ("", str(page + 1)) else f"{text} · {name}"
