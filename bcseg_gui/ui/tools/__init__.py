"""Tools for the hand: each turns the pointer's way over the slide into strokes on a canvas."""

from .brush import BrushTool, EraserTool
from .pan import PanTool
from .tool import Canvas, Point, Tool

__all__ = ["BrushTool", "Canvas", "EraserTool", "PanTool", "Point", "Tool"]
