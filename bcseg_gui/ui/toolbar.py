"""The bar at the top: files, finding cells, history, review, learning."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QToolBar, QToolButton

from bcseg_gui.core.i18n import _

from .actions.actions import Actions
from .actions.table import SEGMENT_MENU

TOOLBAR = (("open", "segment"), ("undo", "redo"), ("reviewed", "retrain"))
"""Ids of actions, with a separator between two groups."""
ICON_ONLY = ("undo", "redo")
NAMELESS_WHEN_NARROW = (("open",), ("retrain",))
"""Actions that lose their names first and second when space is short."""
_IDS = tuple(action_id for group in TOOLBAR for action_id in group)


class Toolbar(QToolBar):
    """Highlights one action, and drops names that do not fit."""

    def __init__(self, actions: Actions) -> None:
        super().__init__(_("Tools"))
        self._actions = actions
        self._main = ""
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for place, group in enumerate(TOOLBAR):
            if place:
                self.addSeparator()
            self.addActions([actions[action_id] for action_id in group])
        self._set_style(ICON_ONLY, Qt.ToolButtonStyle.ToolButtonIconOnly)
        segment = self._button(actions["segment"])
        segment.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        segment.setMenu(actions.menu(SEGMENT_MENU))

    def highlight(self, main: str) -> None:
        """`main`: id of the action to do next; empty: none."""
        if main == self._main:
            return
        self._main = main
        for key in _IDS:
            button = self._button(self._actions[key])
            if button.property("main") != (key == main):
                button.setProperty("main", key == main)
                button.style().unpolish(button)
                button.style().polish(button)
        self.refresh_icons()

    def refresh_icons(self) -> None:
        """Call after a palette change."""
        self._actions.refresh_icons(self._main)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Drop some names in a narrow window, so that Reviewed and Retrain stay visible."""
        with_name, without = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        for keys in NAMELESS_WHEN_NARROW:
            self._set_style(keys, with_name)
        for keys in NAMELESS_WHEN_NARROW:
            if self.sizeHint().width() > self.width():
                self._set_style(keys, without)

    def _set_style(self, keys: Sequence[str], style: Qt.ToolButtonStyle) -> None:
        for key in keys:
            self._button(self._actions[key]).setToolButtonStyle(style)

    def _button(self, action: QAction) -> QToolButton:
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        return button
