from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from model.classical import METHODS, Calibration, calibrate, kmeans, otsu, quick, watershed
from model.classical.baselines import balanced_threshold
from model.tiles import Rect
from tests.waiting import LIMIT

GLASS, CELL = (228, 222, 230), (150, 90, 120)
DIAMETER = 40

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def smear(*centres: tuple[int, int], size: tuple[int, int] = (400, 300)) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture of `size` = (width, height) with ring-shaped cells, and the mask of these, filled."""
    picture = np.full((size[1], size[0], 3), GLASS, np.uint8)
    mask = np.zeros((size[1], size[0]), np.uint8)
    for centre in centres:
        cv2.circle(picture, centre, DIAMETER // 2, CELL, -1)
        cv2.circle(picture, centre, DIAMETER // 6, GLASS, -1)
        cv2.circle(mask, centre, DIAMETER // 2, 1, -1)
    return picture, mask


def grid(size: tuple[int, int] = (400, 300), step: int = 70) -> list[tuple[int, int]]:
    return [(x, y) for y in range(step // 2, size[1], step) for x in range(step // 2, size[0], step)]


def count(mask: NDArray[np.uint8]) -> int:
    return int(cv2.connectedComponents(mask, connectivity=4)[0]) - 1


def dice(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def noise(level: int, spread: float, size: tuple[int, int] = (300, 200)) -> NDArray[np.uint8]:
    values = np.random.default_rng(3).normal(level, spread, (size[1], size[0], 3))
    return values.clip(0, 255).astype(np.uint8)


BLANK = {
    "black": np.zeros((60, 80, 3), np.uint8),
    "white": np.full((60, 80, 3), 255, np.uint8),
    "grey": np.full((60, 80, 3), 128, np.uint8),
    "one colour": np.full((60, 80, 3), (200, 40, 90), np.uint8),
    "one pixel": np.full((1, 1, 3), 90, np.uint8),
    "one black pixel": np.zeros((1, 1, 3), np.uint8),
    "two pixels": np.full((1, 2, 3), 90, np.uint8),
    "one row": np.full((1, 500, 3), 90, np.uint8),
    "noise": noise(200, 4),
    "dark noise": noise(30, 3),
}


@every_method
@pytest.mark.parametrize("picture", BLANK.values(), ids=BLANK)
def test_a_blank_picture_has_no_cells(method, picture: NDArray[np.uint8]) -> None:
    mask = method(picture)
    assert (mask.dtype, mask.shape) == (np.uint8, picture.shape[:2])
    assert not mask.any()


@every_method
@settings(max_examples=30)
@given(picture=arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3))))
def test_any_picture_gives_a_mask_and_the_same_again(method, picture: NDArray[np.uint8]) -> None:
    mask = method(picture)
    assert (mask.dtype, mask.shape) == (np.uint8, picture.shape[:2])
    assert mask.max() <= 1
    assert not (mask.all() and np.ptp(picture) == 0)
    np.testing.assert_array_equal(method(picture), mask)


@every_method
def test_dark_cells_are_found_and_their_pale_middle_is_filled(method) -> None:
    picture, expected = smear(*grid())
    assert dice(method(picture), expected) > 0.97


def test_otsu_finds_dark_cells_and_fills_their_pale_centres() -> None:
    picture, expected = smear((100, 100))
    np.testing.assert_array_equal(otsu(picture), expected)


def test_the_balanced_threshold_lies_between_two_even_peaks() -> None:
    grey = np.repeat(np.array([60, 70, 80, 180, 190, 200], np.uint8), 50)[None]
    assert 80 <= balanced_threshold(grey) < 180


def test_clusters_are_of_colour_where_grey_says_little() -> None:
    picture = np.full((120, 160, 3), (120, 200, 120), np.uint8)
    cv2.circle(picture, (80, 60), 30, (190, 110, 150), -1)
    cv2.circle(picture, (20, 20), 8, (40, 30, 60), -1)
    mask = kmeans(picture)
    assert mask[60, 80] == 1
    assert mask[20, 20] == 1
    assert mask[100, 10] == 0


@pytest.mark.parametrize("apart", [33, 36, 39])
def test_the_watershed_parts_touching_cells_with_a_line_of_background(apart: int) -> None:
    alone = [(60, 60), (150, 60), (250, 60), (340, 60)]
    clump = [(120, 180), (120 + apart, 180), (120 + 2 * apart, 180), (120, 180 + apart)]
    picture, expected = smear(*alone, *clump)
    mask = watershed(picture)
    assert count(otsu(picture)) == len(alone) + 1
    assert count(mask) == len(alone) + len(clump)
    assert dice(mask, expected) > 0.95


def test_specks_and_slivers_at_the_edge_are_no_cells() -> None:
    picture, expected = smear(*grid())
    cv2.circle(picture, (70, 70), 4, CELL, -1)
    cv2.circle(picture, (140, 320), DIAMETER // 2 + 8, CELL, -1)  # a sliver of a cell outside of the picture
    assert dice(watershed(picture), expected) > 0.97
    assert count(watershed(picture)) == count(expected)


def test_a_gap_that_the_edge_of_the_picture_closes_is_no_hole() -> None:
    dark = np.zeros((30, 60), np.bool_)
    dark[:20, 10:50] = True
    dark[:8, 27:33] = dark[10:14, 15:19] = False
    expected = dark.copy()
    expected[10:14, 15:19] = True
    for turn in range(4):
        np.testing.assert_array_equal(quick.without_holes(np.rot90(dark, turn), 100), np.rot90(expected, turn))


def test_uneven_light_does_not_matter_to_the_watershed() -> None:
    picture, expected = smear(*grid())
    light = np.linspace(0.45, 1, picture.shape[1])[None, :, None]
    uneven = (picture * light).astype(np.uint8)
    assert dice(otsu(uneven), expected) < 0.8
    assert dice(watershed(uneven), expected) > 0.95


def reader(picture: NDArray[np.uint8]):
    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.x + rect.w <= picture.shape[1]
        assert rect.y + rect.h <= picture.shape[0]
        return cv2.resize(picture[rect.slices], size, interpolation=cv2.INTER_AREA)

    return read


def segmented(calibration: Calibration, picture: NDArray[np.uint8], region: Rect) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    mask = np.full((height, width), 9, np.uint8)
    for tile in calibration.tiles(region):
        assert (mask[tile.slices] == 9).all()
        mask[tile.slices] = calibration.segment(reader(picture), tile)
    return mask


def test_tiles_agree_at_their_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _ = smear(*grid(), (140, 105), (350, 245), (315, 140))
    whole = watershed(picture)
    monkeypatch.setattr(quick, "LARGEST_TILE", 110)
    in_tiles = watershed(picture)
    assert dice(whole, in_tiles) > 0.99
    assert count(whole) == count(in_tiles)


def test_a_region_alone_is_as_in_the_whole() -> None:
    picture, _ = smear(*grid())
    calibration = calibrate(reader(picture), (400, 300))
    region = Rect(90, 50, 200, 170)
    mask = segmented(calibration, picture, region)
    assert np.count_nonzero(mask != 9) == region.w * region.h
    assert np.mean(mask[region.slices] == watershed(picture)[region.slices]) > 0.99


def test_the_tile_nearest_to_where_one_looks_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "LARGEST_TILE", 100)
    calibration = Calibration((400, 300), np.full((1, 1), 220, np.uint8), 120, 40.0)
    first = calibration.tiles(Rect(0, 0, 400, 300), first=(390, 10))[0]
    assert (first.x + first.w, first.y) == (400, 0)


def test_the_cell_diameter_is_judged_from_cells_that_lie_alone() -> None:
    picture, _ = smear(*grid(), (140, 105), (350, 245), (315, 140))
    for scale in (1, 3):
        shown = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        size = shown.shape[1], shown.shape[0]
        assert calibrate(reader(shown), size).cell_diameter == pytest.approx(scale * DIAMETER, rel=0.05)
    assert calibrate(reader(picture), (400, 300), cell_diameter=55).cell_diameter == 55


def test_a_blank_slide_is_cut_into_few_tiles() -> None:
    blank = np.full((1500, 2000, 3), GLASS, np.uint8)
    calibration = calibrate(reader(blank), (2000, 1500))
    assert calibration.cell_diameter == quick.PHOTOGRAPHED_DIAMETER
    assert len(calibration.tiles(Rect(0, 0, 2000, 1500))) == 4


def test_a_huge_slide_is_judged_from_windows_and_never_read_whole() -> None:
    field, expected = smear(*grid())
    dimensions = 40_000, 30_000
    read_at_once = []

    def read(rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The same field again and again."""
        read_at_once.append(rect.w * rect.h)
        assert size == (rect.w, rect.h)
        rows = np.arange(rect.y, rect.y + rect.h) % field.shape[0]
        columns = np.arange(rect.x, rect.x + rect.w) % field.shape[1]
        return field[np.ix_(rows, columns)]

    calibration = calibrate(read, dimensions)
    assert calibration.cell_diameter == pytest.approx(DIAMETER, rel=0.1)
    mask = calibration.segment(read, Rect(20_000, 15_000, 400, 300))
    assert dice(mask, expected) > 0.95
    assert max(read_at_once) < 4_000_000


