"""A slide whose reads can be held up, and a canvas over a real mask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, MaskEdit
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.tools.change import Change
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle
from bcseg_gui.ui.tools import BrushTool
from tests.waiting import LIMIT


class GatedSlide(Slide):
    """One level of `pixels`. Every read waits while `gate` is clear; `reads` lists them."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        height, width = pixels.shape[:2]
        super().__init__(Path("gated"), ((width, height),), (1.0,), properties={}, mpp=None)
        self.pixels = pixels
        self.gate = threading.Event()
        self.gate.set()
        self.reads: list[tuple[int, int]] = []
        self.broken = False
        self.damaged_from = self.damaged_to = 0
        """Columns where no read that begins there succeeds"""
        self.reading = 0

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        self.reads.append(location)
        self.reading += 1
        assert self.gate.wait(LIMIT)
        self.reading -= 1
        if self.broken or self.damaged_from <= location[0] < self.damaged_to:
            raise UserError("“{path}” cannot be read.", path=self.path)
        (x, y), (width, height) = location, size
        return self.pixels[y : y + height, x : x + width].copy()

    def close(self) -> None:
        pass


class MaskCanvas:
    """Paints straight into a mask, like an open document."""

    def __init__(self, mask: Mask, changed: Callable[[Region], None]) -> None:
        self.settings = ToolSettings()
        self.settings.set_brush_radius(10.0)
        self.mask = mask
        self.strokes: list[str] = []
        self._changed = changed
        self._edit: MaskEdit | None = None
        self._class_id = 0
        self.whole = Region(0, 0, *mask.dimensions)
        self.cell_diameter = 40.0
        self.said: list[str] = []

    def read_mask(self, region: Region) -> NDArray[np.uint8]:
        return self.mask.read(region)

    def read_picture(self, region: Region) -> NDArray[np.uint8]:
        return np.full((region.h, region.w, 3), 255, np.uint8)

    def say(self, text: str) -> None:
        self.said.append(text)

    def apply(self, tool: str, changes: Sequence[Change]) -> None:
        self.begin_stroke(tool, changes[0].class_id)
        for change in changes:
            self._class_id = change.class_id
            self.paint(change.region, change.where)
        self.end_stroke()

    def begin_stroke(self, tool: str, class_id: int) -> None:
        self.strokes.append(tool)
        self._class_id = class_id
        self._edit = self.mask.begin(tool, class_id=class_id)

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        assert self._edit is not None
        self._changed(self._edit.paint(region, where, self._class_id))

    def end_stroke(self) -> None:
        assert self._edit is not None
        self._edit.commit()

    def abort_stroke(self) -> None:
        assert self._edit is not None
        self._changed(self._edit.rollback())


@pytest.fixture
def make_slide() -> Callable[..., GatedSlide]:
    def make(width: int = 1600, height: int = 1200, color: tuple[int, int, int] | None = None) -> GatedSlide:
        if color is None:
            coarse = np.random.default_rng(3).integers(0, 255, (7, 9, 3), dtype=np.uint8)
            return GatedSlide(np.asarray(cv2.resize(coarse, (width, height)), np.uint8))
        return GatedSlide(np.full((height, width, 3), color, np.uint8))

    return make


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[SlideView]:
    """An empty view of 800 × 600, on screen."""
    view = SlideView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    with qtbot.waitExposed(view):
        view.show()
    view.setFocus()
    yield view
    view.set_slide(None)
    view.set_mask(None)


@pytest.fixture
def make_mask(tmp_path: Path) -> Iterator[Callable[[int, int], Mask]]:
    opened: list[Mask] = []

    def make(width: int, height: int) -> Mask:
        mask = Mask.open(tmp_path / f"mask{len(opened)}.sqlite", (width, height))
        opened.append(mask)
        return mask

    yield make
    for mask in opened:
        mask.close()


@pytest.fixture
def make_canvas(view: SlideView) -> Callable[[Mask], MaskCanvas]:
    return lambda mask: MaskCanvas(mask, view.mask_changed)


@pytest.fixture
def settle(qtbot: QtBot, view: SlideView) -> Callable[[], None]:
    """Wait until everything is on screen."""

    def wait() -> None:
        QApplication.processEvents()
        qtbot.waitUntil(lambda: view.is_settled)
        QApplication.processEvents()

    return wait


@pytest.fixture
def painting(view: SlideView, make_slide: Any, make_mask: Any, make_canvas: Any) -> Any:
    """The canvas of a white slide of 1600 × 1200 shown at 1:1, the brush in hand, the mask opaque green."""
    view.set_slide(make_slide(1600, 1200, (255, 255, 255)))
    view.actual_pixels()
    mask = make_mask(1600, 1200)
    view.set_mask(mask)
    view.set_overlay(OverlayStyle(opacity=1, visible=True, contour=False, colors={1: QColor(0, 200, 0)}))
    canvas = make_canvas(mask)
    view.set_tool(BrushTool(canvas))
    return canvas
