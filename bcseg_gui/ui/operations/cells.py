"""Segmenting and reviewing the open picture, and its undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint

from bcseg_gui.core.i18n import _
from bcseg_gui.session.segmenting import UnfinishedRunError

from .. import messages
from .common import Context, busy


class CellOperations:
    """Methods that actions run may raise UserError."""

    def __init__(self, context: Context) -> None:
        self._session, self._view, self._messages = context.session, context.view, context.messages
        self._window, self._failures = context.window, context.failures

    # -- segmenting -----------------------------------------------------------------------------------------------

    def segment(self) -> None:
        self._segment(partial(self._session.segmenting.picture, self._middle_of_view(), self._view.visible_region()))

    def segment_visible(self) -> None:
        self._segment(partial(self._session.segmenting.visible, self._view.visible_region()))

    def segment_selection(self) -> None:
        self._segment(partial(self._session.segmenting.selection, self._middle_of_view()))

    def segment_whole(self) -> None:
        self._segment(partial(self._session.segmenting.whole, self._middle_of_view()))

    def resume(self) -> None:
        self._session.segmenting.resume(self._middle_of_view())

    def quick_segment(self) -> None:
        self._segment(partial(self._session.segmenting.quick, self._middle_of_view(), self._view.visible_region()))

    def adjust(self, threshold: float, splitting: float) -> None:
        self._failures.attempt(lambda: self._session.segmenting.adjust(threshold, splitting))

    def _middle_of_view(self) -> QPoint:
        """Level-0 pixels."""
        seen = self._view.visible_region()
        return QPoint(seen.x + seen.w // 2, seen.y + seen.h // 2)

    def _segment(self, start: Callable[..., None]) -> None:
        """Start; ask first if that discards a segmentation that could be resumed."""
        try:
            start()
        except UnfinishedRunError as error:
            if self._may_give_up_run(error.percent):
                start(may_discard=True)

    def _may_give_up_run(self, percent: int) -> bool:
        question = _(
            "A segmentation that was stopped at {percent} % could not be taken up any more. What it found stays."
        )
        return messages.ask(self._window, question.format(percent=percent), _("Segment this part"), _("Go back"))

    def accept(self) -> None:
        if self._session.document is not None:
            with busy():
                self._session.document.accept()

    def mark_reviewed(self) -> None:
        self._messages.hide()
        self._session.reviewing.mark(self._view.visible_region())

    # -- history --------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Undo the last step of an unfinished tool, else the last edit."""
        document = self._session.document
        if self._view.undo_step() or document is None:
            return
        if document.segmenting:
            self._messages.inform(_("Stop the segmentation, or wait for its end, before you undo something."))
            return
        with busy():  # seconds for a whole slide
            document.undo()

    def redo(self) -> None:
        if self._session.document is not None:
            with busy():
                self._session.document.redo()

    def jump(self, seq: int) -> None:
        """Go to the state after the edit `seq`; 0: before the first. Failures are shown."""
        self._view.settle()
        document = self._session.document
        if document is not None:
            with busy():
                self._failures.attempt(lambda: document.jump(seq))
