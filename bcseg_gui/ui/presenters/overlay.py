"""Keeps the drawing of the mask in step with the overlay panel, the classes and the tool settings."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from bcseg_gui.core.i18n import _
from bcseg_gui.session.session import Session

from ..messages import MessageBar
from ..panels.history import HistoryPanel
from ..panels.overlay import OverlayPanel
from ..slide_view import SlideView
from ..slide_view.mask_item import OverlayStyle


class OverlayPresenter(QObject):
    def __init__(
        self, session: Session, view: SlideView, panel: OverlayPanel, history: HistoryPanel, messages: MessageBar
    ) -> None:
        super().__init__(panel)
        self._session, self._view, self._panel = session, view, panel
        self._history, self._messages = history, messages
        self._peeking = False
        panel.changed.connect(self.show)
        session.classes.changed.connect(self.show)
        session.tools.changed.connect(self._show_tool_settings)
        view.maskPeek.connect(self._peek)
        view.paintedUnseen.connect(self._painted_unseen)
        view.opacityStepped.connect(panel.step_opacity)
        view.zoomChanged.connect(panel.zoomed)

    def show(self) -> None:
        classes = self._session.classes.list
        self._history.show_classes(classes)
        self._show_tool_settings()
        colors = {each.id: QColor(each.color) for each in classes}
        panel, shown = self._panel, self._panel.visible and not self._peeking
        self._view.set_overlay(OverlayStyle(panel.opacity, shown, panel.contour, colors, panel.show_manual))

    def _show_tool_settings(self) -> None:
        classes = self._session.classes
        self._view.set_class_color(QColor(classes.in_hand.color) if len(classes.list) > 1 else None)
        self._view.update_tool_size()

    def _peek(self, peeking: bool) -> None:
        """Hide the mask while a key is held."""
        self._peeking = peeking
        self.show()

    def _painted_unseen(self) -> None:
        self._messages.inform(_("The cells are hidden. Press M to see what you paint."))
