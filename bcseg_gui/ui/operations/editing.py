"""The current tool, picked cells, and classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from bcseg_gui.core.cells.cell import Cell
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.project.classes import FOUND_ID, at_key
from bcseg_gui.session.session import Session

from ..slide_view import SlideView
from ..tools.brush import RADIUS_STEP
from ..tools.picked_cells import PickedCells
from ..tools.table import TOOLS, ToolContext


class Editing:
    def __init__(self, session: Session, view: SlideView, window: QWidget) -> None:
        self._session, self._view, self._window = session, view, window
        self._clipboard: list[Cell] = []
        self._tool_context: ToolContext | None = None
        """None while no slide is open"""

    # -- tools ----------------------------------------------------------------------------------------------------

    def choose_tool(self, tool: str) -> None:
        if self._session.document is not None:
            if tool == self._session.tools.tool:  # after picking a white, for example
                self.show_tool()
            self._session.tools.choose_tool(tool)
            self._view.setFocus()

    def show_tool(self) -> None:
        """Give the view a new instance of the current tool for the slide in front."""
        if self._tool_context is not None:
            self._view.set_tool(TOOLS[self._session.tools.tool].make(self._tool_context))

    def resize_brush(self, steps: int) -> None:
        self._session.tools.scale_brush(RADIUS_STEP**steps)

    def document_changed(self) -> None:
        """Call when another slide is in front, or none."""
        document = self._session.document
        self.classes_changed()
        self._tool_context = (
            None
            if document is None
            else ToolContext(document, self._view, PickedCells(document, self._view, self._clipboard))
        )

    # -- cells ----------------------------------------------------------------------------------------------------

    def change_cells(self, change: Callable[[PickedCells], None]) -> None:
        """Apply `change` to the picked cells, else to the one under the pointer."""
        if self._tool_context is not None:
            change(self._tool_context.cells)

    def mask_changed(self, region: Region) -> None:
        """Call when the mask of the slide in front has changed in `region`."""
        self.change_cells(lambda cells: cells.mask_changed(region))

    # -- classes --------------------------------------------------------------------------------------------------

    def choose_key(self, key: int) -> None:
        """Choose a class by its key, 1 to 9."""
        chosen = at_key(self._session.classes.list, key)
        if chosen is not None:
            self._choose_class(chosen.id)

    def _choose_class(self, class_id: int) -> None:
        """Make this the class in hand, and give it to the picked cells."""
        self._view.settle()
        self._session.classes.choose(class_id)
        if self._tool_context is not None and self._tool_context.cells.picked:
            self._tool_context.cells.recolour(class_id)

    def edit_classes(self, class_id: int) -> None:
        """Open the dialog at `class_id`; 0: with a new class."""
        from ..dialogs.classes import ClassesDialog

        ClassesDialog(self._session.classes, self._window, class_id).open()

    def classes_changed(self) -> None:
        """Give copied cells of a class unknown here the first class."""
        known = {one.id for one in self._session.classes.list}
        self._clipboard[:] = [
            cell if cell.class_id in known else replace(cell, class_id=FOUND_ID) for cell in self._clipboard
        ]
