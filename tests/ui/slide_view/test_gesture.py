"""The state machine of the pointer: any events end in a defined state, and the tool receives a valid sequence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bcseg_gui.ui.slide_view.gesture import Button, Device, Gesture, Phase, Reactions
from bcseg_gui.ui.slide_view.viewport import Place, Viewport
from bcseg_gui.ui.tools import PLAIN, BaseTool, Hand, PanTool, Point

PORT = (400, 300)
MINIMAP = 40.0
"""The minimap is left of this."""
places = st.tuples(st.floats(0, PORT[0] - 1), st.floats(0, PORT[1] - 1))
hands = st.builds(Hand, st.booleans(), st.booleans(), st.floats(0, 1))
buttons = st.sampled_from(list(Button))
ways = st.integers(-50, 50)


class Recorder(BaseTool):
    """A tool that records its calls, and checks that each press ends exactly once."""

    name = "recorder"
    paints = True

    def __init__(self, *, takes_double_clicks: bool = False) -> None:
        self.heard: list[str] = []
        self.pressed = self.busy = False
        self.points: list[Point] = []
        self._takes_double_clicks = takes_double_clicks

    @property
    def radius(self) -> float | None:
        return 10.0

    @property
    def is_busy(self) -> bool:
        return self.busy

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        assert not self.pressed, "two presses in a row"
        self.heard.append("press")
        self.pressed = self.busy = True
        self.points.append(point)

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        assert self.pressed
        self.heard.append("move")
        self.points.append(point)

    def skip(self, point: Point) -> None:
        assert self.pressed
        self.heard.append("skip")

    def release(self, point: Point) -> None:
        self._end("release")

    def settle(self) -> bool:
        self._end("settle")
        return True

    def abort(self) -> None:
        self.heard.append("abort")
        self.pressed = self.busy = False

    def double_click(self, point: Point) -> bool:
        assert not self.pressed
        return self._takes_double_clicks

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        assert not self.pressed

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        assert not self.pressed

    def _end(self, how: str) -> None:
        assert self.pressed, f"{how} without a press"
        self.heard.append(how)
        self.pressed = self.busy = False


class Board:
    """A viewport onto a slide of 2000 × 1500 at 1:1, and a gesture over it."""

    def __init__(self) -> None:
        self.viewport = Viewport(port_size=PORT)
        self.viewport.show(2000, 1500)
        self.viewport.zoom_by(1 / self.viewport.zoom)
        self.steered: list[Place] = []
        self.ended = 0
        self.gesture = Gesture(
            self.viewport,
            Reactions(
                pan_by=self.pan_by,
                is_on_minimap=lambda place: place[0] < MINIMAP,
                steer=self.steered.append,
                hovered=lambda: None,
                stroke_begins=lambda: None,
                ended=self._ended,
            ),
        )
        self.tool = Recorder()
        self.gesture.tool = self.tool

    def pan_by(self, dx: int, dy: int) -> None:
        self.viewport.pan_by(dx, dy)
        self.gesture.view_moved()

    def _ended(self) -> None:
        self.ended += 1


class AnyEvents(RuleBasedStateMachine):
    """Mouse, pen, keys and window, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self.gesture = self.board.gesture
        self.held: set[Button] = set()
        self.tools = [self.board.tool]

    @rule(place=places, button=buttons, hand=hands)
    def press(self, place: Place, button: Button, hand: Hand) -> None:
        self.held.add(button)
        self.gesture.press(place, button, hand)

    @rule(place=places, button=buttons, hand=hands)
    def double_click(self, place: Place, button: Button, hand: Hand) -> None:
        self.held.add(button)
        self.gesture.double_click(place, button, hand)

    @rule(place=places, hand=hands)
    def move(self, place: Place, hand: Hand) -> None:
        self.gesture.move(place, hand)

    @rule(place=places, button=buttons, hand=hands)
    def release(self, place: Place, button: Button, hand: Hand) -> None:
        self.held.discard(button)
        self.gesture.release(place, button, hand)

    @rule(place=places, hand=hands, erases=st.booleans(), has_pressure=st.booleans())
    def pen_press(self, place: Place, hand: Hand, erases: bool, has_pressure: bool) -> None:
        taken = self.gesture.pen_press(place, hand, erases=erases, has_pressure=has_pressure)
        assert not taken or self.gesture.device is Device.PEN

    @rule(place=places, hand=hands)
    def pen_move(self, place: Place, hand: Hand) -> None:
        self.gesture.pen_move(place, hand)

    @rule(place=places)
    def pen_release(self, place: Place) -> None:
        if self.gesture.pen_release(place):
            assert self.gesture.is_idle

    @rule(place=places)
    def enter(self, place: Place) -> None:
        self.gesture.enter(place)

    @rule()
    def leave(self) -> None:
        self.gesture.leave()

    @rule(held=st.booleans())
    def hold_space(self, held: bool) -> None:
        self.gesture.hold_space(held)

    @rule(hand=hands)
    def hold(self, hand: Hand) -> None:
        self.gesture.hold(hand)

    @rule(dx=ways, dy=ways)
    def step(self, dx: int, dy: int) -> None:
        self.gesture.step(dx, dy)

    @rule(hand=hands)
    def put_down(self, hand: Hand) -> None:
        self.gesture.put_down(hand)

    @rule()
    def escape(self) -> None:
        if self.gesture.is_busy:
            self.gesture.escape()

    @rule()
    def lose_keyboard(self) -> None:
        self.gesture.lose_keyboard()
        assert not self.gesture.space_held
        assert not (self.gesture.by_keys and self.gesture.is_stroke)

    @rule()
    def linger(self) -> None:
        self.gesture.linger()

    @rule()
    def settle(self) -> None:
        self.gesture.settle()
        assert not self.gesture.is_stroke

    @rule()
    def undo_step(self) -> None:
        self.gesture.undo_step()

    @rule()
    def pinch(self) -> None:
        self.gesture.abort()
        assert self.gesture.is_idle

    @rule(dx=ways, dy=ways)
    def pan(self, dx: int, dy: int) -> None:
        self.board.pan_by(dx, dy)

    @rule(pans=st.booleans(), takes=st.booleans())
    def take_tool(self, pans: bool, takes: bool) -> None:
        self.gesture.let_go()
        assert self.gesture.is_idle
        assert not self.gesture.tool.is_busy
        if pans:
            self.gesture.tool = PanTool()
        else:
            self.tools.append(Recorder(takes_double_clicks=takes))
            self.gesture.tool = self.tools[-1]

    @rule(width=st.sampled_from((0, 300, 2000)))
    def show_another_slide(self, width: int) -> None:
        self.gesture.let_go()
        self.board.viewport.show(width, width)

    @invariant()
    def the_tool_is_pressed_in_a_stroke_and_only_then(self) -> None:
        assert all(not tool.pressed for tool in self.tools if tool is not self.gesture.tool)
        if isinstance(self.gesture.tool, Recorder):
            assert self.gesture.tool.pressed == self.gesture.is_stroke
        else:
            assert not self.gesture.is_stroke

    @invariant()
    def a_gesture_has_a_pointer(self) -> None:
        assert self.gesture.is_idle or self.gesture.pointer is not None
        assert self.gesture.device is not Device.PEN or self.gesture.is_stroke
        assert not self.gesture.is_paused or self.gesture.is_stroke

    def teardown(self) -> None:
        """Release everything."""
        self.gesture.pen_release((100, 100))
        if self.gesture.is_stroke and self.gesture.by_keys:
            self.gesture.put_down(PLAIN)
        for button in Button:
            self.gesture.release((100, 100), button)
        self.gesture.hold_space(False)
        assert self.gesture.is_idle
        assert not any(tool.pressed for tool in self.tools)
        for tool in self.tools:
            ends = sum(heard in ("release", "settle", "abort") for heard in tool.heard)
            assert tool.heard.count("press") <= ends


