"""All tools by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from .brush import BrushTool, EraserTool, SmartBrushTool
from .cell_operations import CellOperations
from .cells import CellsTool
from .click import FillTool, WandTool
from .outline import OutlineTool
from .pan import PanTool
from .select import SelectLassoTool, Selector, SelectRectangleTool
from .split import SplitTool
from .tool import Canvas, Sketch, Tool


class Surface(Sketch, Selector, Protocol):
    """What the tools draw on the view."""


def make_tool(name: str, canvas: Canvas, surface: Surface, operations: CellOperations) -> Tool:
    """A new tool for one slide; `operations` are those of the same canvas."""
    makers: Mapping[str, Callable[[], Tool]] = {
        "pan": PanTool,
        "select_rectangle": lambda: SelectRectangleTool(surface),
        "select_lasso": lambda: SelectLassoTool(surface),
        "brush": lambda: BrushTool(canvas),
        "eraser": lambda: EraserTool(canvas),
        "smart_brush": lambda: SmartBrushTool(canvas),
        "outline": lambda: OutlineTool(canvas, surface),
        "wand": lambda: WandTool(canvas),
        "fill": lambda: FillTool(canvas),
        "split": lambda: SplitTool(canvas, surface),
        "cells": lambda: CellsTool(canvas, surface, operations),
    }
    return makers[name]()
