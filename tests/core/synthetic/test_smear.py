"""A synthetic smear is repeatable, its mask exact, and its look that of a smear."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.synthetic.smear import STAINS, make_smear


def components(mask: np.ndarray) -> np.ndarray:
    """Areas of the 4-connected cells that do not touch the edge."""
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    left, top, w, h, area = stats[1:].T
    return area[(left > 0) & (top > 0) & (left + w < width) & (top + h < height)]


def test_the_same_seed_gives_the_same_smear_and_another_one_another():
    first, again, other = (make_smear(200, 150, seed, cell_diameter=30) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.image != other.image).any()


@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    seed=st.integers(0, 2**32),
    diameter=st.floats(6, 150),
    stain=st.sampled_from(sorted(STAINS)),
)
def test_any_size_gives_a_picture_and_a_mask_of_that_size(width, height, seed, diameter, stain):
    smear = make_smear(width, height, seed, diameter, stain=stain, density=0.3)
    assert smear.image.shape == (height, width, 3)
    assert smear.image.dtype == np.uint8
    assert smear.mask.shape == (height, width)
    assert set(np.unique(smear.mask)) <= {0, 255}


@pytest.mark.parametrize("diameter", [30.0, 60.0])
def test_cells_have_the_asked_diameter_and_density(diameter):
    smear = make_smear(800, 600, 3, diameter, white_cells=0, density=0.2)
    areas = components(smear.mask)
    assert np.median(np.sqrt(areas / np.pi)) * 2 == pytest.approx(diameter, rel=0.08)
    assert areas.min() > 0.02 * 0.785 * diameter**2  # no slivers
    assert (smear.mask > 0).mean() == pytest.approx(0.2, abs=0.06)


def test_the_mask_lies_on_the_cells():
    smear = make_smear(500, 400, 8, 50, stain="wine", white_cells=0)
    grey = smear.image.mean(axis=-1)
    inside = cv2.erode(smear.mask, None, iterations=3) > 0
    outside = cv2.dilate(smear.mask, None, iterations=4) == 0
    assert np.percentile(grey[inside], 95) < np.percentile(grey[outside], 5)
    otsu, _ = cv2.threshold(grey.astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    found, truth = grey < otsu, smear.mask > 0
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.95


def test_touching_cells_are_parted_by_a_line():
    smear = make_smear(600, 500, 4, 40, density=0.5, white_cells=0)
    closed = cv2.morphologyEx(smear.mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    assert len(components(smear.mask)) > 1.2 * len(components(closed))


def test_pale_centres_are_filled_in_the_mask():
    smear = make_smear(600, 500, 4, 60, density=0.06, white_cells=0)  # too sparse for a ring of cells round a gap
    contours, _ = cv2.findContours(smear.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(smear.mask), contours, -1, 255, cv2.FILLED)
    np.testing.assert_array_equal(filled, smear.mask)


def test_white_cells_are_larger_and_in_the_mask():
    without, with_one = (make_smear(400, 400, 2, 50, white_cells=n, density=0.02) for n in (0, 4))
    assert (with_one.mask > 0).sum() > (without.mask > 0).sum() + 2 * 0.785 * 50**2


def test_without_cells_the_mask_is_empty():
    smear = make_smear(100, 100, 1, 30, density=0.0, white_cells=0)
    assert not smear.mask.any()
    assert smear.image.mean() > 200
