"""Keeps the status bar in step with session and pointer, and applies what is chosen there."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from bcseg_gui.session.session import Session

from ..operations.failures import Failures
from ..panels.status import StatusBar
from ..slide_view import SlideView

BETWEEN_POSITIONS = 50
"""Milliseconds between updates of the pointer position, so that they never delay painting."""


class StatusPresenter(QObject):
    def __init__(self, session: Session, view: SlideView, bar: StatusBar, failures: Failures) -> None:
        super().__init__(bar)
        self._session, self._view, self._bar, self._failures = session, view, bar, failures
        self._position: tuple[int, int] | None = None
        self._position_soon = QTimer(self, singleShot=True, interval=BETWEEN_POSITIONS)
        self._position_soon.timeout.connect(self._show_position)
        view.cursorMoved.connect(self._pointer_moved)
        bar.modelChosen.connect(lambda name: failures.attempt(lambda: session.models.choose(name)))
        bar.cellDiameterChosen.connect(lambda px: failures.attempt(lambda: session.scale.set_cell_diameter(px)))
        bar.scaleChosen.connect(lambda mpp: failures.attempt(lambda: session.scale.set_given_mpp(mpp)))
        bar.pageChosen.connect(self._choose_page)

    def refresh(self) -> None:
        self._bar.show_session(self._session)

    def _choose_page(self, page: int) -> None:
        self._failures.attempt(lambda: self._session.set_page(page))
        self.refresh()  # back to the open page if that failed

    def _pointer_moved(self, position: tuple[int, int] | None) -> None:
        self._position = position
        if not self._position_soon.isActive():
            self._position_soon.start()

    def _show_position(self) -> None:
        position = self._position
        self._bar.show_position(position, self._view.pixel_value(*position) if position is not None else None)
