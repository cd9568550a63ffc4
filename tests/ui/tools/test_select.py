from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.ui.tools import Point, SelectLassoTool, SelectRectangleTool

CORNER: list[Point] = [(0, 0), (100, 0), (100, 100), (0, 100)]


class Selector:
    pixel = 1.0

    def __init__(self) -> None:
        self.selection: tuple[tuple[int, int], ...] = ((1, 1), (9, 1), (9, 9))
        self.shown: list[Point] = []
        self.selected: list[Point] | None = None

    def set_selection(self, outline: Sequence[Point]) -> None:
        self.selected = list(outline)

    def show_selection(self, outline: Sequence[Point]) -> None:
        self.shown = list(outline)


def drag(tool: SelectLassoTool | SelectRectangleTool, way: Sequence[Point]) -> None:
    tool.press(way[0])
    for point in way[1:]:
        tool.move(point)
    tool.release(way[-1])


coordinates = st.floats(-1000, 1000)


@given(st.tuples(coordinates, coordinates), st.tuples(coordinates, coordinates))
def test_a_rectangle_lies_between_press_and_release_whichever_way_it_was_drawn(start: Point, end: Point) -> None:
    selector = Selector()
    drag(SelectRectangleTool(selector), [start, (0, 0), end])

    assert selector.selected is not None
    if max(abs(start[0]), abs(start[1]), abs(end[0] - start[0]), abs(end[1] - start[1])) > 10 and selector.selected:
        xs, ys = zip(*selector.selected, strict=True)
        assert (min(xs), max(xs)) == tuple(sorted((start[0], end[0])))
        assert (min(ys), max(ys)) == tuple(sorted((start[1], end[1])))


def test_a_lasso_keeps_its_corners_and_drops_points_on_a_line() -> None:
    selector = Selector()
    way = [(x, 0.0) for x in range(0, 101, 2)] + [(100.0, y) for y in range(0, 101, 2)]
    way += [(100.0 - x, 100.0) for x in range(0, 101, 2)]

    drag(SelectLassoTool(selector), way)

    assert selector.selected == CORNER


def test_a_lasso_far_from_the_slides_origin_is_as_exact() -> None:
    selector = Selector()
    far = [(x + 99_000.25, y + 98_000.5) for x, y in CORNER]

    drag(SelectLassoTool(selector), far)

    assert selector.selected == far


@pytest.mark.parametrize("tool", [SelectLassoTool, SelectRectangleTool])
def test_a_click_selects_nothing(tool: type[SelectLassoTool]) -> None:
    selector = Selector()
    drag(tool(selector), [(50, 50), (51, 52)])

    assert selector.selected == []


@pytest.mark.parametrize("tool", [SelectLassoTool, SelectRectangleTool])
def test_an_outline_is_drawn_on_the_way_and_given_up_again(tool: type[SelectLassoTool]) -> None:
    selector = Selector()
    chosen = tool(selector)
    chosen.press((0, 0))
    chosen.move((50, 40))
    assert selector.shown[0] == (0, 0)

    chosen.abort()
    chosen.release((50, 40))

    assert selector.shown == list(selector.selection)
    assert selector.selected is None
