"""The shortcuts sheet: every key, and what mouse and pen do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _

from ..shortcuts import Shortcut, ShortcutGroup, mouse_shortcuts, slide_shortcuts
from ..widgets.search_box import SearchBox

WIDTH, HEIGHT = 920, 640
_MIDDLE = Qt.AlignmentFlag.AlignVCenter

_STYLE = """
QLabel#key {
    background: palette(base); color: palette(text); padding: 1px 6px; min-width: 10px;
    border: 1px solid palette(mid); border-bottom-width: 2px; border-radius: 4px;
}
QScrollArea { background: palette(window); }
"""


class ShortcutsDialog(QDialog):
    """Typing filters by key or by what it does; Escape, ? and F1 close the sheet."""

    def __init__(self, menus: Sequence[ShortcutGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Keys and mouse"))
        self.setStyleSheet(_STYLE)
        self._groups = [group for group in (*menus, mouse_shortcuts(), slide_shortcuts()) if group.shortcuts]
        self._shown: list[tuple[QWidget, list[tuple[Shortcut, QWidget]]]] = []
        """Each group with its lines"""
        self.search = SearchBox()
        self.search.setPlaceholderText(_("Find a key or what it does"))
        self.search.setAccessibleName(_("Find a key or what it does"))
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self._none = QLabel(_("There is no key for that."))
        self._none.setObjectName("caption")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.hide()
        self._area = QScrollArea()
        self._lay_out()
        self.search.textChanged.connect(self._find)
        self.search.givenUp.connect(self.reject)
        self.search.left.connect(self._area.setFocus)
        self.resize(WIDTH, HEIGHT)

    def _lay_out(self) -> None:
        sheet = QWidget()
        columns = QHBoxLayout(sheet)
        columns.setContentsMargins(24, 4, 24, 20)
        columns.setSpacing(44)
        for part in _in_two_columns(self._groups):
            column = QVBoxLayout()
            column.setSpacing(18)
            for group in part:
                column.addWidget(self._group(group))
            column.addStretch(1)
            columns.addLayout(column, 1)
        self._area.setWidget(sheet)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = QHBoxLayout()
        head.setContentsMargins(24, 18, 24, 6)
        head.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self._none)
        layout.addWidget(self._area, 1)

    def _group(self, group: ShortcutGroup) -> QWidget:
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        title = QLabel(group.title)
        title.setObjectName("panelTitle")
        column.addWidget(title)
        lines = [(shortcut, _line(shortcut)) for shortcut in group.shortcuts]
        for _shortcut, line in lines:
            column.addWidget(line)
        self._shown.append((widget, lines))
        return widget

    def _find(self, text: str) -> None:
        wanted = text.strip().casefold()
        is_any = False
        for widget, lines in self._shown:
            matches = [shortcut.matches(wanted) for shortcut, _line in lines]
            for (_shortcut, line), is_match in zip(lines, matches, strict=True):
                line.setVisible(is_match)
            widget.setVisible(any(matches))
            is_any |= any(matches)
        self._none.setVisible(not is_any)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close on the key that opened the sheet, even while the search has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.text() == "?":
            self.reject()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "?" or event.key() == Qt.Key.Key_F1:
            self.reject()
        else:
            super().keyPressEvent(event)


def _in_two_columns(groups: Sequence[ShortcutGroup]) -> tuple[Sequence[ShortcutGroup], Sequence[ShortcutGroup]]:
    """Keep the order, and make the columns as equal in height as possible."""
    heights = [len(group.shortcuts) + 2 for group in groups]
    cuts = range(1, len(heights) + 1)
    best = min(cuts, key=lambda cut: max(sum(heights[:cut]), sum(heights[cut:])), default=0)
    return groups[:best], groups[best:]


def _line(shortcut: Shortcut) -> QWidget:
    """What it does on the left, its keys on the right."""
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(3)
    words = QLabel(shortcut.words)
    words.setWordWrap(True)
    layout.addWidget(words, 1)
    for place, way in enumerate(shortcut.ways):
        if place:
            either = QLabel(_("or"))
            either.setObjectName("caption")
            either.setContentsMargins(4, 0, 4, 0)
            layout.addWidget(either, 0, _MIDDLE)
        for key in way:
            cap = QLabel(key)
            cap.setObjectName("key")
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(cap, 0, _MIDDLE)
    line.setAccessibleName(f"{shortcut.words}: {'; '.join('+'.join(way) for way in shortcut.ways)}")
    return line
