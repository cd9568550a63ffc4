"""The order in which the pictures of the worklist are shown and gone through: sorted, and filtered."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from .worklist import LEFT, WorklistItem

_MANY = 100
"""Items; where more have changed the rows are arranged anew."""

_MOST_RANKS = 1_000_000


def _name(item: WorklistItem) -> list[tuple[int, str]]:
    """“Field 9” comes before “Field 10”."""
    parts = re.findall(r"\d+|\D+", item.path.stem.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


_SORT_KEYS: dict[str, Callable[[WorklistItem], Any]] = {
    "name": _name,
    "status": lambda item: ("doing", "todo", "problem", "reviewed").index(item.status),
    "time": lambda item: -item.seconds,
    "rank": lambda item: item.rank or _MOST_RANKS,
}
"""What the pictures are sorted by; else they stay in the order in which they were found."""


class Order:
    """A place is an index into the worklist, a position one into the whole order, a row one into what is shown.

    Pictures are sorted when that is asked for. One whose status or time changes later stays where it is, so that nobody
    loses their place; the picture in front keeps its row even where the filter would hide it. Sequences that are
    returned never change.
    """

    def __init__(self) -> None:
        self._items: Sequence[WorklistItem] = ()
        self._front = -1
        self._names: list[str] = []
        """casefolded, by place"""
        self._places: Sequence[int] = ()
        """by position"""
        self._positions: Sequence[int] = ()
        """by place"""
        self._rows: Sequence[int] = ()
        """positions, by row"""
        self._text, self._status, self._sorted_by = "", "", ""
        self._arrangement = 0

    @property
    def items(self) -> Sequence[WorklistItem]:
        """By place."""
        return self._items

    @property
    def places(self) -> Sequence[int]:
        """By position."""
        return self._places

    @property
    def positions(self) -> Sequence[int]:
        """By place."""
        return self._positions

    @property
    def rows(self) -> Sequence[int]:
        """Positions of what is shown, ascending."""
        return self._rows

    @property
    def front(self) -> int:
        """Place of the picture in front, −1 without one."""
        return self._front

    @property
    def is_filtered(self) -> bool:
        return bool(self._text or self._status)

    @property
    def arrangement(self) -> int:
        """Another number whenever the rows were arranged anew, and not only single rows came, went or changed."""
        return self._arrangement

    # -- what is shown --------------------------------------------------------------------------------------------

    def show(self, items: Sequence[WorklistItem], front: int) -> None:
        """Arrange these items; `front` is the place of the picture in front. Another list forgets the filter."""
        before, self._items = self._items, items
        was_front, self._front = self._front, front
        if items is before and was_front == front:
            return
        if items is not before and _is_another(before, items):
            self._names = [item.path.name.casefold() for item in items]
            self._text, self._status = "", ""
            self.sort_by(self._sorted_by)
        elif self.is_filtered:
            kept = {self._positions[front]} & set(self._rows) if front >= 0 else set[int]()
            self._rows = self._filtered(kept)

    def sort_by(self, key: str) -> None:
        """ "name", "status", "time" (longest first), "rank" (to correct first), or "" for the order in which they were
        found.
        """
        self._sorted_by = key
        places = range(len(self._items))
        if key:
            self._places = sorted(places, key=lambda place: _SORT_KEYS[key](self._items[place]))
            positions = self._positions = [0] * len(places)
            for position, place in enumerate(self._places):
                positions[place] = position
        else:
            self._places = self._positions = places
        self._arrange()

    def filter(self, text: str, status: str) -> None:
        """Show those whose name holds `text` and that have this status; empty: any."""
        self._text, self._status = text.casefold(), status
        self._arrange()

    def _arrange(self) -> None:
        self._rows = self._filtered(set()) if self.is_filtered else range(len(self._items))
        self._arrangement += 1

    def _filtered(self, kept: set[int]) -> list[int]:
        return [
            position
            for position, place in enumerate(self._places)
            if position in kept
            or (self._text in self._names[place] and self._status in ("", self._items[place].status))
        ]

    def _position(self, place: int) -> int:
        return self._positions[place] if place >= 0 else -1

    # -- going through them ---------------------------------------------------------------------------------------

    def next_left(self, after: int) -> int | None:
        """The next place with something to do, going round those shown, then all; None when only `after` has any."""
        position = self._position(after)
        row = bisect_left(self._rows, position + 1)
        others = range(position + 1, len(self._places)), range(position)
        places = (self._places[each] for each in chain(self._rows[row:], self._rows[:row], *others))
        return next((place for place in places if place != after and self._items[place].status in LEFT), None)

    def step(self, place: int, by: int) -> int | None:
        """The place shown before (−1) or after (+1) this one, which need not be shown; None at the ends."""
        position = self._position(place)
        row = bisect_left(self._rows, position) - 1 if by < 0 else bisect_left(self._rows, position + 1)
        return self._places[self._rows[row]] if 0 <= row < len(self._rows) else None


def _is_another(before: Sequence[WorklistItem], items: Sequence[WorklistItem]) -> bool:
    """Another list, or one of which so much has changed that it counts as another."""
    if len(items) != len(before):
        return True
    # By identity: a change of one item keeps the others.
    changed = [(old, new) for old, new in zip(before, items, strict=True) if old is not new]
    return len(changed) > _MANY or any(old.path != new.path for old, new in changed)
