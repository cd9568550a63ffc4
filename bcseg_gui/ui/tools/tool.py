"""The interface of tools, and of what they work on."""

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
    """An open slide as tools see it: one stroke at a time, kept or discarded as a whole."""

    @property
    def settings(self) -> ToolSettings: ...

    @property
    def whole(self) -> Region:
        """All of the slide."""

    @property
    def cell_diameter(self) -> float:
        """Cell diameter of the slide, level-0 pixels."""

    def read_mask(self, region: Region) -> NDArray[np.uint8]:
        """Return a copy of the mask's bytes, with the manual bit; 0 outside the slide. Raise UserError."""

    def read_picture(self, region: Region) -> NDArray[np.uint8]:
        """Return level-0 colours, uint8 (h, w, 3) RGB; white outside the slide. Raise UserError."""

    def apply(self, tool: str, changes: Sequence[Change]) -> None:
        """Apply one finished stroke, of any number of classes."""

    def say(self, text: str) -> None:
        """Show the user one sentence, such as why nothing happened."""

    def begin_stroke(self, tool: str, class_id: int) -> None: ...

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        """Give the stroke's class to the pixels of `region` where `where`, of shape (h, w), is True."""

    def end_stroke(self) -> None: ...

    def abort_stroke(self) -> None: ...


__all__ = ["PLAIN", "BaseTool", "Canvas", "Hand", "Point", "Sketch", "Tool"]


class Sketch(Protocol):
    """Where a tool draws unfinished work: over the slide, never on the mask."""

    @property
    def pixel(self) -> float:
        """Level-0 pixels per device-independent pixel."""

    @property
    def pointed(self) -> Point | None:
        """The pointer's level-0 point; None when it is off the slide."""

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool = True, subtract: bool = False) -> None:
        """Replace the preview; no lines: no preview. `subtract`: it is about to be erased."""

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        """Outline the picked cells."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How the tool is held: modifier keys, mouse button, pressure."""

    subtract: bool = False
    """Alt, the second button or the pen's eraser: erase"""
    add: bool = False
    """Shift: add to what is there"""
    pressure: float = 1.0
    """Pen pressure, 0 to 1; 1 for a mouse"""


PLAIN = Hand()


class Tool(Protocol):
    """Receives the pointer in level-0 pixels: `press`, any number of `move`, then `release` or `abort`.

    A tool that `is_busy` between strokes also receives `finish`, `back`, `undo_step` and `abort`.
    """

    @property
    def name(self) -> str: ...

    @property
    def pans(self) -> bool:
        """Whether the view pans itself and passes no pointer events to the tool."""

    @property
    def paints(self) -> bool:
        """Whether a press changes the mask."""

    @property
    def radius(self) -> float | None:
        """Radius of the ring at the pointer, level-0 pixels; None: no ring."""

    @property
    def is_busy(self) -> bool:
        """Whether something is unfinished: Backspace undoes a step of it, Esc cancels it."""

    @property
    def can_finish(self) -> bool:
        """Whether Enter finishes what was begun."""

    def sign(self, hand: Hand) -> int:
        """Return the sign at the pointer: +1 adds, −1 erases, 0 the usual action."""

    def press(self, point: Point, hand: Hand = PLAIN) -> None: ...

    def move(self, point: Point, hand: Hand = PLAIN) -> None:
        """The pointer moved while pressed."""

    def skip(self, point: Point) -> None:
        """The slide moved under the pressed pointer: continue the stroke at `point`, without a line to it."""

    def release(self, point: Point) -> None: ...

    def double_click(self, point: Point) -> bool:
        """The second press of two quick ones. Return whether the tool used it; if not, a `press` follows."""

    def hover(self, point: Point | None, hand: Hand = PLAIN) -> None:
        """The pointer moved without a press; None: it left the slide."""

    def linger(self, point: Point, hand: Hand = PLAIN) -> None:
        """The pointer rests without a press: time for a costly preview."""

    def settle(self) -> bool:
        """End the stroke because something else comes first: keep it if half a stroke is worth keeping, else drop it.

        Return whether it was dropped. What was begun before this press stays.
        """

    def finish(self) -> None: ...

    def back(self) -> None: ...

    def undo_step(self) -> bool:
        """Undo the last step of what was begun. Return False when there is none, and undo is for the history."""

    def abort(self) -> None: ...

    def resize(self, steps: float) -> None:
        """Make the tool larger by `steps`, smaller when negative."""


class BaseTool:
    """A tool that does nothing and has no size; subclasses override."""

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
