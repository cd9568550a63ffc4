"""The rows of the history: edits of a mask, newest first, then the state before the first edit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import IntEnum, auto

from PySide6.QtCore import QAbstractListModel, QDateTime, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import EditRecord, EditState, MaskClass

from ..edit_names import edit_name
from ..widgets.durations import duration_words

AnyIndex = QModelIndex | QPersistentModelIndex


class HistoryRole(IntEnum):
    RECORD = Qt.ItemDataRole.UserRole
    """EditRecord; None for the last row"""
    IS_CURRENT = auto()
    """bool: the mask is in the state after this edit"""
    DETAILS = auto()
    """class, model, author and duration"""
    TIME = auto()
    """time of day for an edit of today, else the date"""


class HistoryModel(QAbstractListModel):
    """Shows records that change only near the end of their list; an update costs as much as has changed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._records: Sequence[EditRecord] = ()
        """Oldest first"""
        self._shown: list[int] = []
        """Indices into `_records`, ascending"""
        self._current = -1
        """Index of the last edit that is done; −1: none"""
        self._classes: dict[int, MaskClass] = {}
        self._with_abandoned = False
        self.has_abandoned = False

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_records(self, records: Sequence[EditRecord], *, with_abandoned: bool = False) -> None:
        """Replace all rows. Edits that were undone and replaced are left out unless `with_abandoned`."""
        self.beginResetModel()
        self._with_abandoned = with_abandoned
        self._records = records
        self._current = _last_done(records)
        self._shown = self._wanted(records, 0)
        self.has_abandoned = _any_abandoned(records, 0)
        self.endResetModel()

    def update(self, records: Sequence[EditRecord]) -> None:
        """Show the same mask's records after an edit, undo or redo."""
        before, self._records = self._records, records
        was, self._current = self._current, _last_done(records)
        # Records older than both the old and the new last edit are unchanged.
        first = max(0, min(was, self._current))
        kept = len(self._shown)
        while kept and self._shown[kept - 1] >= first:
            kept -= 1
        new = self._wanted(records, first)
        old = self._shown[kept:]
        same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        if gone := len(old) - same:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self._shown[kept + same :]
            self.endRemoveRows()
        if more := len(new) - same:
            self.beginInsertRows(QModelIndex(), 0, more - 1)
            self._shown += new[same:]
            self.endInsertRows()
        self.has_abandoned |= _any_abandoned(records, first)
        changed = (place for place in new[:same] if records[place] is not before[place])
        rows = [self._row(place) for place in (min(changed, default=was), was, self._current)]
        self.dataChanged.emit(self.index(max(0, min(rows))), self.index(max(rows)))

    def _wanted(self, records: Sequence[EditRecord], first: int) -> list[int]:
        places = range(first, len(records))
        if self._with_abandoned:
            return list(places)
        return [place for place in places if records[place].state != EditState.ABANDONED]

    def show_classes(self, classes: Sequence[MaskClass]) -> None:
        """Set the project's classes; a single one is not named in the rows."""
        known = {known.id: known for known in classes} if len(classes) > 1 else {}
        if known != self._classes:
            self._classes = known
            if self._shown:
                self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    @property
    def current(self) -> QModelIndex:
        """The row of the current state."""
        return self.index(self._row(self._current))

    def _row(self, place: int) -> int:
        """Return the row of a record; −1 when it is not shown."""
        at = bisect_left(self._shown, place)
        if place >= 0 and self._shown[at : at + 1] != [place]:
            return -1
        return len(self._shown) - (at + 1 if place >= 0 else 0)

    def _place(self, row: int) -> int:
        """Return the index of the record in a row; −1 for the last row."""
        return self._shown[-1 - row] if row < len(self._shown) else -1

    def record(self, row: int) -> EditRecord | None:
        place = self._place(row)
        return self._records[place] if place >= 0 else None

    def class_of(self, record: EditRecord) -> MaskClass | None:
        return self._classes.get(record.class_id)

    # -- as Qt asks -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 Qt's own signature
        return 0 if parent.isValid() else len(self._shown) + 1

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        record = self.record(index.row())
        if record is not None and record.state == EditState.ABANDONED:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = index.row()
        record = self.record(row)
        match role:
            case HistoryRole.IS_CURRENT:
                return self._is_current(row)
            case HistoryRole.RECORD:
                return record
            case HistoryRole.DETAILS:
                return self._details(record) if record else ""
            case HistoryRole.TIME:
                return time_words(record.at) if record else ""
            case Qt.ItemDataRole.DisplayRole:
                return edit_name(record.tool) if record else _("Before any change")
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(record, row)
            case Qt.ItemDataRole.ToolTipRole if record:
                return self._tip(record)
        return None

    def _is_current(self, row: int) -> bool:
        return self._place(row) == self._current

    def _details(self, record: EditRecord) -> str:
        known = self.class_of(record)
        took = duration_words(record.seconds) if record.seconds >= 1 else ""
        return " · ".join(part for part in (known.name if known else "", record.model, record.author, took) if part)

    def _tip(self, record: EditRecord) -> str:
        parts = (*self._words(record), _at(record.at, _LONG), _state_words(record.state))
        return "\n".join(part for part in parts if part)

    def _spoken(self, record: EditRecord | None, row: int) -> str:
        now = _("as it is now") if self._is_current(row) else ""
        if record is None:
            parts = [_("Before any change"), now]
        else:
            parts = [*self._words(record), time_words(record.at), now or _state_words(record.state)]
        return ", ".join(part for part in parts if part)

    def _words(self, record: EditRecord) -> tuple[str, str]:
        return edit_name(record.tool, record.model), self._details(replace(record, model=""))


_LONG = "d MMMM yyyy, HH:mm:ss"


def time_words(at: str, now: datetime | None = None) -> str:
    """Return `at` (ISO 8601) as local time of day if it is today, else as the local date."""
    now = (now or datetime.now(UTC)).astimezone()
    with suppress(ValueError):
        day = datetime.fromisoformat(at).astimezone(now.tzinfo).date()
        pattern = "HH:mm" if day == now.date() else "d MMM" if day.year == now.year else "d MMM yyyy"
        return _at(at, pattern)
    return ""


def _at(at: str, pattern: str) -> str:
    with suppress(ValueError):
        moment = QDateTime.fromSecsSinceEpoch(int(datetime.fromisoformat(at).timestamp()))
        return QLocale().toString(moment, pattern)
    return ""


def _state_words(state: EditState) -> str:
    match state:
        case EditState.UNDONE:
            return _("undone")
        case EditState.ABANDONED:
            return _("undone and replaced")
        case _:
            return ""


def _any_abandoned(records: Sequence[EditRecord], first: int) -> bool:
    return any(records[place].state == EditState.ABANDONED for place in range(first, len(records)))


def _last_done(records: Sequence[EditRecord]) -> int:
    places = range(len(records) - 1, -1, -1)
    return next((place for place in places if records[place].state == EditState.DONE), -1)
