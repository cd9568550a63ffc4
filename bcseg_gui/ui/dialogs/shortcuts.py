"""All keys and what mouse and pen do, on one sheet."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, translated

from ..actions.info import ActionInfo
from ..actions.table import MENUS
from ..widgets.search_box import SearchBox

WIDTH, HEIGHT = 920, 640
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_ALTERNATIVES = 2
"""So many ways to do the same are shown; more would be noise."""

Keys = tuple[str, ...]
"""What is held or pressed together, each as it stands on a keycap."""

_STYLE = """
QLabel#key {
    background: palette(base); color: palette(text); padding: 1px 6px; min-width: 10px;
    border: 1px solid palette(mid); border-bottom-width: 2px; border-radius: 4px;
}
QScrollArea { background: palette(window); }
"""


@dataclass(frozen=True, slots=True)
class Row:
    words: str
    ways: tuple[Keys, ...]

    def holds(self, text: str) -> bool:
        """`text` is casefolded."""
        keys = (way for ways in self.ways for way in ("+".join(ways), " ".join(ways)))
        return any(text in part.casefold() for part in (self.words, *keys))


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: tuple[Row, ...]


def groups() -> tuple[Group, ...]:
    """In the language that is installed now, in the order of the menus."""
    found = [
        Group(translated(menu.title).replace("&", ""), _rows([info for section in menu.sections for info in section]))
        for menu in MENUS
    ]
    return tuple(group for group in (*found, mouse(), keyboard()) if group.rows)


def mouse() -> Group:
    """What the mouse does on the slide, and the tools in it."""
    control, shift, alt = (_modifier(key) for key in ("Ctrl", "Shift", "Alt"))
    space, wheel = _native("Space")[0], _("Wheel")
    return Group(
        _("Mouse and pen"),
        (
            Row(_("Zoom"), ((wheel,),)),
            Row(_("Move the picture, even within a stroke"), ((_("Middle button"),), (space, _("Drag")))),
            Row(_("Size of the tool"), ((control, wheel),)),
            Row(_("How strongly cells are shown"), ((shift, wheel),)),
            Row(_("Take away instead of adding"), ((alt,), (_("Right button"),))),
            Row(_("Add to what is there"), ((shift,),)),
            Row(_("Thinner or thicker, with a pen"), ((_("Pressure"),),)),
        ),
    )


def keyboard() -> Group:
    """What keys do while the picture has the keyboard."""
    shift, alt, arrows = _modifier("Shift"), _modifier("Alt"), _("Arrows")
    return Group(
        _("On the picture"),
        (
            Row(_("Hide the cells while it is held"), (_native("Tab"),)),
            Row(_("Move the picture"), ((arrows,),)),
            Row(_("Move it by a page"), ((shift, arrows),)),
            Row(_("Whole picture"), (_native("Home"),)),
            Row(_("Move the tool"), ((alt, arrows),)),
            Row(_("Put the tool down, and lift it"), (_native("P"),)),
            Row(_("Finish what the tool began"), (_native("Return"),)),
            Row(_("One step back of it"), (_native("Backspace"),)),
            Row(_("Give it up"), (_native("Esc"),)),
            Row(_("To the panels"), (_native("F6"),)),
        ),
    )


def _rows(infos: Sequence[ActionInfo]) -> tuple[Row, ...]:
    return tuple(
        Row(translated(info.text).rstrip("…"), tuple(_native(keys) for keys in info.keys[:_ALTERNATIVES]))
        for info in infos
        if info.keys
    )


def _native(keys: str) -> Keys:
    """As the system and its language name them, so “Strg”, “Maj” or “⌘”."""
    text = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    # “Ctrl++” is the key plus. A Mac writes all in one, without any.
    return (text,) if sys.platform == "darwin" else tuple(re.split(r"\+(?=.)", text))


def _modifier(key: str) -> str:
    return QKeySequence(f"{key}+X").toString(QKeySequence.SequenceFormat.NativeText).rstrip("X").rstrip("+")


class ShortcutsDialog(QDialog):
    """Typing finds a key or what it does; Escape, ? and F1 close the sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Keys and mouse"))
        self.setStyleSheet(_STYLE)
        self._groups = groups()
        self._shown: list[tuple[QWidget, list[tuple[Row, QWidget]]]] = []
        """each group with its lines"""
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
        for part in _in_two(self._groups):
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

    def _group(self, group: Group) -> QWidget:
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        title = QLabel(group.title)
        title.setObjectName("panelTitle")
        column.addWidget(title)
        rows = [(row, _row(row)) for row in group.rows]
        for _data, line in rows:
            column.addWidget(line)
        self._shown.append((widget, rows))
        return widget

    def _find(self, text: str) -> None:
        wanted = text.strip().casefold()
        is_any = False
        for widget, rows in self._shown:
            held = [row.holds(wanted) for row, _line in rows]
            for (_data, line), is_held in zip(rows, held, strict=True):
                line.setVisible(is_held)
            widget.setVisible(any(held))
            is_any |= any(held)
        self._none.setVisible(not is_any)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field for the search too the key that opened the sheet closes it."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.text() == "?":
            self.reject()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "?" or event.key() == Qt.Key.Key_F1:
            self.reject()
        else:
            super().keyPressEvent(event)


def _in_two(all_groups: Sequence[Group]) -> tuple[Sequence[Group], Sequence[Group]]:
    """In their order, in two columns as much alike in height as can be."""
    heights = [len(group.rows) + 2 for group in all_groups]
    cuts = range(1, len(heights) + 1)
    best = min(cuts, key=lambda cut: max(sum(heights[:cut]), sum(heights[cut:])), default=0)
    return all_groups[:best], all_groups[best:]


def _row(row: Row) -> QWidget:
    """What it does on the left, the keys on the right."""
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(3)
    words = QLabel(row.words)
    words.setWordWrap(True)
    layout.addWidget(words, 1)
    for place, way in enumerate(row.ways):
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
    line.setAccessibleName(f"{row.words}: {'; '.join('+'.join(way) for way in row.ways)}")
    return line
