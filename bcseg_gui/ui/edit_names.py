"""What an edit of the mask is called, in the history and in the texts of Undo and Redo."""

from __future__ import annotations

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.core.i18n import N_, _, translated

from .tools.table import TOOLS

_OTHERS = {
    "join": N_("Join"),
    "delete": N_("Delete"),
    "grow": N_("Grow"),
    "shrink": N_("Shrink"),
    "class": N_("Other class"),
    "paste": N_("Copy of a cell"),
    "segment": N_("Segmentation"),
    "accept": N_("Accepted"),
    "import": N_("Import"),
    "recover": N_("Recovery"),
}
"""Edits that no tool makes."""


def edit_name(tool: str, model: str = "") -> str:
    """`tool` and `model` as the mask's history records them; a tool that only a newer version knows keeps its id."""
    if tool == "segment" and model == QUICK_METHOD:
        return _("Quick segmentation")
    if tool == "segment" and model:
        return _("Segmented by {model}").format(model=model)
    name = TOOLS[tool].text if tool in TOOLS else _OTHERS.get(tool)
    return translated(name) if name is not None else tool.replace("_", " ").capitalize()
