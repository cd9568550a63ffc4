"""The tool for pointing at one place of the slide."""

from __future__ import annotations

from collections.abc import Callable

from .tool import Point


class PickTool:
    """Tells where it was pressed."""

    name = "pick"
    pans = False
    radius: float | None = None

    def __init__(self, picked: Callable[[Point], None]) -> None:
        self._picked = picked

    def press(self, point: Point, *, erase: bool = False) -> None:
        self._picked(point)

    def move(self, point: Point) -> None:
        pass

    def release(self, point: Point) -> None:
        pass

    def abort(self) -> None:
        pass

    def resize(self, steps: float) -> None:
        pass
