from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bcseg_gui.core.geometry import Region
from bcseg_gui.ui.tools import PLAIN, CellsTool, Hand, PickedCells, Point

A, B, C = (60.0, 60.0), (120.0, 60.0), (300.0, 300.0)
ADD = Hand(add=True)


@pytest.fixture
def cells(field: Any, surface: Any) -> PickedCells:
    """The tool over a mask with cells at A, B and C, the last of class 2."""
    field.mark(60, 60)
    field.mark(120, 60)
    field.mark(300, 300, class_id=2)
    return PickedCells(field, surface)


@pytest.fixture
def tool(field: Any, surface: Any, cells: PickedCells) -> CellsTool:
    return CellsTool(field, surface, cells)


def click(tool: CellsTool, point: Point, hand: Hand = PLAIN) -> None:
    tool.press(point, hand)
    tool.release(point)


def test_a_click_picks_one_and_shift_more(tool: CellsTool, cells: PickedCells, surface: Any) -> None:
    click(tool, A)
    assert [cell.region.x for cell in cells.picked] == [40]
    assert len(surface.picked) == 1
    click(tool, B)
    assert [cell.region.x for cell in cells.picked] == [100]
    click(tool, A, ADD)
    click(tool, C, ADD)
    assert len(cells.picked) == 3
    assert tool.is_busy

    click(tool, B, ADD)
    assert len(cells.picked) == 2
    click(tool, A, Hand(subtract=True))
    assert [cell.class_id for cell in cells.picked] == [2]
    click(tool, (200, 200))
    assert list(cells.picked) == []
    assert surface.picked == []


def test_escape_drops_what_is_picked_and_enter_is_for_the_picture(tool: CellsTool, cells: PickedCells) -> None:
    click(tool, A)
    assert not tool.can_finish, "Enter marks the picture reviewed"
    tool.abort()

    assert list(cells.picked) == []


def test_a_drag_is_given_up_when_something_else_comes_first(tool: CellsTool, cells: PickedCells, field: Any) -> None:
    click(tool, A)
    before = field.mask.copy()
    tool.press(A)
    tool.move((250, 250))

    assert tool.settle()
    tool.release((250, 250))

    assert (field.mask == before).all()
    assert len(cells.picked) == 1, "what was picked stays so"


def test_the_cell_that_would_be_picked_is_shown(tool: CellsTool, surface: Any, field: Any) -> None:
    tool.linger(A)
    assert len(surface.preview) == 1
    tool.hover((61, 61))
    assert len(surface.preview) == 1
    tool.hover((200, 200))
    assert surface.preview == []
    assert field.strokes == []


def test_what_is_too_large_is_not_shown_but_may_be_picked(
    monkeypatch: pytest.MonkeyPatch, tool: CellsTool, surface: Any
) -> None:
    monkeypatch.setattr("bcseg_gui.ui.tools.picked_cells.LARGEST_SHOWN", 30)
    tool.linger(A)
    assert surface.preview == []
    click(tool, A)
    assert len(surface.picked) == 1


def test_a_drag_puts_a_copy_elsewhere_and_picks_it(
    tool: CellsTool, cells: PickedCells, field: Any, surface: Any
) -> None:
    tool.press(A)
    tool.move((130.0, 210.0))
    assert len(surface.preview) == 1
    tool.release((160.0, 260.0))

    assert field.strokes == ["paste"]
    assert field.cell_count == 4
    copied, original = field.classes[240:281, 140:181], field.classes[40:81, 40:81]
    np.testing.assert_array_equal(copied, original)
    assert [cell.region.y for cell in cells.picked] == [240]


def test_a_hand_that_trembles_clicks(tool: CellsTool, cells: PickedCells, field: Any) -> None:
    tool.press(A)
    tool.move((66.0, 60.0))
    tool.release((66.0, 60.0))

    assert field.strokes == []
    assert [cell.region.x for cell in cells.picked] == [40]


def test_a_copy_onto_the_cell_itself_is_none(tool: CellsTool, cells: PickedCells, field: Any, surface: Any) -> None:
    tool.press(A)
    tool.move((72.0, 60.0))
    tool.release((72.0, 60.0))
    surface.pointed = (62.0, 61.0)
    cells.copy()
    cells.paste()

    assert field.strokes == []
    assert field.cell_count == 3
    assert ["no room" in text for text in field.said] == [True, True]


