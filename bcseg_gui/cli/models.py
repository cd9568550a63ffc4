"""`bcseg models`: the model versions at hand."""

from __future__ import annotations

from pathlib import Path

from bcseg_gui.core.errors import UserError


def find_model(name: str) -> Path:
    """The folder of a model given by its folder."""
    folder = Path(name)
    if not folder.is_dir():
        raise UserError("There is no model “{name}”. `bcseg models list` shows those at hand.", name=name)
    return folder
