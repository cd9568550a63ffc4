"""Tools for the hand: each turns the pointer's way over the slide into strokes on a canvas, or selects a part."""

from .brush import BrushTool, EraserTool, SmartBrushTool
from .cell_operations import CellOperations
from .cells import CellsTool
from .click import FillTool, WandTool
from .outline import OutlineTool
from .pan import PanTool
from .select import SelectLassoTool, Selector, SelectRectangleTool
from .split import SplitTool
from .tool import PLAIN, Canvas, Hand, Point, Sketch, StillTool, Tool
from .toolbox import make_tool

__all__ = [
    "PLAIN",
    "BrushTool",
    "Canvas",
    "CellOperations",
    "CellsTool",
    "EraserTool",
    "FillTool",
    "Hand",
    "OutlineTool",
    "PanTool",
    "Point",
    "SelectLassoTool",
    "SelectRectangleTool",
    "Selector",
    "Sketch",
    "SmartBrushTool",
    "SplitTool",
    "StillTool",
    "Tool",
    "WandTool",
    "make_tool",
]
