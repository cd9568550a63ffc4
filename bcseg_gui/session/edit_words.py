"""What an edit of the mask is called, in the history and in the texts of Undo and Redo."""

from __future__ import annotations

from collections.abc import Callable

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import EditRecord

# Each is called when it is shown: in the language that is installed then.
_WORDS: dict[str, Callable[[], str]] = {
    "brush": lambda: _("Brush"),
    "eraser": lambda: _("Eraser"),
    "smart_brush": lambda: _("Smart brush"),
    "outline": lambda: _("Outline"),
    "wand": lambda: _("Wand"),
    "fill": lambda: _("Fill"),
    "split": lambda: _("Split"),
    "join": lambda: _("Join"),
    "delete": lambda: _("Delete"),
    "grow": lambda: _("Grow"),
    "shrink": lambda: _("Shrink"),
    "class": lambda: _("Other class"),
    "paste": lambda: _("Copy of a cell"),
    "segment": lambda: _("Segmentation"),
    "accept": lambda: _("Accepted"),
    "import": lambda: _("Import"),
    "recover": lambda: _("Recovery"),
}


def edit_words(record: EditRecord) -> str:
    return tool_words(record.tool, record.model)


def tool_words(tool: str, model: str = "") -> str:
    """`tool` as it is written in the mask's history; one of a newer version of the app is told by its own name."""
    if tool == "segment" and model == QUICK_METHOD:
        return _("Quick segmentation")
    if tool == "segment" and model:
        return _("Segmented by {model}").format(model=model)
    words = _WORDS.get(tool)
    return words() if words is not None else tool.replace("_", " ").capitalize()
