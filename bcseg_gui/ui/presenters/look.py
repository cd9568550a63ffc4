"""Keeps the look panel, the slide view and the document in front in step."""

from __future__ import annotations

from PySide6.QtCore import QObject

from bcseg_gui.core.slides.look import Look
from bcseg_gui.session.session import Session

from ..operations.editing import Editing
from ..panels.look import LookPanel
from ..slide_view import SlideView
from ..tools import Point
from ..tools.pick import PickTool


class LookPresenter(QObject):
    def __init__(self, session: Session, view: SlideView, panel: LookPanel, editing: Editing) -> None:
        super().__init__(panel)
        self._session, self._view, self._panel, self._editing = session, view, panel, editing
        panel.changed.connect(self._changed)
        panel.pickWhite.connect(self._pick_white)

    def show(self) -> None:
        """Call when another document is in front, or none."""
        if (document := self._session.document) is not None:
            self._view.set_look(document.look)
            self._panel.show_look(document.look, document.look_for_model)

    def _changed(self, look: Look) -> None:
        if (document := self._session.document) is not None:
            document.set_look(look, for_model=self._panel.for_model)
            self._view.set_look(look)

    def _pick_white(self, picking: bool) -> None:
        if picking:
            self._view.set_tool(PickTool(self._white_picked))
        else:
            self._editing.show_tool()

    def _white_picked(self, point: Point) -> None:
        rgb = self._view.pixel_value(int(point[0]), int(point[1]))
        if rgb is not None:
            self._panel.set_white(rgb)
