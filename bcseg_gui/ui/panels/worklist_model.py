"""The worklist as a Qt model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from bcseg_gui.core.i18n import _
from bcseg_gui.session.order import Order
from bcseg_gui.session.worklist import WorklistItem

from ..widgets.durations import duration_words
from .thumbnails import Key, Thumbnails

AnyIndex = QModelIndex | QPersistentModelIndex


def status_words(status: str) -> tuple[str, str]:
    """Return (symbol, words) for a status."""
    match status:
        case "reviewed":
            return "●", _("reviewed")
        case "doing":
            return "◐", _("in progress")
        case "problem":
            return "▲", _("cannot be opened")
        case _:
            return "○", _("to do")


class WorklistModel(QAbstractListModel):
    """Shows an `Order` as of the last `refresh`."""

    def __init__(self, order: Order, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._order = order
        self._thumbnails = thumbnails
        thumbnails.loaded.connect(self._icon_loaded)
        self._items: Sequence[WorklistItem] = ()
        """By place"""
        self._places: dict[Path, int] = {}
        self._by_position: Sequence[int] = ()
        """Places, by position"""
        self._positions: Sequence[int] = ()
        """By place"""
        self._ordered_rows: Sequence[int] = ()
        self._rows: list[int] = []
        """Positions by row: the order's own, in a list that changes row by row"""
        self._arrangement = -1

    # -- what is shown --------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        order, before = self._order, self._items
        self._items = order.items
        if self._arrangement != order.arrangement:
            self.beginResetModel()
            if before is not order.items:
                self._places = {item.path: place for place, item in enumerate(order.items)}
            self._by_position, self._positions = order.places, order.positions
            self._ordered_rows, self._rows = order.rows, list(order.rows)
            self._arrangement = order.arrangement
            self.endResetModel()
            return
        if order.rows is not self._ordered_rows:
            self._change_rows(order.rows)
        if before is not order.items:
            self._change_items(before)

    def _change_rows(self, wanted: Sequence[int]) -> None:
        self._ordered_rows = wanted
        shown = set(self._rows)
        for position in shown.difference(wanted):
            row = bisect_left(self._rows, position)
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row]
            self.endRemoveRows()
        for position in set(wanted) - shown:
            row = bisect_left(self._rows, position)
            self.beginInsertRows(QModelIndex(), row, row)
            self._rows.insert(row, position)
            self.endInsertRows()

    def _change_items(self, before: Sequence[WorklistItem]) -> None:
        for place, (old, new) in enumerate(zip(before, self._items, strict=True)):
            if old is not new and (index := self.index_of(place)).isValid():
                self.dataChanged.emit(index, index)

    def index_of(self, place: int) -> QModelIndex:
        """Return an invalid index for a place that is not shown."""
        if not 0 <= place < len(self._positions):
            return QModelIndex()
        position = self._positions[place]
        row = bisect_left(self._rows, position)
        is_shown = row < len(self._rows) and self._rows[row] == position
        return self.index(row) if is_shown else QModelIndex()

    def place(self, row: int) -> int:
        return self._by_position[self._rows[row]]

    def unloaded(self, row: int) -> Key | None:
        """Return the thumbnail to load for a row; None when there is nothing to load."""
        item = self._items[self.place(row)]
        key = item.path, item.page
        return None if item.status == "problem" or key in self._thumbnails else key

    def _icon_loaded(self, key: Key) -> None:
        if (place := self._places.get(key[0])) is not None and (index := self.index_of(place)).isValid():
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    # -- as Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self._items[self.place(index.row())]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                mark, words = status_words(item.status)
                return f"{item.path.stem}\n{mark}  {words}"
            case Qt.ItemDataRole.DecorationRole:
                return self._thumbnails.icon((item.path, item.page))
            case Qt.ItemDataRole.ToolTipRole:
                return item.problem or _tip(item)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{item.path.stem}, {status_words(item.status)[1]}"
        return None


def _tip(item: WorklistItem) -> str:
    if item.seconds < 1:
        return str(item.path)
    return f"{item.path}\n" + _("{time} of work").format(time=duration_words(item.seconds))
