from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.ui.tools import FillTool, Hand, WandTool


def test_the_wand_takes_the_whole_cell_and_nothing_else(field: Any) -> None:
    WandTool(field).press((95, 104))

    truth = (field.picture[..., 1] < 150).sum()
    assert field.strokes == ["wand"]
    assert field.area() == pytest.approx(truth, rel=0.15)
    assert field.cell_count == 1


def test_the_wand_says_when_there_is_no_cell(field: Any) -> None:
    WandTool(field).press((300, 300))

    assert field.strokes == []
    assert len(field.said) == 1


def test_the_wand_takes_away(field: Any) -> None:
    tool = WandTool(field)
    tool.press((100, 100))
    tool.press((100, 100), Hand(subtract=True))

    assert field.area() == 0
    assert tool.sign(Hand(subtract=True)) == -1


def test_the_wand_mends_a_cell_that_was_found_in_part(field: Any) -> None:
    field.mark(100, 100, 12)
    WandTool(field).press((100, 100))

    assert field.cell_count == 1
    assert field.area() > 1000


def test_filling_closes_a_hole_and_takes_a_cell_away(field: Any) -> None:
    field.mark(200, 200)
    field.mask[195:205, 195:205] = 0
    tool = FillTool(field)

    tool.press((200, 200))
    assert (field.classes[195:205, 195:205] == 1).all()
    tool.press((200, 200), Hand(subtract=True))
    assert not field.classes.any()
    assert field.strokes == ["fill", "fill"]


def test_filling_gives_another_class(field: Any) -> None:
    field.mark(200, 200)
    field.settings.choose_class(2)
    FillTool(field).press((200, 200))

    assert np.unique(field.classes).tolist() == [0, 2]


def test_what_cannot_be_filled_is_said(field: Any) -> None:
    FillTool(field).press((300, 300))

    assert field.strokes == []
    assert len(field.said) == 1


def test_a_picture_that_cannot_be_read_is_said(field: Any) -> None:
    def broken(_region: object) -> None:
        raise UserError("“{path}” cannot be read.", path="a.svs")

    field.read_picture = broken
    WandTool(field).press((100, 100))

    assert field.said == ["“a.svs” cannot be read."]
