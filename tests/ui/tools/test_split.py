from __future__ import annotations

from typing import Any

import pytest

from bcseg_gui.ui.tools import PLAIN, CellsTool, Hand, PickedCells, Point, SplitTool


@pytest.fixture
def tool(field: Any, surface: Any) -> SplitTool:
    """The tool over two cells that touch at (200, 100)."""
    field.mark(182, 100)
    field.mark(218, 100)
    assert field.cell_count == 1
    return SplitTool(field, surface)


def drag(tool: SplitTool, *way: Point, hand: Hand = PLAIN) -> None:
    tool.press(way[0], hand)
    for point in way[1:]:
        tool.move(point)
    tool.release(way[-1])


def test_a_line_parts_them_and_joins_them_again(tool: SplitTool, field: Any, surface: Any) -> None:
    before = field.area()
    drag(tool, (200, 70), (200, 100), (200, 130))
    assert field.cell_count == 2
    assert field.area() == pytest.approx(before, abs=60)

    drag(tool, (180, 100), (220, 100), hand=Hand(add=True))
    assert field.cell_count == 1
    drag(tool, (200, 70), (200, 130))
    drag(tool, (180, 100), (220, 100), hand=Hand(subtract=True))

    assert field.strokes == ["split", "join", "split", "join"]
    assert field.cell_count == 1
    assert surface.preview == []


def test_the_cut_is_proposed_where_the_pointer_rests_and_made_by_a_click(
    tool: SplitTool, field: Any, surface: Any
) -> None:
    tool.hover((190, 100))
    tool.linger((190, 100))
    assert len(surface.preview) == 1
    assert not surface.closed
    assert field.strokes == []

    tool.hover((300, 300))
    assert surface.preview == []

    drag(tool, (190, 100))
    assert field.cell_count == 2


def test_one_cell_is_not_parted_by_a_click(tool: SplitTool, field: Any, surface: Any) -> None:
    field.mark(300, 300)
    tool.linger((300, 300))
    assert surface.preview == []
    drag(tool, (300, 300))

    assert field.strokes == []
    assert len(field.said) == 1


def test_a_click_on_the_background_finds_no_cell(tool: SplitTool, field: Any) -> None:
    drag(tool, (20, 350))
    drag(tool, (-20, 350))

    assert field.strokes == []
    assert field.said == ["There is no cell here."] * 2


@pytest.mark.parametrize("name", ["split", "cells"])
def test_where_the_pointer_rests_on_background_one_pixel_is_looked_at(
    tool: SplitTool, field: Any, surface: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    read, areas = field.read_mask, list[int]()
    monkeypatch.setattr(field, "read_mask", lambda region: (areas.append(region.area), read(region))[1])
    resting = tool if name == "split" else CellsTool(field, surface, PickedCells(field, surface))
    resting.linger((20, 350))

    assert areas == [1]


def test_a_line_beside_the_cells_changes_nothing(tool: SplitTool, field: Any) -> None:
    drag(tool, (10, 10), (60, 10))

    assert field.strokes == []
    assert len(field.said) == 1


def test_escape_takes_the_line_back(tool: SplitTool, field: Any, surface: Any) -> None:
    tool.press((200, 70))
    tool.move((200, 130))
    assert surface.preview
    tool.abort()
    tool.release((200, 130))

    assert field.strokes == []
    assert surface.preview == []
