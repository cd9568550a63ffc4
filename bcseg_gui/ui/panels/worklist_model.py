"""The rows of the worklist: those of its pictures that a person wants to see."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ...core.i18n import _
from ...session.worklist import WorklistItem
from .thumbnails import Key, Thumbnails

_MANY = 100
"""Rows; where more have changed it is cheaper to begin anew."""

AnyIndex = QModelIndex | QPersistentModelIndex


def status_words(status: str) -> tuple[str, str]:
    """(mark, words) of a status."""
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
    """A row is one of those shown, a place one of the whole worklist."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        thumbnails.loaded.connect(self._icon_loaded)
        self._items: Sequence[WorklistItem] = ()
        self._names: list[str] = []
        """casefolded, by place"""
        self._places: dict[Path, int] = {}
        self._shown: list[int] = []
        """places, by row"""
        self._text, self._status = "", ""

    # -- what is shown --------------------------------------------------------------------------------------------

    def show(self, items: Sequence[WorklistItem]) -> bool:
        """False when it is the list shown before, with a few items changed; else it is shown whole."""
        before, self._items = self._items, items
        if items is before:
            return False
        # By identity: who changes one item keeps the others.
        changed = [place for place, (old, new) in enumerate(zip(before, items, strict=False)) if old is not new]
        if len(items) != len(before) or len(changed) > _MANY or any(_moved(before[p], items[p]) for p in changed):
            self._names = [item.path.name.casefold() for item in items]
            self._places = {item.path: place for place, item in enumerate(items)}
            self.filter("", "")
            return True
        for place in changed:
            self._change(place)
        return False

    def filter(self, text: str, status: str) -> None:
        """Show those whose name holds `text` and that have this status; empty: any."""
        self.beginResetModel()
        self._text, self._status = text.casefold(), status
        everything = range(len(self._items))
        self._shown = [place for place in everything if self._is_wanted(place)] if text or status else list(everything)
        self.endResetModel()

    def _is_wanted(self, place: int) -> bool:
        return self._text in self._names[place] and self._status in ("", self._items[place].status)

    def _change(self, place: int) -> None:
        row = bisect_left(self._shown, place)
        was, wanted = self._is_at(row, place), self._is_wanted(place)
        if was and wanted:
            self.dataChanged.emit(self.index(row), self.index(row))
        elif was:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._shown[row]
            self.endRemoveRows()
        elif wanted:
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown.insert(row, place)
            self.endInsertRows()

    def _is_at(self, row: int, place: int) -> bool:
        return row < len(self._shown) and self._shown[row] == place

    def index_of(self, place: int) -> QModelIndex:
        """Invalid when it is not shown."""
        row = bisect_left(self._shown, place)
        return self.index(row) if self._is_at(row, place) else QModelIndex()

    def place(self, row: int) -> int:
        return self._shown[row]

    def unloaded(self, row: int) -> Key | None:
        """What to load for this row, None when there is nothing to load."""
        item = self._items[self._shown[row]]
        key = item.path, item.page
        return None if item.status == "problem" or key in self._thumbnails else key

    def _icon_loaded(self, key: Key) -> None:
        if (place := self._places.get(key[0])) is not None and (index := self.index_of(place)).isValid():
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    # -- as Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self._items[self._shown[index.row()]]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                mark, words = status_words(item.status)
                return f"{item.path.stem}\n{mark}  {words}"
            case Qt.ItemDataRole.DecorationRole:
                return self._thumbnails.icon((item.path, item.page))
            case Qt.ItemDataRole.ToolTipRole:
                return item.problem or str(item.path)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{item.path.stem}, {status_words(item.status)[1]}"
        return None


def _moved(old: WorklistItem, new: WorklistItem) -> bool:
    return old.path != new.path
