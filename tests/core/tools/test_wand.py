from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.smart import SmartBrush
from bcseg_gui.core.tools.wand import wand

DIAMETER = 60.0
Drawn = tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]


def smear(*cells: tuple[int, int, int], pale: float = 0.0, size: tuple[int, int] = (300, 400)) -> Drawn:
    """A blurred, noisy picture of discs (x, y, radius), and where they are; `pale`: how far their middle is glass."""
    density = np.zeros(size, np.float32)
    where = []
    for x, y, radius in cells:
        disc = cv2.circle(np.zeros(size, np.uint8), (x, y), radius, 1, cv2.FILLED)
        middle = cv2.circle(np.zeros(size, np.float32), (x, y), radius // 2, 1, cv2.FILLED)
        density = np.maximum(density, disc - pale * cv2.GaussianBlur(middle, (0, 0), 4))
        where.append(disc > 0)
    density = cv2.GaussianBlur(density, (0, 0), 1.2)[..., None] * np.array([0.25, 0.5, 0.3], np.float32)
    noise = np.random.default_rng(0).normal(0, 2, (*size, 3))
    return np.clip(235 * np.exp(-density) + noise, 0, 255).astype(np.uint8), where


def overlap(region: Region, taken: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    placed = np.zeros_like(true)
    placed[region.slices_in(Region(0, 0, 1, 1))] = taken
    return float((placed & true).sum() / (placed | true).sum())


@pytest.mark.parametrize("at", [(150, 150), (172, 150), (140, 130)])
@pytest.mark.parametrize("pale", [0.0, 0.95])
def test_takes_the_cell_with_its_pale_middle(canvas, at: tuple[int, int], pale: float) -> None:
    picture, (cell, _) = smear((150, 150, 30), (260, 200, 30), pale=pale)
    seen = canvas(picture, beyond=255)
    found = wand(seen.read, seen.whole, at, DIAMETER)
    assert found is not None
    assert overlap(*found, cell) > 0.9


def test_parts_it_from_the_cells_that_it_touches(canvas) -> None:
    picture, cells = smear((120, 150, 30), (177, 150, 30), (150, 200, 30))
    seen = canvas(picture, beyond=255)
    for at, cell in zip([(120, 150), (177, 145), (150, 205)], cells, strict=True):
        assert overlap(*wand(seen.read, seen.whole, at, DIAMETER), cell) > 0.8  # they overlap a little


def test_is_none_on_glass_and_beyond_the_slide(canvas) -> None:
    picture, _ = smear((120, 150, 30), (177, 150, 30))
    seen = canvas(picture, beyond=255)
    for at in [(300, 50), (20, 280), (150, 60), (-5, 10), (400, 10)]:
        assert wand(seen.read, seen.whole, at, DIAMETER) is None
    empty = canvas(np.full((200, 200, 3), 240, np.uint8), beyond=255)
    assert wand(empty.read, empty.whole, (100, 100), DIAMETER) is None


def test_a_cell_at_the_border_is_taken_up_to_it(canvas) -> None:
    picture, (cell, _) = smear((10, 150, 30), (100, 200, 30))
    seen = canvas(picture, beyond=255)
    found = wand(seen.read, seen.whole, (8, 150), DIAMETER)
    assert found[0].x == 0
    assert overlap(*found, cell) > 0.9


def test_more_sensitivity_takes_more_of_a_faint_rim(canvas) -> None:
    picture, _ = smear((150, 150, 30), (260, 200, 30))
    picture = cv2.GaussianBlur(picture, (0, 0), 6)
    seen = canvas(picture, beyond=255)
    areas = [wand(seen.read, seen.whole, (150, 150), DIAMETER, how)[1].sum() for how in (0.0, 0.5, 1.0)]
    assert areas == sorted(areas)
    assert areas[2] > 1.1 * areas[0]


@pytest.mark.parametrize("factor", [0.3, 4.0])
def test_serves_small_and_large_cells(canvas, factor: float) -> None:
    picture, (cell, _) = smear((150, 150, 30), (205, 165, 28))
    size = round(400 * factor), round(300 * factor)
    seen = canvas(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), beyond=255)
    true = cv2.resize(cell.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    found = wand(seen.read, seen.whole, (145 * factor, 150 * factor), DIAMETER * factor)
    assert overlap(*found, true) > 0.85


def test_is_the_same_far_out_and_reads_a_small_window(canvas, far_out: Callable) -> None:
    picture, _ = smear((250, 160, 30), (305, 165, 30), size=(900, 900))
    near = canvas(picture, beyond=255)
    region, where = wand(near.read, near.whole, (250, 160), DIAMETER)
    far = far_out(picture, 255)
    far_region, far_where = wand(far.read, far.whole, (99_250, 98_160), DIAMETER)
    assert far_region == Region(region.x + 99_000, region.y + 98_000, region.w, region.h)
    assert np.array_equal(where, far_where)
    assert far.largest_read <= (4 * DIAMETER) ** 2


@settings(max_examples=40)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    st.integers(-2, 42),
    st.integers(-2, 42),
    st.floats(1, 200),
    st.floats(0, 1),
)
def test_takes_one_piece_or_nothing_of_whatever_there_is(
    canvas, picture: np.ndarray, x: int, y: int, diameter: float, sensitivity: float
) -> None:
    seen = canvas(picture, beyond=255)
    found = wand(seen.read, seen.whole, (x + 0.5, y + 0.5), diameter, sensitivity)
    if found is not None:
        region, where = found
        assert region == region.intersected(seen.whole)
        assert where.shape == (region.h, region.w)
        assert cv2.connectedComponents(where.astype(np.uint8), connectivity=4)[0] == 2
    region, where = SmartBrush(seen.read, seen.whole, (x, y), diameter, sensitivity).segment((x, y), (x + 5, y), 4)
    assert where.shape == (region.h, region.w)
