"""What every tool in the hand is, and what it works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.geometry import Region
from ...core.masks.tools.change import Change, Point
from ...session.tool_settings import ToolSettings


class Canvas(Protocol):
    """The open slide as the tools see it: one stroke at a time, kept whole or taken back whole."""

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


__all__ = ["Canvas", "Point", "StillTool", "Tool"]


class Tool(Protocol):
    """Receives the pointer in level-0 pixels: `press`, any number of `move`, then `release` or `abort`."""

    @property
    def name(self) -> str: ...

    @property
    def pans(self) -> bool:
        """The view moves the picture itself; the tool hears nothing of the pointer."""

    @property
    def radius(self) -> float | None:
        """Size of the ring at the pointer in level-0 pixels; None for a tool without one."""

    def press(self, point: Point, *, erase: bool = False) -> None:
        """`erase`: pressed with the second button."""

    def move(self, point: Point) -> None: ...

    def release(self, point: Point) -> None: ...

    def abort(self) -> None: ...

    def resize(self, steps: float) -> None:
        """Make the tool larger by so many steps, smaller when negative."""


class StillTool:
    """A tool without a size that changes nothing; what it does hear of, its heirs say."""

    radius: float | None = None

    def press(self, point: Point, *, erase: bool = False) -> None:
        pass

    def move(self, point: Point) -> None:
        pass

    def release(self, point: Point) -> None:
        pass

    def abort(self) -> None:
        pass

    def resize(self, steps: float) -> None:
        pass
