"""All operations of one window, which the rows of the action table call."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from bcseg_gui.session.session import Session

from ..messages import MessageBar
from ..slide_view import SlideView
from .cells import CellOperations
from .common import Context
from .editing import Editing
from .failures import Failures
from .files import Files
from .learning import Learning
from .view import Viewing


class Operations:
    def __init__(self, session: Session, view: SlideView, messages: MessageBar, window: QWidget) -> None:
        self.session, self.view = session, view
        self.failures = Failures(session, messages, window)
        context = Context(session, view, messages, window, self.failures)
        self.viewing = Viewing(context)
        self.cells = CellOperations(context)
        self.editing = Editing(session, view, window)
        self.learning = Learning(context, self.viewing)
        self.files = Files(context, self.learning)

    def perform(self, operation: Callable[[Operations], object], *, during_stroke: bool = False) -> None:
        """Run it and show a UserError it raises; `during_stroke`: do not settle a stroke under way first."""
        if not during_stroke:
            self.view.settle()
        self.failures.attempt(lambda: operation(self))
