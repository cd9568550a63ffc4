"""The edits of a mask in memory, and which of them can be undone or redone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from ..geometry import TileKey


class EditState(IntEnum):
    """Column `undone`. ABANDONED: undone and then replaced by a newer edit; stays listed but cannot be redone."""

    DONE = 0
    UNDONE = 1
    ABANDONED = 2


@dataclass(frozen=True, slots=True)
class EditRecord:
    """One row of the audit log. `at` is the UTC start in ISO 8601, `seconds` from there to the last that was written.

    `seq` is 0 for an edit of which nothing was written yet.
    """

    seq: int
    at: str
    author: str
    tool: str
    class_id: int
    model: str
    seconds: float
    state: EditState = EditState.DONE
    predicted: bool = False
    """a model or method found it"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Edits undone (`back`) or redone together. `steps` are (seq, row, col) of the tiles they touched, by `seq`."""

    back: bool
    seq: int
    """Edits after this one are undone, or those up to it redone"""
    steps: tuple[tuple[int, int, int], ...]

    @property
    def side(self) -> str:
        return "before" if self.back else "after"

    @property
    def states(self) -> tuple[EditState, EditState]:
        """Before and after the turn."""
        return (EditState.DONE, EditState.UNDONE) if self.back else (EditState.UNDONE, EditState.DONE)

    def decisive(self) -> dict[TileKey, int]:
        """The tiles that change, each with the edit whose `side` it shows then."""
        steps = reversed(self.steps) if self.back else self.steps
        return {TileKey(0, row, col): seq for seq, row, col in steps}

    def followers(self) -> list[tuple[int, int, int, int | None]]:
        """Each step with the edit of the turn that touched the same tile next, None for the last to touch it."""
        following: dict[tuple[int, int], int] = {}
        found = []
        for seq, row, col in reversed(self.steps):
            found.append((seq, row, col, following.get((row, col))))
            following[row, col] = seq
        return found


class History:
    """Every edit ever made, oldest first; a stack of those that can be undone and one of those that can be redone."""

    def __init__(self, records: Iterable[EditRecord]) -> None:
        self._records = {record.seq: record for record in records}
        self._done = [seq for seq, record in self._records.items() if record.state == EditState.DONE]
        self._undone = [seq for seq, record in self._records.items() if record.state == EditState.UNDONE][::-1]
        self._next = max(self._records, default=0) + 1

    def records(self) -> list[EditRecord]:
        return list(self._records.values())

    def last_done(self) -> EditRecord | None:
        """The edit that an undo takes back."""
        return self._records[self._done[-1]] if self._done else None

    def next_redo(self) -> EditRecord | None:
        """The edit that a redo brings back."""
        return self._records[self._undone[-1]] if self._undone else None

    def state(self, seq: int) -> EditState | None:
        """None when there is no such edit."""
        return self._records[seq].state if seq in self._records else None

    def add(self, record: EditRecord) -> EditRecord:
        """A new edit, after which nothing undone can come back, or one that goes on. Returns it with its number."""
        if not record.seq:
            record = replace(record, seq=self._next)
            self._next += 1
            for seq in self._undone:
                self._records[seq] = replace(self._records[seq], state=EditState.ABANDONED)
            self._undone.clear()
            self._done.append(record.seq)
        self._records[record.seq] = record
        return record

    def turned(self, *, back: bool, seq: int) -> list[EditRecord]:
        """Edits after `seq` were taken back, or those up to it brought back; returns them."""
        source, target = (self._done, self._undone) if back else (self._undone, self._done)
        state = EditState.UNDONE if back else EditState.DONE
        turned = []
        while source and (source[-1] > seq if back else source[-1] <= seq):
            target.append(source.pop())
            self._records[target[-1]] = replace(self._records[target[-1]], state=state)
            turned.append(self._records[target[-1]])
        return turned


def records_of(rows: Sequence[tuple[int, str, str, str, int, str, float, int, int]]) -> list[EditRecord]:
    return [EditRecord(*row[:7], EditState(row[7]), bool(row[8])) for row in rows]
