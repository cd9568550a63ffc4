"""The actions of the window, made from their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from bcseg_gui.core.i18n import _
from bcseg_gui.session.edit_words import tool_words
from bcseg_gui.session.session import Session

from . import theme
from .action_table import ActionInfo, action_infos


def main_action(session: Session) -> str:
    """The one thing to do next, which the toolbar highlights."""
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
    """The QActions made from the table, each wired to `handlers[key]`."""

    def __init__(self, parent: QObject, handlers: Mapping[str, Callable[[], object]]) -> None:
        self.infos = {info.key: info for info in action_infos()}
        self._actions: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for info in self.infos.values():
            action = self._actions[info.key] = _make(info, parent)
            action.triggered.connect(lambda _checked=False, run=handlers[info.key]: run())
            if info.group:
                groups.setdefault(info.group, QActionGroup(parent)).addAction(action)
        self.refresh_icons("")

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def refresh(self, session: Session) -> None:
        for key, action in self._actions.items():
            action.setEnabled(self.infos[key].enabled(session))
        self.refresh_history(session)

    def refresh_history(self, session: Session) -> None:
        """Undo and redo alone, at once: a person may go back and forth faster than all else is brought up to date."""
        document = session.document
        for key in ("undo", "redo"):
            self._actions[key].setEnabled(self.infos[key].enabled(session))
        self._name("undo", document.undo_text if document is not None else "")
        self._name("redo", document.redo_text if document is not None else "")
        if document is not None and document.segmenting:
            self._actions["undo"].setToolTip(_("Stop the segmentation, or wait for its end, to undo"))

    def _name(self, key: str, edit: str) -> None:
        """Say which edit it is about; empty: none."""
        info, action = self.infos[key], self._actions[key]
        text = _("{action}: {edit}").format(action=info.text, edit=tool_words(edit)) if edit else info.text
        action.setText(text)  # does nothing when it is the same
        action.setToolTip(_hint(text if edit else info.tooltip, action.shortcuts()))

    def refresh_icons(self, main: str) -> None:
        """After another palette or another main action; `main` is drawn for the accent colour."""
        for key, info in self.infos.items():
            if info.icon:
                self._actions[key].setIcon(theme.icon(info.icon, on_accent=key == main))


def _make(info: ActionInfo, parent: QObject) -> QAction:
    action = QAction(info.text, parent)
    action.setObjectName(info.key)
    action.setCheckable(info.checkable)
    sequences = [QKeySequence(text) for text in info.shortcuts]
    action.setShortcuts(sequences)
    action.setToolTip(_hint(info.tooltip or info.text.rstrip("…"), sequences))
    action.setStatusTip("")
    return action


def _hint(words: str, sequences: Sequence[QKeySequence]) -> str:
    return f"{words} ({sequences[0].toString(QKeySequence.SequenceFormat.NativeText)})" if sequences else words