AnyEvents.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestAnyEvents = AnyEvents.TestCase


@pytest.fixture
def board() -> Board:
    return Board()


def test_a_stroke_is_a_press_moves_and_a_release(board: Board) -> None:
    board.gesture.press((100, 100), Button.LEFT)
    board.gesture.move((110, 100))
    board.gesture.release((110, 100), Button.LEFT)

    assert board.tool.heard == ["press", "move", "release"]
    assert board.tool.points == [board.viewport.to_level0((100, 100)), board.viewport.to_level0((110, 100))]
    assert board.ended == 1


def _space(board: Board, held: bool) -> None:
    board.gesture.hold_space(held)


def _middle_button(board: Board, held: bool) -> None:
    (board.gesture.press if held else board.gesture.release)((110, 100), Button.MIDDLE)


@pytest.mark.parametrize("pause", [_space, _middle_button])
def test_a_paused_stroke_moves_the_picture_and_skips(board: Board, pause: Callable[[Board, bool], None]) -> None:
    board.gesture.press((100, 100), Button.LEFT)
    under_pointer = board.viewport.to_level0((100, 100))
    pause(board, True)
    assert board.gesture.is_paused
    board.gesture.move((150, 130))
    assert board.viewport.to_level0((150, 130)) == under_pointer
    pause(board, False)
    assert not board.gesture.is_paused
    board.gesture.release((150, 130), Button.LEFT)

    assert board.tool.heard[-2:] == ["skip", "release"]
    assert "move" not in board.tool.heard


