"""What an edit of the mask is called, in the history and in the texts of Undo and Redo."""

from __future__ import annotations

from bcseg_gui.core.i18n import translated
from bcseg_gui.session.edit_words import edit_words

from .tools.table import TOOLS


def edit_name(edit: str, model: str = "") -> str:
    """`edit` and `model` as the mask's history records them; a tool that only a newer version knows keeps its id."""
    if edit in TOOLS:
        return translated(TOOLS[edit].text)
    return edit_words(edit, model) or edit.replace("_", " ").capitalize()
