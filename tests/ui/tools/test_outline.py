from __future__ import annotations

from typing import Any

import pytest

from bcseg_gui.ui.tools import PLAIN, Hand, OutlineTool, Point

SQUARE: list[Point] = [(50.0, 50.0), (90.0, 50.0), (90.0, 90.0), (50.0, 90.0)]


def click(tool: OutlineTool, point: Point, hand: Hand = PLAIN) -> None:
    tool.press(point, hand)
    tool.release(point)


def drag(tool: OutlineTool, *way: Point, hand: Hand = PLAIN) -> None:
    tool.press(way[0], hand)
    for point in way[1:]:
        tool.move(point)
    tool.release(way[-1])


@pytest.fixture
def tool(field: Any, surface: Any) -> OutlineTool:
    return OutlineTool(field, surface)


def test_a_drag_closes_by_itself(tool: OutlineTool, field: Any, surface: Any) -> None:
    tool.press(SQUARE[0])
    for point in SQUARE[1:]:
        tool.move(point)
    assert surface.preview == [[*SQUARE, SQUARE[-1]]] or surface.preview[0][:4] == SQUARE
    assert surface.closed
    assert not field.mask.any()

    tool.release(SQUARE[-1])

    assert field.strokes == ["outline"]
    assert field.area() == 1600
    assert not tool.is_busy
    assert surface.preview == []


@pytest.mark.parametrize("how", ["double click", "enter", "first corner"])
def test_clicks_are_corners_until_the_outline_is_closed(tool: OutlineTool, field: Any, surface: Any, how: str) -> None:
    for corner in SQUARE:
        click(tool, corner)
    assert tool.is_busy
    assert field.strokes == []
    tool.hover((60.0, 95.0))
    assert surface.preview[0][-1] == (60.0, 95.0)
    assert not surface.closed
    assert len(surface.preview) == 2, "the first corner is marked"
    tool.hover((52.0, 52.0))
    assert surface.closed, "a click here would close it"

    if how == "double click":
        assert tool.double_click(SQUARE[-1])
    elif how == "enter":
        tool.finish()
    else:
        click(tool, (53.0, 50.0))

    assert field.area() == 1600
    assert not tool.is_busy


def test_the_last_corner_is_taken_back(tool: OutlineTool, field: Any) -> None:
    for corner in (*SQUARE, (300.0, 300.0)):
        click(tool, corner)
    tool.back()
    tool.finish()
    assert field.area() == 1600

    click(tool, SQUARE[0])
    tool.back()
    tool.back()
    assert not tool.is_busy


def test_undo_takes_corners_back_before_it_goes_to_the_history(tool: OutlineTool) -> None:
    click(tool, SQUARE[0])
    drag(tool, *SQUARE[1:])

    assert tool.undo_step(), "the freehand part"
    assert tool.undo_step()
    assert not tool.is_busy
    assert not tool.undo_step()


def test_when_something_else_comes_first_the_corners_stay_and_the_drag_goes(
    tool: OutlineTool, field: Any, surface: Any
) -> None:
    for corner in SQUARE:
        click(tool, corner)
    assert not tool.settle()
    tool.press((300.0, 300.0))
    tool.move((350.0, 300.0))

    assert tool.settle()
    tool.release((350.0, 300.0))
    tool.finish()

    assert field.area() == 1600


def test_giving_up_leaves_nothing(tool: OutlineTool, field: Any, surface: Any) -> None:
    for corner in SQUARE:
        click(tool, corner)
    tool.abort()
    tool.finish()

    assert field.strokes == []
    assert surface.preview == []


def test_a_drag_between_corners_is_a_freehand_part(tool: OutlineTool, field: Any) -> None:
    click(tool, SQUARE[0])
    drag(tool, *SQUARE[1:])
    assert tool.is_busy
    tool.finish()

    assert field.area() == 1600


def test_alt_takes_away_from_the_first_press_on(tool: OutlineTool, field: Any, surface: Any) -> None:
    field.mark(70, 70)
    click(tool, SQUARE[0], Hand(subtract=True))
    for corner in SQUARE[1:]:
        click(tool, corner)
    assert surface.subtract
    tool.finish()

    assert not field.classes[50:90, 50:90].any()
    assert field.strokes == ["outline"]


@pytest.mark.parametrize(
    ("keeps_apart", "hand", "cells"), [(True, PLAIN, 2), (False, PLAIN, 1), (True, Hand(add=True), 1)]
)
def test_a_new_cell_keeps_a_line_to_its_neighbour(
    tool: OutlineTool, field: Any, keeps_apart: bool, hand: Hand, cells: int
) -> None:
    field.settings.set_keeps_apart(keeps_apart)
    field.mark(105, 70)
    drag(tool, *SQUARE, hand=hand)

    assert field.cell_count == cells


def test_begun_inside_a_cell_it_makes_that_cell_larger(tool: OutlineTool, field: Any) -> None:
    field.mark(50, 50)
    before = field.area()
    drag(tool, *SQUARE)

    assert field.cell_count == 1
    assert field.area() > before


def test_where_there_is_no_room_it_says_so(tool: OutlineTool, field: Any) -> None:
    field.mark(70, 70, 60, class_id=2)
    drag(tool, *SQUARE)

    assert field.strokes == []
    assert "Shift" in field.said[0]


def test_two_quick_corners_are_two_corners(tool: OutlineTool) -> None:
    click(tool, SQUARE[0])
    assert not tool.double_click(SQUARE[1]), "it is pressed like any other"
    click(tool, SQUARE[1])
    assert tool.is_busy


def test_with_two_corners_enter_says_what_is_missing_and_keeps_them(tool: OutlineTool, field: Any) -> None:
    for corner in SQUARE[:2]:
        click(tool, corner)
    tool.finish()

    assert field.said == ["An outline takes three corners."]
    for corner in SQUARE[2:]:
        click(tool, corner)
    tool.finish()
    assert field.area() == 1600
