"""Tools for the hand: each turns the pointer's way over the slide into strokes on a canvas, or selects a part."""

from .brush import BrushTool, EraserTool
from .pan import PanTool
from .select import SelectLassoTool, Selector, SelectRectangleTool
from .tool import Canvas, Point, Tool

__all__ = [
    "BrushTool", "Canvas", "EraserTool", "PanTool", "Point", "SelectLassoTool", "SelectRectangleTool", "Selector",
    "Tool",
]  # fmt: skip
