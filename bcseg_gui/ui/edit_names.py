"""Names of edits for the history, Undo and Redo."""

from __future__ import annotations

from bcseg_gui.core.i18n import translated
from bcseg_gui.session.edit_words import edit_words

from .tools.table import TOOLS


def edit_name(edit: str, model: str = "") -> str:
    """`edit` and `model` as recorded in the history; a tool of a newer version is named by its id."""
    if edit in TOOLS:
        return translated(TOOLS[edit].text)
    return edit_words(edit, model) or edit.replace("_", " ").capitalize()