@pytest.mark.parametrize("size", [(1200, 900), (40_000, 30_000)], ids=["overview", "windows"])
def test_parts_that_cannot_be_read_do_not_keep_a_slide_from_being_judged(size: tuple[int, int]) -> None:
    field, expected = smear(*grid())
    height, width = field.shape[:2]

    def read(rect: Rect, wanted: tuple[int, int]) -> NDArray[np.uint8]:
        if rect.x < size[0] // 4:
            raise OSError("damaged")
        rows, columns = np.arange(rect.y, rect.y + rect.h), np.arange(rect.x, rect.x + rect.w)
        return field[np.ix_(rows % height, columns % width)]

    calibration = calibrate(read, size, unreadable=(OSError,))
    assert calibration.cell_diameter == pytest.approx(DIAMETER, rel=0.1)
    mask = calibration.segment(read, Rect(width * (size[0] // width - 1), 0, width, height))
    assert dice(mask, expected) > 0.95


def test_a_slide_of_which_nothing_can_be_read_cannot_be_judged() -> None:
    def read(rect: Rect, wanted: tuple[int, int]) -> NDArray[np.uint8]:
        raise OSError("damaged")

    with pytest.raises(OSError, match="damaged"):
        calibrate(read, (800, 600), unreadable=(OSError,))


def test_no_torch_is_needed() -> None:
    script = "import sys, model.classical; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=LIMIT, check=False).returncode == 0
