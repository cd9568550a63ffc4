from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bcseg_gui.core.cells.circles import find_circles, sample_discs

Disc = tuple[float, float, float]


def stained(discs: Sequence[Disc], size: tuple[int, int] = (320, 240), pale: float = 0.0) -> NDArray[np.float32]:
    """Absorbance of flat discs (x, y, radius), with a pale middle of `pale` radii; drawn to a sixteenth of a pixel."""
    stain = np.zeros((size[1], size[0]), np.float32)
    for share, value in ((1.0, 1.0), (pale, 0.0)):
        for x, y, radius in discs:
            if share > 0:
                centre = round(16 * x), round(16 * y)
                cv2.circle(stain, centre, round(16 * share * radius), value, cv2.FILLED, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(stain, (0, 0), 1), np.float32)


def found(stain: NDArray[np.float32]) -> list[Disc]:
    return sorted((float(x), float(y), float(radius)) for x, y, radius in find_circles(stain, 0.5))


@given(
    x=st.floats(70, 250),
    y=st.floats(70, 170),
    radius=st.floats(6, 65),
    pale=st.sampled_from([0.0, 0.5]),
)
def test_a_cell_alone_is_found_where_it_lies_and_as_large_as_it_is(x: float, y: float, radius: float, pale: float):
    (circle,) = found(stained([(x, y, radius)], pale=pale))
    assert circle == pytest.approx((x, y, radius), abs=1.0)


def test_touching_and_overlapping_cells_are_found_one_by_one() -> None:
    discs = [(60.0, 60.0, 24.0), (101.0, 66.0, 22.0), (85.0, 104.0, 25.0), (220.0, 120.0, 40.0), (280.0, 140.0, 36.0)]
    circles = found(stained(discs))
    assert len(circles) == len(discs)
    for circle, disc in zip(circles, sorted(discs), strict=True):
        assert circle == pytest.approx(disc, abs=0.1 * disc[2])


def test_rings_that_touch_count_by_their_outer_outline() -> None:
    discs = [(60.0, 60.0, 24.0), (107.0, 66.0, 22.0)]
    circles = [circle for circle in found(stained(discs, pale=0.6)) if circle[2] > 15]
    assert len(circles) == 2
    assert [radius for *_, radius in circles] == pytest.approx([24, 22], abs=2)


def test_a_slender_cell_counts_by_its_area() -> None:
    stain = np.zeros((240, 320), np.float32)
    cv2.ellipse(stain, (160, 120), (40, 20), 30, 0, 360, 1.0, cv2.FILLED)
    ((_, _, radius),) = found(stain)
    assert radius == pytest.approx(np.sqrt(40 * 20), rel=0.05)


def test_a_cell_cut_by_the_border_counts_when_most_of_it_is_seen() -> None:
    ((x, y, radius),) = found(stained([(18.0, 120.0, 25.0)]))
    assert (x, y, radius) == pytest.approx((18, 120, 25), abs=2)
    assert found(stained([(-18.0, 120.0, 25.0)])) == []


def test_neither_specks_nor_needles_nor_cells_round_an_empty_place_count() -> None:
    needle = np.zeros((240, 320), np.float32)
    cv2.line(needle, (200, 0), (260, 239), 1.0, 9)
    assert found(needle) == []
    assert found(stained([(40.0 * step, 60.0, 2.5) for step in range(1, 8)])) == []
    around = [(160 + 80 * np.cos(angle), 120 + 80 * np.sin(angle), 14.0) for angle in np.arange(8) * np.pi / 4]
    assert max(radius for *_, radius in found(stained(around))) < 16


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (30, 20), (27, 27)])
def test_a_tiny_picture_has_no_cells(size: tuple[int, int]) -> None:
    assert found(np.zeros((size[1], size[0]), np.float32)) == []
    assert found(np.ones((size[1], size[0]), np.float32)) == []


def test_discs_are_sampled_from_the_middle_outwards() -> None:
    samples = sample_discs(stained([(100.0, 100.0, 10.0)]), np.array([[100.0, 100.0, 20.0]]))
    assert samples[0].mean() == pytest.approx(0.25, abs=0.05)
    assert np.all(np.diff(samples[0].reshape(6, -1).mean(axis=1)) <= 0.01)
    assert sample_discs(np.zeros((5, 5), np.uint8), np.empty((0, 3))).shape[0] == 0
