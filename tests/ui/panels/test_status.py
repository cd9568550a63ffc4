from __future__ import annotations

from pathlib import Path

from bcseg_gui.core.project import ModelVersion
from bcseg_gui.ui.panels.status import model_titles


def version(name: str, teacher: str | None = None) -> ModelVersion:
    return ModelVersion(name, Path(name), "ternausnet16", ("cell",), 42, 105, None, teacher, {}, "", "", bundled=True)


def test_models_are_told_by_speed_where_there_is_a_choice() -> None:
    large, small, mine = version("large"), version("small", "large"), version("mine")
    assert model_titles([large, small, mine]) == {
        "large": "accurate · large", "small": "fast · small", "mine": "accurate · mine",
    }  # fmt: skip
    assert model_titles([large, mine]) == {"large": "large", "mine": "mine"}
