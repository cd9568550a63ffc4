from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.brush import stroke_parts, stroke_segment

coordinates = st.integers(-60 * 64, 60 * 64).map(lambda n: n / 64)
points = st.tuples(coordinates, coordinates)


def distances(region: Region, p0: tuple[float, float], p1: tuple[float, float]) -> np.ndarray:
    """From every pixel centre of the region to the segment."""
    x, y = np.meshgrid(region.x + np.arange(region.w) + 0.5, region.y + np.arange(region.h) + 0.5)
    dx, dy = p1[0] - p0[0], p1[1] - p0[1]
    squared = dx * dx + dy * dy
    t = np.clip(((x - p0[0]) * dx + (y - p0[1]) * dy) / squared, 0, 1) if squared > 0 else np.zeros_like(x)
    return np.hypot(x - p0[0] - t * dx, y - p0[1] - t * dy)


def whole(region: Region, covered: np.ndarray, frame: Region) -> np.ndarray:
    picture = np.zeros((frame.h, frame.w), bool)
    picture[region.slices_in(frame)] = covered
    return picture


@given(points, points, st.floats(0.75, 40))
def test_covers_the_pixels_within_the_radius_and_no_others(p0, p1, radius):
    region, covered = stroke_segment(p0, p1, radius)
    assert covered.shape == (region.h, region.w)
    frame = Region(-110, -110, 220, 220)
    distance = distances(frame, p0, p1)
    certain = np.abs(distance - radius) > 1e-6
    assert np.array_equal(whole(region, covered, frame)[certain], (distance <= radius)[certain])


@given(points, points, st.floats(0, 0.7))
def test_a_tiny_brush_leaves_an_unbroken_line(p0, p1, radius):
    region, covered = stroke_segment(p0, p1, radius)
    for x, y in (p0, p1):
        assert covered[int(np.floor(y)) - region.y, int(np.floor(x)) - region.x]
    components, _ = cv2.connectedComponents(covered.view(np.uint8), connectivity=8)
    assert components == 2
    assert distances(region, p0, p1)[covered].max() <= 0.5**0.5 + 1e-6


def test_one_pixel_brush_on_a_pixel_centre_covers_that_pixel():
    region, covered = stroke_segment((7.5, 3.5), (7.5, 3.5), 0.5)
    rows, cols = np.nonzero(covered)
    assert list(zip(cols + region.x, rows + region.y, strict=True)) == [(7, 3)]


def test_a_coordinate_just_below_a_whole_number_is_no_trouble():
    region, covered = stroke_segment((0.0, -1.0), (0.0, -1e-240), 0.0)
    assert region.h == 1
    assert covered.any()


@pytest.mark.parametrize("offset", [0, 100_000])
def test_the_shape_is_the_same_far_out_on_a_large_slide(offset):
    near = stroke_segment((10.25, 20.5), (31.75, 8.0), 12.3)[1]
    far = stroke_segment((10.25 + offset, 20.5 + offset), (31.75 + offset, 8.0 + offset), 12.3)[1]
    assert np.array_equal(near, far)


@given(points, points, st.floats(1, 400), st.sampled_from([0.8, 1, 1.2]))
def test_the_parts_of_a_way_are_the_way_without_the_disc_that_is_covered(
    p0: tuple[float, float], p1: tuple[float, float], radius: float, share: float
) -> None:
    region, way = stroke_segment(p0, p1, radius)
    around, disc = stroke_segment(p0, p0, share * radius)
    frame = region.united(around).grown(2)
    expected = whole(region, way, frame) & ~whole(around, disc, frame)
    parts = np.zeros_like(expected)
    for part, covered in stroke_parts(p0, p1, radius, share * radius):
        parts |= whole(part, covered, frame)
    np.testing.assert_array_equal(parts, expected)
