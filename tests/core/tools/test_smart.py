from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.brush import stroke_segment
from bcseg_gui.core.tools.smart import SmartBrush

DIAMETER = 60.0
CELLS = [(150, 150, 30), (207, 150, 30), (300, 220, 30)]


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """Two touching cells and one alone, with middles as pale as glass."""
    density = np.zeros((420, 420), np.float32)
    for x, y, radius in CELLS:
        cv2.circle(density, (x, y), radius, 1, cv2.FILLED)
    for x, y, radius in CELLS:
        cv2.circle(density, (x, y), radius // 4, 0, cv2.FILLED)
    colour = np.array([0.25, 0.5, 0.3], np.float32)
    clear = 235 * np.exp(-cv2.GaussianBlur(density, (0, 0), 1.5)[..., None] * colour)
    return np.clip(clear + np.random.default_rng(0).normal(0, 2, clear.shape), 0, 255).astype(np.uint8)


def disc(cell: tuple[int, int, int]) -> NDArray[np.bool_]:
    return cv2.circle(np.zeros((420, 420), np.uint8), cell[:2], cell[2], 1, cv2.FILLED) > 0


def painted(brush: SmartBrush, points: list[tuple[float, float]], radius: float) -> NDArray[np.bool_]:
    where = np.zeros((420, 420), bool)
    for start, end in zip([points[0], *points], points, strict=False):
        region, covered = brush.segment(start, end, radius)
        assert covered.shape == (region.h, region.w)
        where[region.slices_in(Region(0, 0, 420, 420))] |= covered
    return where


@pytest.mark.parametrize("press", [(150, 150), (130, 150), (150, 172)])
def test_begun_in_a_cell_it_fills_that_cell_alone(canvas, picture: np.ndarray, press: tuple[int, int]) -> None:
    seen = canvas(picture, beyond=255)
    brush = SmartBrush(seen.read, seen.whole, press, DIAMETER, 0.5)
    where = painted(brush, [press, (140, 160), (165, 140), (210, 150), (100, 100)], 30)
    own = disc(CELLS[0])
    assert brush.is_on_cell
    assert where[own].mean() > 0.93
    assert (where & ~own).sum() < 0.08 * own.sum()


def test_a_small_brush_paints_only_where_it_passes(canvas, picture: np.ndarray) -> None:
    seen = canvas(picture, beyond=255)
    brush = SmartBrush(seen.read, seen.whole, (300, 220), DIAMETER, 0.5)
    region, covered = stroke_segment((300, 220), (310, 225), 5)
    found, where = brush.segment((300, 220), (310, 225), 5)
    assert found == region
    assert np.array_equal(where, covered)


def test_begun_on_glass_it_trims_along_the_cells(canvas, picture: np.ndarray) -> None:
    seen = canvas(picture, beyond=255)
    brush = SmartBrush(seen.read, seen.whole, (150, 90), DIAMETER, 0.5)
    where = painted(brush, [(150, 90), (100, 150), (200, 210), (300, 280), (380, 380)], 60)
    cells = np.any([disc(cell) for cell in CELLS], axis=0)
    assert not brush.is_on_cell
    assert (where & cells).sum() < 0.05 * cells.sum()
    assert where[100, 100]
    assert where[375, 375]


def test_keeps_to_the_slide(canvas, picture: np.ndarray) -> None:
    seen = canvas(picture, beyond=255)
    brush = SmartBrush(seen.read, seen.whole, (5, 5), DIAMETER, 0.5)
    region, where = brush.segment((5, 5), (-40, 10), 20)
    assert region == region.intersected(seen.whole)
    assert where.any()
    region, where = brush.segment((-400, 5), (-440, 10), 20)
    assert region.is_empty
    assert not where.size
    assert not SmartBrush(seen.read, seen.whole, (-300, -300), DIAMETER, 0.5).is_on_cell


def test_is_the_same_far_out_and_looks_at_background_once(canvas, far_out: Callable, picture: np.ndarray) -> None:
    near, far = canvas(picture, beyond=255), far_out(picture, 255)
    at, far_at = (150, 150), (99_150, 98_150)
    region, where = SmartBrush(near.read, near.whole, at, DIAMETER, 0.5).segment(at, (160, 150), 25)
    brush = SmartBrush(far.read, far.whole, far_at, DIAMETER, 0.5)
    far_region, far_where = brush.segment(far_at, (99_160, 98_150), 25)
    assert far_region == Region(region.x + 99_000, region.y + 98_000, region.w, region.h)
    assert np.array_equal(where, far_where)
    brush = SmartBrush(far.read, far.whole, (99_050, 98_300), DIAMETER, 0.5)
    brush.segment((99_050, 98_300), (99_060, 98_300), 10)
    far.largest_read = 0
    brush.segment((99_060, 98_300), (99_050, 98_300), 10)
    assert far.largest_read == 0
