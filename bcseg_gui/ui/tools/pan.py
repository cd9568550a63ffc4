"""The tool for looking around."""

from __future__ import annotations

from .tool import Point


class PanTool:
    """Drags the picture. The view does the dragging, as it does for any tool while Space is held."""

    name = "pan"
    pans = True
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
