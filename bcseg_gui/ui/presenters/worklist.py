"""Keeps the worklist panel in step with the session: the pictures, and what to correct next."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from bcseg_gui.session.next_up import Suggested, count_worth_it
from bcseg_gui.session.session import Session

from ..operations.operations import Operations
from ..panels.gains import MOST_BARS, GainBar
from ..panels.worklist import WorklistPanel


class WorklistPresenter(QObject):
    def __init__(self, session: Session, panel: WorklistPanel, operations: Operations) -> None:
        super().__init__(panel)
        self._session, self._panel, self._operations = session, panel, operations
        self._suggestions: tuple[Suggested, ...] = ()
        """As shown"""
        # Once, after a picture is marked and the next one shown.
        self._gains_soon = QTimer(self, singleShot=True, interval=0)
        self._gains_soon.timeout.connect(self._show_gains)
        session.worklistChanged.connect(self.show)
        session.models.changed.connect(self._gains_soon.start)
        session.next_up.wentOn.connect(self._gains_soon.start)
        session.next_up.ranked.connect(self._show_ranked)
        panel.chosen.connect(operations.viewing.select)
        panel.suggestionChosen.connect(self._choose_suggestion)
        panel.ranksWanted.connect(lambda: operations.failures.attempt(session.next_up.rank))

    def show(self) -> None:
        self._panel.refresh()
        self._gains_soon.start()

    def _show_gains(self) -> None:
        next_up = self._session.next_up
        suggestions = self._suggestions = next_up.suggestions
        bars = [GainBar(each.path.stem, each.gain, each.done) for each in suggestions[:MOST_BARS]]
        self._panel.show_gains(bars, count_worth_it(suggestions), next_up.in_hand(suggestions))

    def _show_ranked(self) -> None:
        self._panel.sort_by("rank")
        self._operations.learning.ranked()

    def _choose_suggestion(self, number: int) -> None:
        suggested = self._suggestions[number]
        place = self._session.worklist.place(suggested.path)
        if place >= 0 and suggested.spots:
            self._operations.learning.go_to(suggested, suggested.spots[0])
        elif place >= 0:
            self._operations.viewing.select(place)
