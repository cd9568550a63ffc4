"""What can still be read of a damaged mask file: tiles for certain as they were, and edits that can be taken back.

Rows and indexes of the file vouch for each other. What one of them denies is left out, so that nothing recovered lies
in a wrong place or is out of date.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf
from mmap import mmap

from bcseg_gui.core.geometry import TILE_SIZE

from ..history import EditRecord, EditState
from .btree import DamagedDatabase, Place, Row, Value
from .packing import unpack

_ROOTS = {
    "meta": 2,
    "tiles": 3,
    "sqlite_autoindex_tiles_1": 4,
    "edits": 5,
    "edits_by_state": 6,
    "edit_tiles": 7,
    "sqlite_autoindex_edit_tiles_1": 8,
}
"""First pages of tables and indexes in every file of ours, for when the page that lists them is gone."""

TilePosition = tuple[int, int]
"""Row and column of a level-0 tile."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One tile of an edit, packed: `before` it, and `after` it when the edit was taken back once."""

    row: int
    col: int
    before: bytes
    after: bytes


@dataclass(slots=True)
class _Edit:
    """What table and index say of one edit."""

    record: EditRecord | None = None
    predicted: bool = False
    places: dict[tuple[int, int, int], Place] = field(default_factory=dict)
    """(row, col, rowid) of each row of its tiles"""
    listed: set[tuple[int, int, int]] = field(default_factory=set)
    """the same, as the index has it"""


