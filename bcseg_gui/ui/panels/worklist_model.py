"""The rows of the worklist: those of its pictures that a person wants to see, in the order that they want."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from bcseg_gui.core.i18n import _
from bcseg_gui.session.worklist import LEFT, WorklistItem

from ..widgets.durations import duration_words
from .thumbnails import Key, Thumbnails

_MANY = 100
"""Rows; where more have changed it is cheaper to begin anew."""

_MOST_RANKS = 1_000_000

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


def _name(item: WorklistItem) -> list[tuple[int, str]]:
    """“Field 9” comes before “Field 10”."""
    parts = re.findall(r"\d+|\D+", item.path.stem.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


_ORDERS: dict[str, Callable[[WorklistItem], Any]] = {
    "name": _name,
    "status": lambda item: ("doing", "todo", "problem", "reviewed").index(item.status),
    "time": lambda item: -item.seconds,
    "rank": lambda item: item.rank or _MOST_RANKS,
}
"""What the pictures are sorted by; else they stay in the order in which they were found."""


class WorklistModel(QAbstractListModel):
    """A row is one of those shown, a place one of the whole worklist, a rank the one it has in the order chosen.

    The order is made when it is chosen. A picture whose status or time changes after that stays where it is, so that
    nobody loses their place; the one that is worked on also where only others are shown.
    """

    def __init__(self, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        thumbnails.loaded.connect(self._icon_loaded)
        self._items: Sequence[WorklistItem] = ()
        self._names: list[str] = []
        """casefolded, by place"""
        self._places: dict[Path, int] = {}
        self._order: Sequence[int] = ()
        """places, by rank"""
        self._ranks: Sequence[int] = ()
        """by place"""
        self._shown: list[int] = []
        """ranks, by row"""
        self._text, self._status, self._sort = "", "", ""
        self._front = -1
        """place of the picture that is worked on"""

    # -- what is shown --------------------------------------------------------------------------------------------

    def show(self, items: Sequence[WorklistItem], front: int) -> bool:
        """False when it is the list shown before, with a few items changed; else it is shown whole.

        `front` is the place of the picture that is worked on: its row stays, whatever becomes of it.
        """
        before, self._items = self._items, items
        was_front, self._front = self._front, front
        if items is before:
            if 0 <= was_front < len(items) and was_front != front:
                self._change(was_front)
            return False
        # By identity: who changes one item keeps the others.
        changed = [place for place, (old, new) in enumerate(zip(before, items, strict=False)) if old is not new]
        if len(items) != len(before) or len(changed) > _MANY or any(_moved(before[p], items[p]) for p in changed):
            self._names = [item.path.name.casefold() for item in items]
            self._places = {item.path: place for place, item in enumerate(items)}
            self._text, self._status = "", ""
            self.sort_by(self._sort)
            return True
        for place in {*changed, was_front} if 0 <= was_front < len(items) else changed:
            self._change(place)
        return False

    def sort_by(self, order: str) -> None:
        """ "name", "status", "time" (longest first), "rank" (to correct first), or "" for the order in which they were
        found.
        """
        self._sort = order
        places = range(len(self._items))
        if order:
            self._order = sorted(places, key=lambda place: _ORDERS[order](self._items[place]))
            ranks = self._ranks = [0] * len(places)
            for rank, place in enumerate(self._order):
                ranks[place] = rank
        else:
            self._order = self._ranks = places
        self.filter(self._text, self._status)

    def filter(self, text: str, status: str) -> None:
        """Show those whose name holds `text` and that have this status; empty: any."""
        self.beginResetModel()
        self._text, self._status = text.casefold(), status
        everything = range(len(self._items))
        self._shown = (
            [rank for rank in everything if self._is_wanted(self._order[rank])] if text or status else list(everything)
        )
        self.endResetModel()

    def _is_wanted(self, place: int) -> bool:
        return self._text in self._names[place] and self._status in ("", self._items[place].status)

    def _change(self, place: int) -> None:
        rank = self._ranks[place]
        row = bisect_left(self._shown, rank)
        was, wanted = self._is_at(row, rank), self._is_wanted(place)
        if was and (wanted or place == self._front):
            self.dataChanged.emit(self.index(row), self.index(row))
        elif was:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._shown[row]
            self.endRemoveRows()
        elif wanted:
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown.insert(row, rank)
            self.endInsertRows()

    # -- going through them ---------------------------------------------------------------------------------------

    def next_left(self, after: int) -> int | None:
        """The next place with something to do, going round those shown, then all; None when only `after` has any."""
        rank = self._ranks[after] if after >= 0 else -1
        row = bisect_left(self._shown, rank + 1)
        around = chain(self._shown[row:], self._shown[:row], range(rank + 1, len(self._order)), range(rank))
        places = (self._order[rank] for rank in around)
        return next((place for place in places if place != after and self._items[place].status in LEFT), None)

    def step(self, place: int, by: int) -> int | None:
        """The place shown before (−1) or after (+1) this one, which need not be shown; None at the ends."""
        rank = self._ranks[place] if place >= 0 else -1
        row = bisect_left(self._shown, rank) - 1 if by < 0 else bisect_left(self._shown, rank + 1)
        return self._order[self._shown[row]] if 0 <= row < len(self._shown) else None

    def _is_at(self, row: int, rank: int) -> bool:
        return row < len(self._shown) and self._shown[row] == rank

    def index_of(self, place: int) -> QModelIndex:
        """Invalid when it is not shown."""
        if not 0 <= place < len(self._ranks):
            return QModelIndex()
        rank = self._ranks[place]
        row = bisect_left(self._shown, rank)
        return self.index(row) if self._is_at(row, rank) else QModelIndex()

    def place(self, row: int) -> int:
        return self._order[self._shown[row]]

    def unloaded(self, row: int) -> Key | None:
        """What to load for this row, None when there is nothing to load."""
        item = self._items[self.place(row)]
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


def _moved(old: WorklistItem, new: WorklistItem) -> bool:
    return old.path != new.path
