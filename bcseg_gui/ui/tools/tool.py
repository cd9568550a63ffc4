"""What every tool is, and what it works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Point, Region
from bcseg_gui.core.tools.change import Change
from bcseg_gui.session.tool_settings import ToolSettings


class Canvas(Protocol):
    """The open slide as the tools see it: one stroke at a time, kept or discarded as a whole."""

    @property
    def settings(self) -> ToolSettings: ...

    @property
    def whole(self) -> Region:
        """All of the slide."""

    @property
    def cell_diameter(self) -> float:
        """Of the slide, level-0 pixels."""

    def read_mask(self, region: Region) -> NDArray[np.uint8]:
        """A copy of the mask's bytes, with the manual bit; 0 outside the slide. Raises UserError."""

    def read_picture(self, region: Region) -> NDArray[np.uint8]:
        """Level-0 colours, uint8 (h, w, 3) RGB; white outside the slide. Raises UserError."""

    def apply(self, tool: str, changes: Sequence[Change]) -> None:
        """One finished stroke of several classes."""

    def say(self, text: str) -> None:
        """One sentence to the person, such as why nothing happened."""

    def begin_stroke(self, tool: str, class_id: int) -> None: ...

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        """Give the stroke's class to the pixels of `region` where `where`, of shape (h, w), is True."""

    def end_stroke(self) -> None: ...

    def abort_stroke(self) -> None: ...


__all__ = ["PLAIN", "BaseTool", "Canvas", "Hand", "Point", "Sketch", "Tool"]


class Sketch(Protocol):
    """Where a tool draws what is not finished: over the picture, never on the mask."""

    @property
    def pixel(self) -> float:
        """Level-0 pixels a device-independent pixel shows."""

    @property
    def pointed(self) -> Point | None:
        """Where the pointer is on the slide; None when it is elsewhere."""

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool = True, subtract: bool = False) -> None:
        """Instead of the preview before; without lines: none. `subtract`: it is about to be taken away."""

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        """The outlines of the cells that are picked."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How the tool is held: modifier keys, mouse button, pressure."""

    subtract: bool = False
    """Alt, the second button or the pen's eraser: take away"""
    add: bool = False
    """Shift: add to what is there"""
    pressure: float = 1.0
    """Of a pen, 0 to 1; a mouse presses fully"""


PLAIN = Hand()


class Tool(Protocol):
    """Receives the pointer in level-0 pixels: `press`, any number of `move`, then `release` or `abort`.

    A tool that `is_busy` between strokes hears of `finish`, `back`, `undo_step` and `abort` too.
    """

    @property
    def name(self) -> str: ...

    @property
    def pans(self) -> bool:
        """The view moves the picture itself; the tool hears nothing of the pointer."""

    @property
    def paints(self) -> bool:
        """A press changes the mask."""

    @property
    def radius(self) -> float | None:
        """Size of the ring at the pointer in level-0 pixels; None for a tool without one."""

    @property
    def is_busy(self) -> bool:
        """Something is begun: Backspace undoes a step of it, Esc cancels it."""

    @property
    def can_finish(self) -> bool:
        """Enter finishes what is begun."""

    def sign(self, hand: Hand) -> int:
        """What the pointer shows: +1 it would add, −1 take away, 0 what the tool does anyway."""

    def press(self, point: Point, hand: Hand = PLAIN) -> None: ...

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        """The pointer moved while pressed."""

    def skip(self, point: Point) -> None:
        """The picture was moved under the pressed pointer: the stroke goes on from `point`, without a line there."""

    def release(self, point: Point) -> None: ...

    def double_click(self, point: Point) -> bool:
        """The second press of two quick ones. True when the tool took it; else it is pressed like any other."""

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        """The pointer moved without being pressed; None: it left the slide."""

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        """The pointer stands still for a moment, not pressed: the time for a preview that costs something."""

    def settle(self) -> bool:
        """Something else comes first: keep the stroke under way where half of it is worth keeping, else give it up.

        True when it was given up. What was finished before this press stays begun.
        """

    def finish(self) -> None: ...

    def back(self) -> None: ...

    def undo_step(self) -> bool:
        """Undo belongs to what is begun, not to the history: take a step of it back. False when there is none."""

    def abort(self) -> None: ...

    def resize(self, steps: float) -> None:
        """Make the tool larger by so many steps, smaller when negative."""


class BaseTool:
    """A tool without a size that does nothing; subclasses override what they do."""

    pans = False
    paints = False

    @property
    def radius(self) -> float | None:
        return None

    @property
    def is_busy(self) -> bool:
        return False

    @property
    def can_finish(self) -> bool:
        return False

    def sign(self, hand: Hand) -> int:
        return 0

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        pass

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        pass

    def skip(self, point: Point) -> None:
        pass

    def release(self, point: Point) -> None:
        pass

    def double_click(self, point: Point) -> bool:
        return False

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        pass

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        pass

    def settle(self) -> bool:
        return False

    def finish(self) -> None:
        pass

    def back(self) -> None:
        pass

    def undo_step(self) -> bool:
        return False

    def abort(self) -> None:
        pass

    def resize(self, steps: float) -> None:
        pass