class Salvage:
    """`data`: the whole file; it stays in use as long as this object is."""

    def __init__(self, data: bytes | mmap, dimensions: tuple[int, int]) -> None:
        """`dimensions`: (width, height) of the slide in level-0 pixels."""
        self._file = DamagedDatabase(data)
        self._rows, self._cols = -(-dimensions[1] // TILE_SIZE), -(-dimensions[0] // TILE_SIZE)
        self._roots = dict(_ROOTS)
        for entry in self._file.table(1):
            match entry.values if entry is not None else ():
                case (_, str(name), _, int(page), _) if name in _ROOTS:
                    self._roots[name] = page
        self._places: dict[TilePosition, Place] = {}
        self._edits: defaultdict[int, _Edit] = defaultdict(_Edit)
        self._find_edits()
        self._find_tiles()
        self.undoable = self._whole_edits()
        """By number, oldest first: those that can be taken back or brought back"""

    @property
    def schema(self) -> int:
        """Of the file; 0 when that cannot be read."""
        found = list(self._file.table(self._roots["meta"]))
        match found[0].values if len(found) == 1 and found[0] is not None else ():
            case (int(schema), int(), int()):
                return schema
        return 0

    # -- tiles ----------------------------------------------------------------------------------------------------

    @property
    def tile_count(self) -> int:
        return len(self._places)

    def tiles(self) -> Iterator[tuple[TilePosition, bytes]]:
        """Level-0 tiles, packed."""
        for spot, place in self._places.items():
            data = self._file.row(place).values[3]
            assert isinstance(data, bytes)
            yield spot, data

    def _find_tiles(self) -> None:
        listed: dict[TilePosition, int] = {}
        claimed: dict[int, tuple[Value, ...]] = {}
        index_is_whole = True
        for entry in self._file.index(self._roots["sqlite_autoindex_tiles_1"]):
            match entry.values if entry is not None else ():
                case (int(level), int(row), int(col), int(rowid)):
                    claimed[rowid] = (level, row, col)
                    if not level and self._is_inside(row, col):
                        listed[row, col] = rowid
                case _:
                    index_is_whole = False

        found: dict[TilePosition, tuple[int, Place]] = {}
        unreadable: set[TilePosition] = set()

        def consider(row: Row, is_current: bool) -> None:
            match row.values:
                case (0, int(tile_row), int(tile_col), bytes(data)):
                    spot = (tile_row, tile_col)
                    unknown = not index_is_whole and spot not in listed and row.rowid not in claimed
                    vouched = listed.get(spot) == row.rowid or (unknown and is_current)
                    newer = spot not in found or found[spot][0] < row.rowid
                    if vouched and newer and self._is_inside(*spot):
                        if _is_tile(data):
                            found[spot] = row.rowid, row.place
                        else:
                            unreadable.add(spot)

        table_is_whole, contradicted = True, set[int]()
        for stored in self._file.table(self._roots["tiles"]):
            match stored.values if stored is not None else ():
                case (int(level), int(row), int(col), bytes()) if stored and (level or self._is_inside(row, col)):
                    consider(stored, True)
                    if claimed.get(stored.rowid, () if index_is_whole else stored.values[:3]) != stored.values[:3]:
                        contradicted.add(stored.rowid)
                case _:  # a gap, or the page of another table
                    table_is_whole = False
        if not table_is_whole:
            free = self._file.free_pages()
            for stray in self._file.strays():
                consider(stray, free is not None and stray.place[0] not in free)
        self._places = {spot: place for spot, (_, place) in found.items()}
        certain = {spot for spot, rowid in listed.items() if rowid not in contradicted}
        self.lost = len((certain | unreadable) - found.keys())
        """So many tiles there were that cannot be read"""
        self.more_lost = bool(contradicted) or not (table_is_whole or index_is_whole)
        """There may have been others"""

    def _is_inside(self, row: int, col: int) -> bool:
        return 0 <= row < self._rows and 0 <= col < self._cols

    # -- edits ----------------------------------------------------------------------------------------------------

    def records(self) -> Iterator[tuple[EditRecord, bool]]:
        """Every edit that is known, oldest first, and whether it holds a prediction.

        Those that can neither be taken back nor brought back are abandoned.
        """
        for seq, edit in sorted(self._edits.items()):
            if edit.record is not None:
                state = edit.record.state if seq in self.undoable else EditState.ABANDONED
                yield replace(edit.record, state=state), edit.predicted

    def steps(self, seq: int) -> list[StepRow]:
        """The tiles of an edit of `undoable`."""
        return [step for place in self._edits[seq].places.values() if (step := self._step(place)) is not None]

    def _find_edits(self) -> None:
        states = set()
        for entry in self._file.index(self._roots["edits_by_state"]):
            if entry is not None:
                states.add(entry.values[:2])
        gap, newest = False, 0
        self._known_from: float = 0
        """Of edits before this one, some or parts of some may be missing without a trace"""
        for row in self._file.table(self._roots["edits"]):
            record = _record(row) if row is not None else None
            if row is None or record is None or (int(record.state), record.seq) not in states or row.rowid <= newest:
                gap = True
                continue
            self._edits[record.seq].record = record
            self._edits[record.seq].predicted = _holds_prediction(record, row.values)
            newest = record.seq
            if gap:
                self._known_from, gap = newest, False
        self._known_from = inf if gap else self._known_from
        self._find_steps()

    def _find_steps(self) -> None:
        gap = False
        for entry in self._file.index(self._roots["sqlite_autoindex_edit_tiles_1"]):
            match entry.values if entry is not None else ():
                case (int(seq), int(row), int(col), int(rowid)):
                    self._edits[seq].listed.add((row, col, rowid))
                    if gap:
                        self._known_from, gap = max(self._known_from, seq + 1), False
                case _:
                    gap = True
        self._known_from = inf if gap else self._known_from
        for found in self._file.table(self._roots["edit_tiles"]):
            match found.values if found is not None else ():
                case (int(seq), int(row), int(col), bytes(), bytes()) if found is not None:
                    self._edits[seq].places[row, col, found.rowid] = found.place

    def _whole_edits(self) -> list[int]:
        """From the newest backwards until the first of which anything is missing."""
        undone: list[int] = []
        done: list[int] = []
        for seq, edit in sorted(self._edits.items(), reverse=True):
            state = edit.record.state if edit.record is not None else None
            if state is None or seq < self._known_from or (state == EditState.UNDONE and done):
                # Had it been taken back too, those after it could not come back.
                return done[::-1] + (undone[::-1] if done else [])
            if state == EditState.ABANDONED:
                continue
            is_whole = self._is_whole(edit, with_after=state == EditState.UNDONE)
            if state == EditState.UNDONE:
                undone = [*undone, seq] if is_whole else []
            elif is_whole:
                done.append(seq)
            else:
                break
        return done[::-1] + undone[::-1]

    def _is_whole(self, edit: _Edit, with_after: bool) -> bool:
        if not edit.listed or edit.listed != edit.places.keys():
            return False
        steps = map(self._step, edit.places.values())
        return all(
            step is not None
            and self._is_inside(step.row, step.col)
            and _is_tile_or_empty(step.before)
            and (not with_after or _is_tile_or_empty(step.after))
            for step in steps
        )

    def _step(self, place: Place) -> StepRow | None:
        match self._file.row(place).values:
            case (int(), int(row), int(col), bytes(before), bytes(after)):
                return StepRow(row, col, before, after)
        return None


def _record(row: Row) -> EditRecord | None:
    match row.values[:8]:
        case (None, str(at), str(author), str(tool), int(class_id), str(model), float() | int() as seconds, int(state)):
            if state in tuple(EditState) and row.rowid > 0:
                return EditRecord(row.rowid, at, author, tool, class_id, model, seconds, EditState(state))
    return None


def _holds_prediction(record: EditRecord, values: Iterable[Value]) -> bool:
    """By its column; a row of schema 1 has none."""
    columns = tuple(values)
    return bool(columns[8]) if len(columns) > 8 else record.tool == "segment" or record.model != ""


def _is_tile(data: bytes) -> bool:
    try:
        unpack(data)
    except (zlib.error, ValueError, TypeError):
        return False
    return bool(data)


def _is_tile_or_empty(data: bytes) -> bool:
    return not data or _is_tile(data)
