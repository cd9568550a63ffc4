"""The bar at the top: files, finding cells, history, review, learning."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from bcseg_gui.core.i18n import _

from .action_table import ICON_ONLY, NAMELESS_WHEN_NARROW, TOOLBAR
from .actions import Actions


class Toolbar(QToolBar):
    """Shows one action as the main one, and the others without their names where there is no room for them."""

    def __init__(self, actions: Actions, segment_menu: QMenu) -> None:
        super().__init__(_("Tools"))
        self._actions = actions
        self._main = ""
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for key in TOOLBAR:
            if key is None:
                self.addSeparator()
            else:
                self.addAction(actions[key])
        self._set_style(tuple(ICON_ONLY), Qt.ToolButtonStyle.ToolButtonIconOnly)
        segment = self._button(actions["segment"])
        segment.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        segment.setMenu(segment_menu)

    def highlight(self, main: str) -> None:
        """Key of the one thing to do next; empty: nothing stands out."""
        if main == self._main:
            return
        self._main = main
        for key in filter(None, TOOLBAR):
            button = self._button(self._actions[key])
            if button.property("main") != (key == main):
                button.setProperty("main", key == main)
                button.style().unpolish(button)
                button.style().polish(button)
        self.refresh_icons()

    def refresh_icons(self) -> None:
        """After another palette."""
        self._actions.refresh_icons(self._main)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """In a narrow window some go without their names, so that Reviewed and Retrain stay in sight."""
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
