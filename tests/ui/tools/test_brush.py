from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.tools import PLAIN, BrushTool, EraserTool, Hand, PanTool, Tool


class Recorder:
    """A canvas that records its calls."""

    def __init__(self) -> None:
        self.settings = ToolSettings()
        self.settings.set_brush_radius(4.0)
        self.calls: list[tuple[object, ...]] = []

    def begin_stroke(self, tool: str, class_id: int) -> None:
        self.calls.append(("begin", tool, class_id))

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        assert where.shape == (region.h, region.w)
        self.calls.append(("paint", region))

    def end_stroke(self) -> None:
        self.calls.append(("end",))

    def abort_stroke(self) -> None:
        self.calls.append(("abort",))

    @property
    def names(self) -> list[object]:
        return [call[0] for call in self.calls]


def test_a_stroke_is_begun_painted_without_gaps_and_ended() -> None:
    canvas = Recorder()
    canvas.settings.choose_class(3)
    brush = BrushTool(canvas)

    brush.press((100, 100))
    brush.move((160, 100))
    brush.release((160, 140))

    assert canvas.calls[0] == ("begin", "brush", 3)
    assert canvas.names == ["begin", "paint", "paint", "paint", "end"]
    line = canvas.calls[2][1]
    assert isinstance(line, Region)
    assert line.x <= 96
    assert line.right >= 164


def test_release_where_the_pointer_already_is_paints_nothing_more() -> None:
    canvas = Recorder()
    brush = BrushTool(canvas)

    brush.press((5, 5))
    brush.release((5, 5))

    assert canvas.names == ["begin", "paint", "end"]


def test_after_abort_the_pointer_draws_no_more() -> None:
    canvas = Recorder()
    brush = BrushTool(canvas)

    brush.press((5, 5))
    brush.abort()
    brush.move((9, 9))
    brush.release((9, 9))
    brush.abort()

    assert canvas.names == ["begin", "paint", "abort"]


@pytest.mark.parametrize(
    ("tool", "hand"),
    [
        (BrushTool, Hand(subtract=True)),
        (BrushTool, Hand(subtract=True, add=True)),
        (EraserTool, PLAIN),
        (EraserTool, Hand(subtract=True)),
        (EraserTool, Hand(subtract=True, add=True)),
    ],
)
def test_erasing_is_painting_background(tool: type[BrushTool], hand: Hand) -> None:
    canvas = Recorder()

    tool(canvas).press((5, 5), hand)

    assert canvas.calls[0] == ("begin", "eraser", 0)
    assert tool(canvas).sign(hand) == -1


@pytest.mark.parametrize(
    ("tool", "hand", "sign"), [(BrushTool, PLAIN, 0), (BrushTool, Hand(add=True), 0), (EraserTool, Hand(add=True), 1)]
)
def test_painting_with_either(tool: type[BrushTool], hand: Hand, sign: int) -> None:
    canvas = Recorder()

    tool(canvas).press((5, 5), hand)

    assert canvas.calls[0] == ("begin", "brush", 1)
    assert tool(canvas).sign(hand) == sign


def test_a_pens_pressure_is_the_brushs_size() -> None:
    canvas = Recorder()
    canvas.settings.set_brush_radius(100.0)
    brush = BrushTool(canvas)

    brush.press((500, 500), Hand(pressure=1.0))
    brush.move((500, 500), Hand(pressure=0.0))
    assert brush.radius == pytest.approx(20)
    brush.move((500, 500), Hand(pressure=0.5))

    widths = [region.w for name, *rest in canvas.calls if name == "paint" for region in rest]
    assert widths == pytest.approx([200, 40, 120], abs=2)
    brush.release((500, 500))
    assert brush.radius == 100


def test_a_stroke_goes_on_elsewhere_without_a_line_between() -> None:
    canvas = Recorder()
    brush = BrushTool(canvas)
    brush.press((100, 100))

    brush.skip((300, 100))
    brush.move((310, 100))
    brush.release((310, 100))

    painted = [region for name, *rest in canvas.calls if name == "paint" for region in rest]
    assert [(r.x >= 290) for r in painted] == [False, True]
    assert painted[0].right <= 110
    assert canvas.names[-1] == "end"


def test_when_something_else_comes_first_the_stroke_is_kept_where_it_is() -> None:
    canvas = Recorder()
    brush = BrushTool(canvas)
    brush.press((5, 5))

    assert not brush.settle(), "nothing was given up"
    brush.move((90, 90))
    brush.release((90, 90))

    assert canvas.names == ["begin", "paint", "end"]
    assert not brush.settle()
    assert canvas.names == ["begin", "paint", "end"]


def test_size_changes_by_a_factor_and_back() -> None:
    canvas = Recorder()
    brush = BrushTool(canvas)

    brush.resize(1)
    assert brush.radius == pytest.approx(4 * 1.15)
    brush.resize(-1)
    assert brush.radius == pytest.approx(4)


def test_only_the_pan_tool_pans() -> None:
    canvas = Recorder()
    tools: list[Tool] = [PanTool(), BrushTool(canvas), EraserTool(canvas)]

    assert [tool.pans for tool in tools] == [True, False, False]
    assert [tool.radius for tool in tools] == [None, 4, 4]
