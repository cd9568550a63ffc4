"""What the edits of a mask are called that no tool makes."""

from __future__ import annotations

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.core.i18n import N_, _, translated

_WORDS = {
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


def edit_words(edit: str, model: str = "") -> str | None:
    """`edit` and `model` as the mask's history records them; None for an edit by a tool."""
    if edit == "segment" and model == QUICK_METHOD:
        return _("Quick segmentation")
    if edit == "segment" and model:
        return _("Segmented by {model}").format(model=model)
    return translated(_WORDS[edit]) if edit in _WORDS else None
