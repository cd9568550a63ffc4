"""What every tool in the hand is, and what it works on."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.geometry import Region

Point = tuple[float, float]
"""Level-0 position `(x, y)`; pixel (i, j) covers `[i, i + 1) × [j, j + 1)`."""


class Canvas(Protocol):
    """The open slide as the tools see it: one stroke at a time, kept whole or taken back whole."""

    brush_radius: float
    """Level-0 pixels; the canvas keeps it within its limits."""

    def begin_stroke(self, tool: str, class_id: int) -> None: ...

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        """Give the stroke's class to the pixels of `region` where `where`, of shape (h, w), is True."""

    def end_stroke(self) -> None: ...

    def abort_stroke(self) -> None: ...


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
