"""What is drawn over slide and mask: the selection, what was reviewed, what a tool is about to do, picked cells."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide

from ..tools import Point, Tool
from .outline_item import DOUBTED, LIGHT, PICKED, REVIEWED, TAKEN_AWAY, OutlineItem
from .picture_view import PictureView


class SketchView(PictureView):
    """Draws what the tools have to show (their `Sketch` and `Selector`)."""

    selectionChanged = Signal(object)
    """The outline, as `selection`; not told when another slide is shown"""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._selection: tuple[tuple[int, int], ...] = ()
        self._selection_item, self._reviewed_item = OutlineItem(), OutlineItem(REVIEWED)
        self._picked_item, self._preview_item = OutlineItem(PICKED), OutlineItem()
        self._spot_item = OutlineItem(DOUBTED)
        self._outline_items = (
            self._selection_item,
            self._reviewed_item,
            self._spot_item,
            self._picked_item,
            self._preview_item,
        )
        super().__init__(parent)
        for item in self._outline_items:
            self.scene().addItem(item)

    def set_slide(self, slide: Slide | None) -> None:
        """Show a slide, whole and unturned, with nothing selected and nothing known to be empty.

        Returns when no thread reads the one shown before, which may then be closed.
        """
        self._let_go()
        super().set_slide(slide)
        self._selection = ()
        for item in (self._selection_item, self._spot_item, self._picked_item, self._preview_item):
            item.show_outlines(())

    def set_tool(self, tool: Tool) -> None:
        """Put a tool in hand, as `PointerView` says; what the one before drew over the slide goes."""
        super().set_tool(tool)
        self._preview_item.show_outlines(())
        self._picked_item.show_outlines(())

    def set_reviewed_regions(self, regions: Sequence[Region]) -> None:
        """Outline the parts of a slide that were declared right."""
        self._reviewed_item.show_outlines(map(_corners, regions))

    def show_spot(self, spot: Region) -> None:
        """Bring what a model doubts into view, and outline it until another spot or slide is shown, or Escape."""
        self._spot_item.show_outlines([_corners(spot)])
        self.look_at(spot)

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool = True, subtract: bool = False) -> None:
        """What a tool is about to do, instead of what was shown before: outlines, or lines that are not `closed`."""
        self._preview_item.set_color(TAKEN_AWAY if subtract else LIGHT)
        self._preview_item.show_outlines(lines, closed=closed)

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        """Outline the cells that are picked."""
        self._picked_item.show_outlines(outlines)

    # -- selection ------------------------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[tuple[int, int], ...]:
        """Corners of the selected outline in level-0 pixels, within the slide; empty when nothing is selected."""
        return self._selection

    @property
    def pixel(self) -> float:
        """Level-0 pixels a device-independent pixel shows."""
        return 1 / self._logical_zoom

    def set_selection(self, outline: Sequence[tuple[float, float]]) -> None:
        """Select within an outline; one without an area selects nothing."""
        width, height = self._slide_size.width(), self._slide_size.height()
        corners = tuple(
            dict.fromkeys((round(min(max(x, 0), width)), round(min(max(y, 0), height))) for x, y in outline)
        )
        selection = corners if _has_area(corners) else ()
        self._selection_item.show_outlines([selection])
        if selection != self._selection:
            self._selection = selection
            self.selectionChanged.emit(selection)

    def show_selection(self, outline: Sequence[tuple[float, float]]) -> None:
        """Draw an outline in the making, without selecting it."""
        self._selection_item.show_outlines([outline])

    def _can_escape(self) -> bool:
        return super()._can_escape() or bool(self._selection) or self._spot_item.isVisible()

    def _escape(self) -> None:
        if super()._can_escape():
            super()._escape()
        elif self._spot_item.isVisible():
            self._spot_item.show_outlines(())
        else:
            self.set_selection(())

    def _moved(self) -> None:
        super()._moved()
        for item in self._outline_items:
            item.set_pixel(self.pixel)


def _corners(region: Region) -> list[tuple[int, int]]:
    return [(region.x, region.y), (region.right, region.y), (region.right, region.bottom), (region.x, region.bottom)]


def _has_area(corners: Sequence[tuple[int, int]]) -> bool:
    xs, ys = {x for x, _y in corners}, {y for _x, y in corners}
    return len(corners) >= 3 and len(xs) > 1 and len(ys) > 1
