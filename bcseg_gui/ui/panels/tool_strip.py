"""The tools, in a column beside the picture."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolBar, QWidget

from bcseg_gui.core.i18n import _

from ..actions.actions import Actions
from ..theme import ICON_SIZE
from ..tools.table import TOOL_GROUPS

_STYLE = """
QToolBar#toolStrip { border: none; border-right: 1px solid palette(mid); padding: 4px 3px; spacing: 1px; }
QToolBar#toolStrip::separator { background: palette(mid); height: 1px; width: 1px; margin: 4px 6px; }
QToolBar#toolStrip QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 5px; }
QToolBar#toolStrip QToolButton:checked {
    background: palette(midlight); border-color: palette(mid);
    border-left: 3px solid palette(highlight); padding-left: 3px;
}
QToolBar#toolStrip QToolButton:focus { border-color: palette(text); }
"""


class ToolStrip(QToolBar):
    """One icon per tool; in a low window an arrow at the end opens the rest."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolStrip")
        self.setAccessibleName(_("Tools"))
        self.setOrientation(Qt.Orientation.Vertical)
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setStyleSheet(_STYLE)
        for place, group in enumerate(TOOL_GROUPS):
            if place:
                self.addSeparator()
            self.addActions([actions[tool.id] for tool in group])
        # Do not force the window higher: what does not fit goes behind the arrow.
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
