"""The tool in hand and its settings, which stay the same from picture to picture."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

SMALLEST_RADIUS, LARGEST_RADIUS = 0.5, 1000.0
START_RADIUS = 8.0
"""Radius of the brush in level-0 pixels."""


class ToolSettings(QObject):
    toolChanged = Signal(str)
    changed = Signal()
    """any setting but the tool"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tool = "pan"
        self._brush_radius = START_RADIUS
        self._class_id = 1
        self._sensitivity = 0.5
        self._keeps_apart = True

    @property
    def tool(self) -> str:
        """Its id, as in the history of a mask."""
        return self._tool

    def choose_tool(self, tool: str) -> None:
        if tool != self._tool:
            self._tool = tool
            self.toolChanged.emit(tool)

    @property
    def brush_radius(self) -> float:
        """Level-0 pixels."""
        return self._brush_radius

    def set_brush_radius(self, radius: float) -> None:
        self._set("_brush_radius", min(max(radius, SMALLEST_RADIUS), LARGEST_RADIUS))

    def scale_brush(self, factor: float) -> None:
        self.set_brush_radius(self._brush_radius * factor)

    @property
    def class_id(self) -> int:
        """The class in hand."""
        return self._class_id

    def choose_class(self, class_id: int) -> None:
        self._set("_class_id", class_id)

    @property
    def sensitivity(self) -> float:
        """How far smart brush and wand go for a cell: 0 keeps to its darkest middle, 1 takes its faintest rim."""
        return self._sensitivity

    def set_sensitivity(self, sensitivity: float) -> None:
        self._set("_sensitivity", min(max(sensitivity, 0.0), 1.0))

    @property
    def keeps_apart(self) -> bool:
        """A new cell leaves a line of background to those it touches; without it they would become one."""
        return self._keeps_apart

    def set_keeps_apart(self, keeps_apart: bool) -> None:
        self._set("_keeps_apart", keeps_apart)

    def _set(self, name: str, value: object) -> None:
        if value != getattr(self, name):
            setattr(self, name, value)
            self.changed.emit()
