"""The QActions of the window, made from the action table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from bcseg_gui.core.i18n import _, translated
from bcseg_gui.session.session import Session

from .. import theme
from ..edit_names import edit_name
from ..operations.operations import Operations
from .info import ActionInfo, Sections
from .table import ACTIONS


def main_action(session: Session) -> str:
    """Return the id of the next thing to do, which the toolbar highlights; empty when nothing stands out."""
    document = session.document
    if document is None:
        return "open"
    if document.segmenting:
        return ""
    if session.reviewing.is_complete and session.reviewing.is_enough:
        return "retrain"
    if session.reviewing.status == "todo":
        return "segment"
    return "reviewed" if session.reviewing.status == "doing" else "next" if session.reviewing.has_todo else ""


class Actions:
    """One QAction per row, by the row's id; each is a child of `window` and active throughout it."""

    def __init__(self, window: QWidget, operations: Operations) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for info in ACTIONS.values():
            action = self._actions[info.id] = _make(info, window)
            action.triggered.connect(
                lambda _checked=False, info=info: operations.perform(info.run, during_stroke=info.during_stroke)
            )
            if info.group:
                groups.setdefault(info.group, QActionGroup(window)).addAction(action)
            window.addAction(action)
        self.refresh_icons("")

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def menu(self, sections: Sections, title: str = "") -> QMenu:
        """Return a new menu of these actions."""
        menu = QMenu(title, self._window)
        menu.setToolTipsVisible(True)
        for place, section in enumerate(sections):
            if place:
                menu.addSeparator()
            menu.addActions([self[info.id] for info in section])
        return menu

    def refresh(self, session: Session) -> None:
        """Enable what is possible now."""
        for key, action in self._actions.items():
            action.setEnabled(ACTIONS[key].enabled(session))
        self.refresh_history(session)

    def refresh_history(self, session: Session) -> None:
        """Refresh undo and redo at once: they may be pressed again before the rest is up to date."""
        document = session.document
        for key in ("undo", "redo"):
            self[key].setEnabled(ACTIONS[key].enabled(session))
        self._name("undo", document.undo_text if document is not None else "")
        self._name("redo", document.redo_text if document is not None else "")
        if document is not None and document.segmenting:
            self["undo"].setToolTip(_("Stop the segmentation, or wait for its end, to undo"))

    def _name(self, action_id: str, edit: str) -> None:
        """Name the edit that undo or redo is about; empty: none."""
        info, action = ACTIONS[action_id], self[action_id]
        name = translated(info.text)
        text = _("{action}: {edit}").format(action=name, edit=edit_name(edit)) if edit else name
        action.setText(text)  # no-op when unchanged
        action.setToolTip(_hint(text if edit else translated(info.tooltip), action.shortcuts()))

    def refresh_icons(self, main: str) -> None:
        """Call after a palette change or with a new main action; `main` is drawn on the accent colour."""
        for info in ACTIONS.values():
            if info.icon:
                self[info.id].setIcon(theme.icon(info.icon, on_accent=info.id == main))


def _make(info: ActionInfo, parent: QWidget) -> QAction:
    action = QAction(translated(info.text), parent)
    action.setObjectName(info.id)
    action.setCheckable(info.checkable)
    sequences = [QKeySequence(text) for text in info.keys]
    action.setShortcuts(sequences)
    action.setToolTip(_hint(translated(info.tooltip) if info.tooltip else translated(info.text).rstrip("…"), sequences))
    action.setStatusTip("")
    return action


def _hint(words: str, sequences: Sequence[QKeySequence]) -> str:
    return f"{words} ({sequences[0].toString(QKeySequence.SequenceFormat.NativeText)})" if sequences else words
