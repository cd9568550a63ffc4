"""Outlines over slide and mask: selection, reviewed regions, previews of a tool, picked cells."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGraphicsScene

from bcseg_gui.core.geometry import Region

from ..tools import Point
from .outline_item import DOUBTED, LIGHT, PICKED, REVIEWED, TAKEN_AWAY, OutlineItem


class SketchLayer(QObject):
    """Outlines in the scene, in level-0 pixels."""

    selectionChanged = Signal(object)
    """The outline, as `selection`"""

    def __init__(self, scene: QGraphicsScene) -> None:
        super().__init__(scene)
        self.selection: tuple[tuple[int, int], ...] = ()
        """Corners of the selected outline, within the slide; empty when nothing is selected"""
        self.selection_item, self.reviewed_item = OutlineItem(), OutlineItem(REVIEWED)
        self.spot_item, self.picked_item, self.preview_item = OutlineItem(DOUBTED), OutlineItem(PICKED), OutlineItem()
        self.items = (self.selection_item, self.reviewed_item, self.spot_item, self.picked_item, self.preview_item)
        for item in self.items:
            scene.addItem(item)

    def clear(self) -> None:
        """Call with another slide: drop everything but the reviewed regions."""
        self.selection = ()
        self.spot_item.show_outlines(())
        self.selection_item.show_outlines(())
        self.clear_tool()

    def clear_tool(self) -> None:
        """Drop what the current tool drew."""
        self.preview_item.show_outlines(())
        self.picked_item.show_outlines(())

    def set_pixel(self, pixel: float) -> None:
        """`pixel`: level-0 pixels per device-independent pixel."""
        for item in self.items:
            item.set_pixel(pixel)

    def select(self, outline: Sequence[Point], slide_size: tuple[int, int]) -> None:
        """Select what an outline encloses; one without area selects nothing."""
        width, height = slide_size
        corners = tuple(
            dict.fromkeys((round(min(max(x, 0), width)), round(min(max(y, 0), height))) for x, y in outline)
        )
        selection = corners if _has_area(corners) else ()
        self.show_selection(selection)
        if selection != self.selection:
            self.selection = selection
            self.selectionChanged.emit(selection)

    def show_selection(self, outline: Sequence[Point]) -> None:
        """Draw an unfinished outline, without selecting."""
        self.selection_item.show_outlines([outline])

    def show_reviewed(self, regions: Sequence[Region]) -> None:
        self.reviewed_item.show_outlines(map(_corners, regions))

    def show_spot(self, spot: Region) -> None:
        self.spot_item.show_outlines([_corners(spot)])

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        self.picked_item.show_outlines(outlines)

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool, subtract: bool) -> None:
        self.preview_item.set_color(TAKEN_AWAY if subtract else LIGHT)
        self.preview_item.show_outlines(lines, closed=closed)

    @property
    def can_dismiss(self) -> bool:
        """Whether a spot or a selection is shown."""
        return bool(self.selection) or self.spot_item.isVisible()

    def dismiss(self) -> None:
        """Remove the spot, else the selection."""
        if self.spot_item.isVisible():
            self.spot_item.show_outlines(())
        else:
            self.select((), (0, 0))


def _corners(region: Region) -> list[tuple[int, int]]:
    return [(region.x, region.y), (region.right, region.y), (region.right, region.bottom), (region.x, region.bottom)]


def _has_area(corners: Sequence[tuple[int, int]]) -> bool:
    xs, ys = {x for x, _y in corners}, {y for _x, y in corners}
    return len(corners) >= 3 and len(xs) > 1 and len(ys) > 1