def test_the_minimap_is_steered_by_and_nothing_is_painted(board: Board) -> None:
    board.gesture.press((10, 10), Button.LEFT)
    board.gesture.move((200, 20))
    assert board.gesture.phase is Phase.STEER
    assert board.gesture.pointed is None
    board.gesture.release((200, 20), Button.LEFT)

    assert board.steered == [(10, 10), (200, 20)]
    assert board.tool.heard == []
    assert board.gesture.pointed is not None


def test_a_stroke_of_keys_is_not_listened_to_the_mouse_but_for_a_press(board: Board) -> None:
    board.gesture.step(0, 0)
    board.gesture.put_down(PLAIN)
    board.gesture.move((5, 5))
    board.gesture.enter((5, 5))
    board.gesture.leave()
    assert board.tool.heard == ["press"]
    board.gesture.press((100, 100), Button.LEFT)

    assert board.tool.heard == ["press", "release", "press"]
    assert board.gesture.device is Device.MOUSE


def test_a_stroke_of_keys_at_the_edge_is_drawn_on_while_the_picture_comes_along(board: Board) -> None:
    board.gesture.enter((PORT[0] - 1, 100))
    board.gesture.put_down(PLAIN)
    offset = board.viewport.offset
    board.gesture.step(10, 0)

    assert board.viewport.offset == (offset[0] + 10, offset[1])
    assert board.tool.heard == ["press", "move"]


def test_a_pen_presses_with_its_force_and_a_mouse_leaves_it_alone(board: Board) -> None:
    assert not board.gesture.pen_press((100, 100), PLAIN, erases=False, has_pressure=False)
    assert board.gesture.pen_press((100, 100), Hand(pressure=0.5), erases=False, has_pressure=True)
    board.gesture.move((300, 200))
    board.gesture.press((300, 200), Button.RIGHT)
    board.gesture.pen_move((120, 100), Hand(subtract=True, pressure=0.7))
    assert board.gesture.hand == Hand(pressure=0.7)
    assert board.gesture.pen_release((120, 100))

    assert board.tool.heard == ["press", "move", "release"]
    assert not board.gesture.pen_move((120, 100), PLAIN)


def test_a_double_click_the_tool_does_not_take_is_a_press(board: Board) -> None:
    board.gesture.double_click((100, 100), Button.LEFT)
    board.gesture.release((100, 100), Button.LEFT)
    assert board.tool.heard == ["press", "release"]

    board.gesture.tool = taking = Recorder(takes_double_clicks=True)
    board.gesture.double_click((100, 100), Button.LEFT)
    board.gesture.release((100, 100), Button.LEFT)
    assert taking.heard == []


def test_other_tools_end_a_stroke_and_what_it_began(board: Board) -> None:
    board.gesture.press((100, 100), Button.LEFT)
    board.gesture.let_go()
    assert board.tool.heard == ["press", "settle"]

    board.tool.busy = True
    board.gesture.let_go()
    assert board.tool.heard[-1] == "abort"
