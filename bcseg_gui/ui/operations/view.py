"""Moving between pictures, and dialogs that inform."""

from __future__ import annotations

from collections.abc import Sequence

from ..shortcuts import ShortcutGroup
from .common import Context


class Viewing:
    def __init__(self, context: Context) -> None:
        self._session, self._view, self._messages = context.session, context.view, context.messages
        self._window, self._failures = context.window, context.failures

    def select(self, index: int) -> None:
        """Show a picture of the worklist and close the message about the one before. Failures are shown."""
        self._view.settle()
        self._messages.hide()
        self._failures.attempt(lambda: self._session.select(index))

    def step(self, by: int) -> None:
        """Show the next (+1) or previous (−1) picture. Raise UserError."""
        self._messages.hide()
        self._session.step(by)

    def show_slide_info(self) -> None:
        from ..dialogs.slide_info import SlideInfoDialog

        if self._session.document is not None:
            SlideInfoDialog(self._session.document.slide, self._window, given_mpp=self._session.scale.mpp).open()

    def show_shortcuts(self, menus: Sequence[ShortcutGroup]) -> None:
        from ..dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(menus, self._window).open()

    def show_about(self) -> None:
        from ..dialogs.about import AboutDialog

        AboutDialog(self._session.models.active, self._window).open()
