"""The tool for pointing at one place of the slide."""

from __future__ import annotations

from collections.abc import Callable

from .tool import Point, StillTool


class PickTool(StillTool):
    """Tells where it was pressed."""

    name = "pick"
    pans = False

    def __init__(self, picked: Callable[[Point], None]) -> None:
        self._picked = picked

    def press(self, point: Point, *, erase: bool = False) -> None:
        self._picked(point)
