"""The tools: each turns the pointer's path into strokes on a canvas, or into a selection."""

from .brush import BrushTool, EraserTool, SmartBrushTool
from .cells import CellsTool
from .click import FillTool, WandTool
from .outline import OutlineTool
from .pan import PanTool
from .picked_cells import PickedCells
from .select import SelectLassoTool, Selector, SelectRectangleTool
from .split import SplitTool
from .tool import PLAIN, BaseTool, Canvas, Hand, Point, Sketch, Tool

__all__ = [
    "PLAIN",
    "BaseTool",
    "BrushTool",
    "Canvas",
    "CellsTool",
    "EraserTool",
    "FillTool",
    "Hand",
    "OutlineTool",
    "PanTool",
    "PickedCells",
    "Point",
    "SelectLassoTool",
    "SelectRectangleTool",
    "Selector",
    "Sketch",
    "SmartBrushTool",
    "SplitTool",
    "Tool",
    "WandTool",
]
