"""Shows what goes wrong, and offers to recover a damaged mask."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.masks.failures import DamagedMaskError
from bcseg_gui.session.session import Session

from ..messages import MessageBar


class Failures(QObject):
    recovered = Signal(str)
    """One sentence: a damaged mask was recovered"""

    def __init__(self, session: Session, messages: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._messages, self._window = session, messages, window

    def attempt(self, run: Callable[[], object]) -> bool:
        """Run it and show a UserError it raises. Return whether it raised none."""
        try:
            run()
        except UserError as error:
            self.show(error)
            return False
        return True

    def show(self, error: BaseException) -> None:
        """Show the error; offer to recover a damaged mask."""
        self._messages.problem(error)
        if isinstance(error, DamagedMaskError):
            # Later: the project that is being opened is locked until then.
            QTimer.singleShot(0, self, lambda: self._offer_recovery(error))

    def _offer_recovery(self, error: DamagedMaskError) -> None:
        from bcseg_gui.session.recovering import Recovering

        from ..dialogs.recover import RecoverDialog

        if self._window.findChild(RecoverDialog) is not None:
            return
        try:
            session = self._session
            recovering = Recovering(error, session.opened, session.let_go, session.show)
        except UserError as problem:
            self._messages.problem(problem)
            return
        dialog = RecoverDialog(recovering, self._window)
        dialog.recovered.connect(self.recovered)
        dialog.open()
