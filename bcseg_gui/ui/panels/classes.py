"""The classes of cells: which is in hand, and how many cells each has. Nearly empty with a single class."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHeaderView, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.core.masks import MaskClass
from bcseg_gui.core.project.classes import KEYS, named
from bcseg_gui.session.classes import Classes
from bcseg_gui.session.tool_settings import ToolSettings

from ..widgets.titles import grouped

SWATCH = 14
"""Side of a colour swatch, device-independent pixels."""
ROW = 24
"""Height of a row, device-independent pixels."""
ROWS = 9
"""Visible at most; the rest is scrolled to."""
_NAME, _COUNT, _KEY = range(3)


class ClassesPanel(QWidget):
    """A click chooses the class in hand; a double click or Enter edits it."""

    editRequested = Signal(int)
    """Id of the class to select in the dialog; 0 for a new one"""

    def __init__(self, classes: Classes, tools: ToolSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes, self._tools = classes, tools
        self._counts: Mapping[int, int] | None = None
        self.rows = _Rows()
        self.rows.setAccessibleName(_("Classes of cells"))
        self.rows.currentItemChanged.connect(self._choose)
        self.rows.edited.connect(self.editRequested)
        self.button = QPushButton()
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setStyleSheet(
            "QPushButton { border: none; padding: 2px 0; text-align: left; color: palette(link); }"
            "QPushButton:hover, QPushButton:focus { text-decoration: underline; }"
        )
        self.button.clicked.connect(lambda: self.editRequested.emit(tools.class_id if len(classes.list) > 1 else 0))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.rows)
        layout.addWidget(self.button)
        classes.changed.connect(self._refresh)
        tools.changed.connect(self._show_in_hand)
        self._refresh()

    def show_counts(self, counts: Mapping[int, int] | None) -> None:
        """`counts`: cells by class id; None while unknown."""
        self._counts = counts
        self._refresh()

    def _refresh(self) -> None:
        listed = self._classes.list
        known = {one.id for one in listed}
        unlisted = [named(listed, class_id) for class_id in sorted(self._counts or ()) if class_id not in known]
        with QSignalBlocker(self.rows):
            self.rows.set_count(len(listed) + len(unlisted))
            for place, (item, one) in enumerate(zip(self.rows.items(), (*listed, *unlisted), strict=True), 1):
                self._fill(item, one, place)
        self.rows.setVisible(len(listed) + len(unlisted) > 1)
        self.button.setText(_("Edit classes…") if len(listed) > 1 else _("Add class…"))
        self._show_in_hand()

    def _fill(self, item: QTreeWidgetItem, one: MaskClass, place: int) -> None:
        count = None if self._counts is None else self._counts.get(one.id, 0)
        is_listed = place <= len(self._classes.list)
        key = str(place) if is_listed and place <= KEYS else ""
        for column, text in ((_NAME, one.name), (_COUNT, "" if count is None else grouped(count)), (_KEY, key)):
            item.setText(column, text)
        item.setData(_NAME, Qt.ItemDataRole.UserRole, one.id)
        item.setIcon(_NAME, swatch(one.color))
        words = [one.name]
        if count is not None:
            words.append(ngettext("{n} cell", "{n} cells", count).format(n=count))
        if key:
            words.append(_("key {key}").format(key=key))
        item.setData(_NAME, Qt.ItemDataRole.AccessibleTextRole, ", ".join(words))
        foreign = _("The project lists no such class. Its cells came with a picture.")
        item.setToolTip(_NAME, ", ".join(words) if is_listed else foreign)
        selectable = Qt.ItemFlag.ItemIsSelectable if is_listed else Qt.ItemFlag.NoItemFlags
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | selectable)
        for column in (_COUNT, _KEY):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(_KEY, self.palette().placeholderText())

    def _show_in_hand(self) -> None:
        with QSignalBlocker(self.rows):
            for item in self.rows.items():
                if item.data(_NAME, Qt.ItemDataRole.UserRole) == self._tools.class_id:
                    self.rows.setCurrentItem(item)

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._classes.choose(item.data(_NAME, Qt.ItemDataRole.UserRole))


class _Rows(QTreeWidget):
    """As high as its rows. A click leaves the keyboard with the picture."""

    edited = Signal(int)
    """Class id"""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("QTreeWidget { background: transparent; border: none; }")
        header = self.header()
        header.setMinimumSectionSize(16)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column in (_COUNT, _KEY):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.itemDoubleClicked.connect(self._edit)

    def items(self) -> list[QTreeWidgetItem]:
        rows = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return [item for item in rows if item is not None]

    def set_count(self, count: int) -> None:
        """Keep existing rows: a refreshed count must not remove a row between two clicks."""
        if count != self.topLevelItemCount():
            self.clear()
            self.addTopLevelItems([QTreeWidgetItem() for _row in range(count)])
            height = max(ROW, self.fontMetrics().height() + 6)
            for item in self.items():
                item.setSizeHint(_NAME, QSize(0, height))
            self.setFixedHeight(min(count, ROWS) * height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (item := self.currentItem()) is not None:
            self._edit(item)
        else:
            super().keyPressEvent(event)

    def _edit(self, item: QTreeWidgetItem) -> None:
        self.edited.emit(item.data(_NAME, Qt.ItemDataRole.UserRole))


def swatch(color: str, side: int = SWATCH) -> QIcon:
    """Return a square of the colour, edged so that black and white show too; sharp on 1×, 2× and 3× screens."""
    icon = QIcon()
    for ratio in (1, 2, 3):
        pixmap = QPixmap(side * ratio, side * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(128, 128, 128), 1))
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(QRectF(0.5, 0.5, side - 1, side - 1), 3, 3)
        painter.end()
        icon.addPixmap(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # otherwise tinted like the row
    return icon