def test_what_is_pasted_with_another_tool_is_not_picked(cells: PickedCells, field: Any, surface: Any) -> None:
    surface.pointed = A
    cells.copy()
    field.settings.choose_tool("brush")
    surface.pointed = (200.0, 200.0)
    cells.paste()
    assert field.strokes == ["paste"]
    assert list(cells.picked) == []
    assert surface.picked == []


def test_picks_can_be_dropped_from_outside(tool: CellsTool, cells: PickedCells, surface: Any) -> None:
    click(tool, A)
    cells.pick(())
    assert list(cells.picked) == []
    assert surface.picked == []


def test_what_is_pointed_at_is_meant_when_nothing_is_picked(cells: PickedCells, field: Any, surface: Any) -> None:
    surface.pointed = B
    cells.delete()
    assert not field.classes[60, 120]
    assert field.strokes == ["delete"]

    surface.pointed = None
    cells.delete()
    assert field.strokes == ["delete"]
    assert len(field.said) == 1


def test_picked_cells_stay_picked_through_growing_and_shrinking(
    tool: CellsTool, cells: PickedCells, field: Any
) -> None:
    area = field.area()
    click(tool, A)
    click(tool, B, ADD)

    for _time in range(3):
        cells.grow()
    assert [cell.region.w for cell in cells.picked] == [47, 47]
    assert field.area() > area
    for _time in range(3):
        cells.shrink()
    assert [cell.region.w for cell in cells.picked] == [41, 41]
    assert field.strokes == ["grow"] * 3 + ["shrink"] * 3


def test_another_class(tool: CellsTool, cells: PickedCells, field: Any) -> None:
    click(tool, A)
    cells.recolour(2)
    assert field.classes[60, 60] == 2
    assert [cell.class_id for cell in cells.picked] == [2]
    cells.recolour(2)
    assert field.strokes == ["class"]
    assert len(field.said) == 1


def test_joined_cells_are_one(tool: CellsTool, cells: PickedCells, field: Any) -> None:
    field.mark(163, 60)
    click(tool, B)
    click(tool, (163, 60), ADD)
    cells.join()

    assert field.strokes == ["join"]
    assert len(cells.picked) == 1
    assert cells.picked[0].region.w > 80


def test_joining_takes_two(tool: CellsTool, cells: PickedCells, field: Any) -> None:
    click(tool, A)
    cells.join()

    assert field.strokes == []
    assert "two" in field.said[0]


def test_a_copy_is_put_where_the_pointer_is_also_in_the_next_picture(field: Any, surface: Any) -> None:
    clipboard: list[Any] = []
    field.mark(60, 60)
    first = PickedCells(field, surface, clipboard)
    surface.pointed = A
    first.copy()

    field.mask[:] = 0
    surface.pointed = (200.0, 250.0)
    second = PickedCells(field, surface, clipboard)
    second.paste()

    assert field.classes[250, 200] == 1
    assert field.cell_count == 1
    assert field.strokes == ["paste"]


def test_several_copies_keep_their_places_to_each_other(
    tool: CellsTool, cells: PickedCells, field: Any, surface: Any
) -> None:
    click(tool, A)
    click(tool, B, ADD)
    cells.copy()
    field.settings.choose_tool("cells")
    surface.pointed = (190.0, 200.0)
    cells.paste()

    assert [(cell.region.x, cell.region.y) for cell in cells.picked] == [(140, 180), (200, 180)]


def test_nothing_to_copy_or_paste_is_said(cells: PickedCells, field: Any, surface: Any) -> None:
    cells.paste()
    surface.pointed = (200.0, 200.0)
    cells.copy()

    assert len(field.said) == 2
    assert field.strokes == []


def test_what_was_painted_over_is_no_longer_picked(tool: CellsTool, cells: PickedCells) -> None:
    click(tool, A)
    click(tool, C, ADD)
    cells.mask_changed(Region(200, 0, 10, 10))
    assert len(cells.picked) == 2
    cells.mask_changed(Region(50, 50, 5, 5))

    assert [cell.class_id for cell in cells.picked] == [2]


def test_backspace_deletes(tool: CellsTool, field: Any) -> None:
    click(tool, A)
    tool.back()

    assert field.strokes == ["delete"]
