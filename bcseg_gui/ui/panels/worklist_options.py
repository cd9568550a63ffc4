"""A small button whose menu filters and sorts the worklist."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from bcseg_gui.core.i18n import _

from .. import theme
from .worklist_model import status_words

STATUSES = ("todo", "doing", "reviewed", "problem")

_ICON = 16
"""Side in device-independent pixels."""

# Without the arrow: the icon already says that there is a menu.
_STYLE = """
QToolButton { border: none; border-radius: 6px; padding: 3px; }
QToolButton:hover, QToolButton:focus, QToolButton:pressed { background: palette(midlight); }
QToolButton::menu-indicator { image: none; }
"""


class WorklistOptions(QToolButton):
    filterChosen = Signal(str)
    """Only status to show; empty: all"""
    orderChosen = Signal(str)
    """As in `WorklistPanel.sort_by`; also emitted when the current order is chosen, to sort anew"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(_ICON, _ICON))
        self.setStyleSheet(_STYLE)
        self.setToolTip(_("Which pictures to show, and in which order"))
        self.setAccessibleName(_("Show and sort"))
        menu = QMenu(self)
        menu.addSection(_("Show"))
        statuses = [(status, "{}  {}".format(*status_words(status))) for status in STATUSES]
        self._filters = self._add(menu, [("", _("All pictures")), *statuses], self.filterChosen.emit)
        menu.addSection(_("Sort by"))
        orders = (
            ("", _("Order of the folder")),
            ("name", _("Name")),
            ("status", _("Status")),
            ("time", _("Time spent")),
            ("rank", _("What to correct next")),
        )
        self._orders = self._add(menu, orders, self.orderChosen.emit)
        self.setMenu(menu)
        self._show_icon()

    def _add(
        self, menu: QMenu, choices: Iterable[tuple[str, str]], chosen: Callable[[str], None]
    ) -> dict[str, QAction]:
        group = QActionGroup(self)
        actions: dict[str, QAction] = {}
        for key, text in choices:
            action = actions[key] = menu.addAction(text)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, key=key: chosen(key))
        actions[""].setChecked(True)
        return actions

    def show_filter(self, status: str) -> None:
        self._filters[status].setChecked(True)

    def show_order(self, order: str) -> None:
        self._orders[order].setChecked(True)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icon()
        super().changeEvent(event)

    def _show_icon(self) -> None:
        self.setIcon(theme.icon("sort"))
