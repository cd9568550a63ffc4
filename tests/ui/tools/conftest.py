"""A slide of dark cells on a light ground whose mask is an array, and a view that records what it shows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import CLASS_BITS, MANUAL
from bcseg_gui.core.tools.change import Change
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.tools import Point

SIDE = 400
RADIUS = 20


class Field:
    """400 × 400 pixels. `strokes` names what was done; `said` is what the user was shown."""

    def __init__(self, *centres: tuple[int, int]) -> None:
        self.settings = ToolSettings()
        self.settings.set_brush_radius(4.0)
        self.whole = Region(0, 0, SIDE, SIDE)
        self.cell_diameter = 2.0 * RADIUS
        self.mask = np.zeros((SIDE, SIDE), np.uint8)
        self.picture = np.full((SIDE, SIDE, 3), (235, 228, 230), np.uint8)
        for centre in centres:
            cv2.circle(self.picture, centre, RADIUS, (150, 70, 120), -1, cv2.LINE_AA)
        self.strokes: list[str] = []
        self.said: list[str] = []
        self._class_id = 0
        self._before = self.mask.copy()

    def mark(self, x: int, y: int, radius: int = RADIUS, class_id: int = 1) -> None:
        """Put a round cell on the mask, as a model would."""
        cv2.circle(self.mask, (x, y), radius, class_id, -1)

    @property
    def classes(self) -> NDArray[np.uint8]:
        return self.mask & np.uint8(CLASS_BITS)

    @property
    def cell_count(self) -> int:
        ids = self.classes
        return sum(
            int(cv2.connectedComponents((ids == class_id).astype(np.uint8), connectivity=4)[0]) - 1
            for class_id in np.unique(ids[ids > 0])
        )

    def area(self, class_id: int = 1) -> int:
        return int((self.classes == class_id).sum())

    def read_mask(self, region: Region) -> NDArray[np.uint8]:
        result = np.zeros((region.h, region.w), np.uint8)
        seen = region.intersected(self.whole)
        if not seen.is_empty:
            result[seen.slices_in(region)] = self.mask[seen.slices_in(self.whole)]
        return result

    def read_picture(self, region: Region) -> NDArray[np.uint8]:
        result = np.full((region.h, region.w, 3), 255, np.uint8)
        seen = region.intersected(self.whole)
        if not seen.is_empty:
            result[seen.slices_in(region)] = self.picture[seen.slices_in(self.whole)]
        return result

    def apply(self, tool: str, changes: Sequence[Change]) -> None:
        self.begin_stroke(tool, changes[0].class_id)
        for change in changes:
            self._class_id = change.class_id
            self.paint(change.region, change.where)

    def say(self, text: str) -> None:
        self.said.append(text)

    def begin_stroke(self, tool: str, class_id: int) -> None:
        self.strokes.append(tool)
        self._class_id, self._before = class_id, self.mask.copy()

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        assert where.shape == (region.h, region.w)
        seen = region.intersected(self.whole)
        self.mask[seen.slices_in(self.whole)][where[seen.slices_in(region)]] = self._class_id | MANUAL

    def end_stroke(self) -> None:
        pass

    def abort_stroke(self) -> None:
        self.mask = self._before


class Surface:
    """One screen pixel per level-0 pixel."""

    pixel = 1.0

    def __init__(self) -> None:
        self.pointed: Point | None = None
        self.preview: list[list[Point]] = []
        self.closed = self.subtract = False
        self.picked: list[list[Point]] = []
        self.selection: tuple[tuple[int, int], ...] = ()

    def show_preview(self, lines: Sequence[Sequence[Point]], *, closed: bool = True, subtract: bool = False) -> None:
        self.preview, self.closed, self.subtract = [list(line) for line in lines], closed, subtract

    def show_picked(self, outlines: Sequence[Sequence[Point]]) -> None:
        self.picked = [list(outline) for outline in outlines]

    def set_selection(self, outline: Sequence[Point]) -> None: ...

    def show_selection(self, outline: Sequence[Point]) -> None: ...


@pytest.fixture
def field() -> Field:
    """One cell in the slide, around (100, 100), and an empty mask."""
    return Field((100, 100))


@pytest.fixture
def surface() -> Surface:
    return Surface()
