"""What the pointer is doing on a slide, and what the current tool receives: a state machine, without Qt.

    idle ── press ──▶ stroke | pan | steer ── release, finish, settle, abort ──▶ idle

A tool gets `press`, any number of `move` and `skip`, then exactly one of `release`, `settle` and `abort`. Space or the
middle button pauses a stroke to pan; the stroke then continues from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from ..tools import PLAIN, Hand, PanTool, Point, Tool
from .viewport import Place, Viewport, nearest


class Phase(Enum):
    IDLE = auto()
    STROKE = auto()
    PAN = auto()
    STEER = auto()
    """The view follows the pointer over the minimap"""


class Device(Enum):
    """What moved the pointer last. During a stroke by keys or pen, the mouse is ignored."""

    MOUSE = auto()
    PEN = auto()
    KEYS = auto()


class Button(Enum):
    LEFT = auto()
    RIGHT = auto()
    MIDDLE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Reactions:
    """What a gesture calls on the view."""

    pan_by: Callable[[int, int], None]
    """Device-independent pixels, to the right and down"""
    is_on_minimap: Callable[[Place], bool]
    steer: Callable[[Place], None]
    """Centre the view on what the minimap shows at that place"""
    hovered: Callable[[], None]
    """The idle pointer moved, or the modifiers changed"""
    stroke_begins: Callable[[], None]
    ended: Callable[[], None]
    """Any gesture ended"""


class Gesture:  # large: one method per event and per query of the view
    """Places are device-independent pixels in the port of `viewport`; the tool gets level-0 pixels."""

    def __init__(self, viewport: Viewport, reactions: Reactions) -> None:
        self.tool: Tool = PanTool()
        self.phase = Phase.IDLE
        self.device = Device.MOUSE
        self.hand = PLAIN
        self.pointer: Place | None = None
        """None when it is off the port"""
        self.space_held = False
        self._viewport = viewport
        self._reactions = reactions
        self._middle_held = False
        self._button: Button | None = None
        self._draws_on = False
        """Draw over what moves under the pointer instead of skipping it"""

    @property
    def is_idle(self) -> bool:
        return self.phase is Phase.IDLE

    @property
    def is_stroke(self) -> bool:
        return self.phase is Phase.STROKE

    @property
    def is_busy(self) -> bool:
        """Whether a stroke, an outline … is unfinished."""
        return self.is_stroke or self.tool.is_busy

    @property
    def is_paused(self) -> bool:
        """Whether a stroke is paused for panning."""
        return self.is_stroke and (self.space_held or self._middle_held)

    @property
    def is_panning(self) -> bool:
        return self.phase is Phase.PAN or self.is_paused

    @property
    def by_keys(self) -> bool:
        return self.device is Device.KEYS

    @property
    def ignores_mouse(self) -> bool:
        """Whether a stroke by keys or pen is under way."""
        return self.device is Device.PEN or (self.by_keys and self.is_stroke)

    @property
    def is_on_minimap(self) -> bool:
        if self.pointer is None or not self.is_idle:
            return self.phase is Phase.STEER
        return self._reactions.is_on_minimap(self.pointer)

    @property
    def pointed(self) -> Point | None:
        """The pointer's level-0 point; None when it is off the slide."""
        if self.pointer is None or self._viewport.is_empty or self.is_on_minimap:
            return None
        return self._viewport.to_level0(self.pointer)

    # -- mouse ----------------------------------------------------------------------------------------------------

    def press(self, place: Place, button: Button, hand: Hand = PLAIN) -> None:
        self._finish_keys()
        if self._viewport.is_empty or self.device is Device.PEN:
            return
        if not self.is_idle:
            self._middle_held = self._middle_held or (self.is_stroke and button is Button.MIDDLE)
            return
        self.pointer = place
        if self.is_on_minimap:
            if button is Button.LEFT:
                self.phase, self._button = Phase.STEER, button
                self._reactions.steer(place)
            return
        self.device, self._button = Device.MOUSE, button
        moves_picture = self.tool.pans or self.space_held
        if button is Button.MIDDLE or (moves_picture and button is Button.LEFT):
            self.phase = Phase.PAN
        elif not moves_picture and button in (Button.LEFT, Button.RIGHT):
            self._begin_stroke(place, hand)

    def double_click(self, place: Place, button: Button, hand: Hand = PLAIN) -> None:
        """The second press of two quick ones: a double click if the tool knows one, else another press."""
        self._finish_keys()
        if self.is_idle:
            self.pointer = place
        point = self.pointed
        free = self.is_idle and not self.space_held and button in (Button.LEFT, Button.RIGHT)
        if not free or point is None or not self.tool.double_click(point):
            # Two quick dabs stay two dabs.
            self.press(place, button, hand)

    def move(self, place: Place, hand: Hand = PLAIN) -> None:
        if self.phase is Phase.STEER:
            self.pointer = place
            self._reactions.steer(place)
        elif not self.ignores_mouse:
            self.device = Device.MOUSE
            self._move_to(place, hand)

    def release(self, place: Place, button: Button, hand: Hand = PLAIN) -> None:
        if self._middle_held and button is Button.MIDDLE:
            self._middle_held = False
            self._resume()
        elif not self.is_idle and button is self._button:
            self.pointer = place
            self.finish()
            self.hand = hand

    def enter(self, place: Place) -> None:
        if not self.ignores_mouse:
            self.pointer, self.device = place, Device.MOUSE

    def leave(self) -> None:
        # A gesture under way keeps the pointer until it is released, wherever it goes.
        if self.is_idle and not self.by_keys:
            self.pointer = None
            self._hover()

    # -- pen ------------------------------------------------------------------------------------------------------

    def pen_press(self, place: Place, hand: Hand, *, erases: bool, has_pressure: bool) -> bool:
        """Return False when the pen adds nothing to a mouse: Qt then sends the press as a mouse's."""
        self._finish_keys()
        before, self.pointer = self.pointer, place
        free = self.is_idle and self.pointed is not None and not (self.tool.pans or self.space_held)
        if not free or not (erases or (has_pressure and self.tool.radius)):
            self.pointer = before
            return False
        self.device, self._button = Device.PEN, Button.LEFT
        self._begin_stroke(place, hand)
        return True

    def pen_move(self, place: Place, hand: Hand) -> bool:
        if self.device is not Device.PEN:
            return False
        self._move_to(place, hand)
        return True

    def pen_release(self, place: Place) -> bool:
        if self.device is not Device.PEN:
            return False
        self.pointer = place
        self.finish()
        return True

    # -- keys -----------------------------------------------------------------------------------------------------

    def hold_space(self, held: bool) -> None:
        self.space_held = held
        if not held:
            self._resume()

    def hold(self, hand: Hand) -> None:
        """Show what the tool would do with these modifiers."""
        # With a pointer moved by keys, Alt belongs to the arrows and does not erase.
        if self.is_idle and not self.by_keys:
            self.hand = hand
            if self.pointer is not None:
                self._hover()

    def step(self, dx: int, dy: int) -> None:
        """Move the pointer by screen pixels, from the middle if it is off the port."""
        if self._viewport.is_empty or not (self.is_idle or self.by_keys):
            return
        self.device = Device.KEYS
        width, height = self._viewport.port_size
        x, y = self.pointer if self.pointer is not None else ((width - 1) // 2, (height - 1) // 2)
        x, y = x + dx / self._viewport.pixel_ratio, y + dy / self._viewport.pixel_ratio
        inside = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
        if inside != (x, y):  # pan along
            self._draws_on = True
            self._reactions.pan_by(dx, dy)
            self._draws_on = False
        self._move_to(inside, PLAIN)

    def put_down(self, hand: Hand) -> None:
        """Begin a stroke at the pointer, or end the one begun by keys."""
        if self.is_stroke:
            self._finish_keys()
        elif self.is_idle and not (self.tool.pans or self._viewport.is_empty):
            if self.pointer is None:
                self.step(0, 0)
            if self.pointer is not None:
                self.device, self._button = Device.KEYS, None
                self._begin_stroke(self.pointer, hand)

    def escape(self) -> None:
        """Abort the gesture, else what the tool has begun."""
        if self.is_idle:
            self.tool.abort()
        else:
            self.abort()

    def lose_keyboard(self) -> None:
        """Call when key releases go elsewhere from now on."""
        self.space_held = False
        self.hold(PLAIN)
        if self.by_keys:
            self.settle()
        self._resume()

    # -- anything -------------------------------------------------------------------------------------------------

    def view_moved(self) -> None:
        """Call when the slide moved under the pointer."""
        if self.is_stroke and self.pointer is not None and not self._draws_on:
            self.tool.skip(self._viewport.to_level0(self.pointer))

    def linger(self) -> None:
        """Call when the pointer has rested for a moment."""
        point = self.pointed
        if self.is_idle and point is not None and not (self.tool.pans or self.space_held):
            self.tool.linger(point, self.hand)

    def settle(self) -> bool:
        """End a stroke like `Tool.settle`: keep it if worth keeping, else drop it and return True."""
        if not self.is_stroke:
            return False
        given_up = self.tool.settle()
        self._end()
        return given_up

    def undo_step(self) -> bool:
        """Undo the last step of what the tool has begun; return False when undo is for the history."""
        return self.settle() or self.tool.undo_step()

    def finish(self) -> None:
        """End the gesture as if its button were released."""
        if self.is_stroke and self.pointer is not None:
            point = self._viewport.to_level0(self.pointer)
            if self.is_paused:
                self.tool.skip(point)
            self.tool.release(point)
        self._end()

    def abort(self) -> None:
        """End the gesture as if it had never begun."""
        if self.is_stroke:
            self.tool.abort()
        self._end()

    def let_go(self) -> None:
        """Leave nothing unfinished: settle a stroke, abort anything else the tool has begun."""
        self.settle()
        self.finish()
        if self.tool.is_busy:
            self.tool.abort()

    def _begin_stroke(self, place: Place, hand: Hand) -> None:
        self._reactions.stroke_begins()
        self.phase, self.hand = Phase.STROKE, hand
        self.tool.press(self._viewport.to_level0(place), hand)

    def _move_to(self, place: Place, hand: Hand) -> None:
        last, self.pointer = self.pointer, place
        if self.is_panning and last is not None:
            self._reactions.pan_by(nearest(last[0]) - nearest(place[0]), nearest(last[1]) - nearest(place[1]))
        elif self.is_stroke:
            # What the stroke does was fixed when it began.
            if hand.pressure != self.hand.pressure:
                self.hand = replace(self.hand, pressure=hand.pressure)
            self.tool.move(self._viewport.to_level0(place), self.hand)
        if self.is_idle:
            self.hand = hand
            self._hover()

    def _hover(self) -> None:
        self.tool.hover(self.pointed, self.hand)
        self._reactions.hovered()

    def _resume(self) -> None:
        """End panning: a paused stroke continues at the pointer."""
        if not self.is_paused:
            self.view_moved()

    def _finish_keys(self) -> None:
        """End a stroke by keys where it is, since the mouse takes over."""
        if self.is_stroke and self.by_keys:
            self.finish()

    def _end(self) -> None:
        self.phase, self.hand = Phase.IDLE, PLAIN
        self._middle_held = False
        if self.device is Device.PEN:
            self.device = Device.MOUSE
        self._reactions.ended()
