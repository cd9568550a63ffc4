"""The tool that picks one point of the slide."""

from __future__ import annotations

from collections.abc import Callable

from .tool import PLAIN, BaseTool, Hand, Point


class PickTool(BaseTool):
    """Calls back with the point pressed."""

    name = "pick"

    def __init__(self, picked: Callable[[Point], None]) -> None:
        self._picked = picked

    def press(self, point: Point, hand: Hand = PLAIN) -> None:
        self._picked(point)
