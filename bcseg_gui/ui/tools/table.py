"""All tools, one row each, read by strip, menu, options, cursor and history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from bcseg_gui.core.i18n import N_

from .brush import BrushTool, EraserTool, SmartBrushTool
from .cells import CellsTool
from .click import FillTool, WandTool
from .outline import OutlineTool
from .pan import PanTool
from .picked_cells import PickedCells
from .select import SelectLassoTool, Selector, SelectRectangleTool
from .split import SplitTool
from .tool import Canvas, Sketch, Tool

Option = Literal["size", "sensitivity", "apart"]


class Surface(Sketch, Selector, Protocol):
    """Where tools draw and select: the slide view."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool works on: an open slide, the view that shows it, and its picked cells."""

    canvas: Canvas
    surface: Surface
    cells: PickedCells


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """One tool. `id` is stored in the history of masks and must never change; texts are msgids."""

    id: str
    text: str
    tooltip: str
    hint: str
    """One line on how to use it, shown beside its options"""
    key: str
    make: Callable[[ToolContext], Tool]
    options: tuple[Option, ...] = ()

    @property
    def icon(self) -> str:
        """Icon of button and cursor: `resources/icons/ID.svg`."""
        return self.id


TOOL_GROUPS: tuple[tuple[ToolInfo, ...], ...] = (
    (
        ToolInfo(
            "pan",
            N_("Move"),
            N_("Drag the picture"),
            N_("Drag the picture; the wheel zooms."),
            "H",
            lambda _context: PanTool(),
        ),
    ),
    (
        ToolInfo(
            "select_rectangle",
            N_("Select a rectangle"),
            N_("Choose the part of the slide to segment or review"),
            N_("Drag from corner to corner of what is to be segmented or reviewed."),
            "R",
            lambda context: SelectRectangleTool(context.surface),
        ),
        ToolInfo(
            "select_lasso",
            N_("Select with the lasso"),
            N_("Draw round the part of the slide to segment or review"),
            N_("Drag round what is to be segmented or reviewed."),
            "L",
            lambda context: SelectLassoTool(context.surface),
        ),
    ),
    (
        ToolInfo(
            "brush",
            N_("Brush"),
            N_("Paint cells"),
            N_("Drag to paint. Alt or right button: erase. Space held: move the picture meanwhile."),
            "B",
            lambda context: BrushTool(context.canvas),
            options=("size",),
        ),
        ToolInfo(
            "eraser",
            N_("Eraser"),
            N_("Take away what is not cell"),
            N_("Drag to take away. Shift: paint."),
            "E",
            lambda context: EraserTool(context.canvas),
            options=("size",),
        ),
        ToolInfo(
            "smart_brush",
            N_("Smart brush"),
            N_("Paint without leaving the cell you began in"),
            N_("Paints only inside the cell it begins in. Alt or right button: takes away."),
            "S",
            lambda context: SmartBrushTool(context.canvas),
            options=("size", "sensitivity"),
        ),
    ),
    (
        ToolInfo(
            "outline",
            N_("Outline"),
            N_("Draw round a cell, freely or from corner to corner"),
            N_("Drag round a cell, or click its corners and double-click. Alt: cut away. Shift: add to a cell beside."),
            "O",
            lambda context: OutlineTool(context.canvas, context.surface),
            options=("apart",),
        ),
        ToolInfo(
            "wand",
            N_("Wand"),
            N_("Click a cell to take it whole"),
            N_("Click into a cell to take it whole. Alt: take it away. Shift: add to a cell beside."),
            "W",
            lambda context: WandTool(context.canvas),
            options=("sensitivity", "apart"),
        ),
        ToolInfo(
            "fill",
            N_("Fill"),
            N_("Click a hole to fill it, a cell to give it the class in hand"),
            N_("Click a hole to close it, or a cell to give it the class in hand. Alt: take the cell away."),
            "F",
            lambda context: FillTool(context.canvas),
        ),
    ),
    (
        ToolInfo(
            "split",
            N_("Split"),
            N_("Draw a line between touching cells, or click to take the cut shown"),
            N_("Draw a line between touching cells, or click to take the cut it shows. Shift: join them."),
            "K",
            lambda context: SplitTool(context.canvas, context.surface),
        ),
        ToolInfo(
            "cells",
            N_("Pick cells"),
            N_("Pick cells to delete, join, grow, shrink, copy or give another class"),
            N_("Click to pick, Shift for several. Drag: put a copy elsewhere. Del: delete. J: join."),
            "A",
            lambda context: CellsTool(context.canvas, context.surface, context.cells),
            options=("apart",),
        ),
    ),
)
"""Groups of the strip, top to bottom, divided by lines."""

TOOLS = {tool.id: tool for group in TOOL_GROUPS for tool in group}
