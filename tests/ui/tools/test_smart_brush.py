from __future__ import annotations

from typing import Any

from bcseg_gui.ui.tools import Hand, SmartBrushTool


def test_it_stays_inside_the_cell_it_began_in(field: Any) -> None:
    field.settings.set_brush_radius(30.0)
    tool = SmartBrushTool(field)
    tool.press((100, 100))
    tool.move((130, 100))
    tool.release((140, 100))

    assert field.strokes == ["smart_brush"]
    assert field.area() > 800
    assert not field.classes[:, 128:].any()


def test_it_takes_away_what_lies_on_the_background(field: Any) -> None:
    field.mark(130, 100)
    tool = SmartBrushTool(field)
    field.settings.set_brush_radius(30.0)
    tool.press((145, 100), Hand(subtract=True))
    tool.release((145, 100))

    assert not field.classes[100, 135:150].any()
    assert field.classes[100, 112] == 1


def test_escape_takes_it_back(field: Any) -> None:
    tool = SmartBrushTool(field)
    tool.press((100, 100))
    tool.abort()
    tool.move((110, 100))

    assert not field.mask.any()
