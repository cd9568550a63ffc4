from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from model.separate import SEED_DEPTH, no_cells, part, seed_depth_of, territories


def discs(*centres: tuple[int, int], radius: int = 21, size: tuple[int, int] = (140, 200)) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.uint8)
    for x, y in centres:
        cv2.circle(mask, (x, y), radius, 1, -1)
    return mask > 0


def count(mask: NDArray[np.bool_]) -> int:
    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[0]) - 1


@pytest.mark.parametrize(
    "centres",
    [
        [(50, 70)],
        [(50, 70), (88, 70)],
        [(50, 40), (80, 66), (50, 100)],
        [(40, 70), (76, 70), (112, 70), (148, 70)],
    ],
)
def test_as_many_cells_as_discs(centres: list[tuple[int, int]]) -> None:
    foreground = discs(*centres)
    apart = part(foreground, territories(foreground, 42), 42)
    assert count(apart) == len(centres)
    assert np.count_nonzero(foreground & ~apart) < 0.03 * np.count_nonzero(foreground), "a thin line is enough"


def test_the_line_runs_through_the_neck() -> None:
    foreground = discs((50, 70), (88, 70))
    cut = foreground & ~part(foreground, territories(foreground, 42), 42)
    assert abs(float(np.nonzero(cut)[1].mean()) - 69) < 2.5


@pytest.mark.parametrize(("splitting", "cells"), [(0.0, 1), (0.5, 2), (1.0, 3)])
def test_how_readily_cells_come_apart_is_a_matter_of_choice(splitting: float, cells: int) -> None:
    deep, slight = (40, 70), (78, 70)
    foreground = discs(deep, slight, (95, 70))
    territory = territories(foreground, 42, seed_depth=seed_depth_of(splitting))
    assert count(part(foreground, territory, 42)) == cells


def test_the_more_readily_the_shallower_a_seed_may_be() -> None:
    depths = [seed_depth_of(splitting / 10) for splitting in range(11)]
    assert depths == sorted(depths, reverse=True)
    assert depths[5] == SEED_DEPTH


def test_one_odd_cell_stays_whole() -> None:
    mask = np.zeros((140, 200), np.uint8)
    cv2.ellipse(mask, (100, 70), (34, 19), 30, 0, 360, 1, -1)
    assert count(part(mask > 0, territories(mask > 0, 42), 42)) == 1


def test_specks_and_full_and_empty_pictures_stay_as_they_are() -> None:
    speck = discs((20, 20), radius=3)
    for foreground in (speck, np.ones((50, 60), np.bool_), np.zeros((50, 60), np.bool_)):
        np.testing.assert_array_equal(part(foreground, territories(foreground, 42), 42), foreground)


@given(arrays(np.bool_, (40, 50)), st.floats(4, 30))
def test_nothing_is_added_and_territories_never_touch(foreground: NDArray[np.bool_], diameter: float) -> None:
    territory = territories(foreground, diameter)
    apart = part(foreground, territory, diameter)
    assert not (apart & ~foreground).any()
    inside = np.where(apart, territory, 0)
    for one, other in ((inside[1:], inside[:-1]), (inside[:, 1:], inside[:, :-1])):
        assert not ((one != other) & (one > 0) & (other > 0)).any()


@pytest.mark.parametrize(
    ("centre", "sides", "dropped"),
    [
        ((-12, 70), (True, True, True, True), True),
        ((-12, 70), (False, True, True, True), False),  # the array ends there, the picture goes on
        ((5, 70), (True, True, True, True), False),  # more than half of it is seen
        ((100, -12), (True, True, True, True), True),
        ((212, 150), (True, True, True, True), True),
        ((-12, 146), (True, True, True, False), False),  # cut by the picture and by the array: of unknown size
    ],
)
def test_slivers_at_the_edge_of_the_picture(
    centre: tuple[int, int], sides: tuple[bool, bool, bool, bool], dropped: bool
) -> None:
    foreground = discs((100, 70), centre)
    territory = territories(foreground, 42)
    flags = no_cells(territory, foreground, sides, smallest=0, smallest_at_edge=0.35 * np.pi * 21**2)
    assert not flags[territory[70, 100]]
    assert not flags[0]
    assert flags.sum() == dropped


def test_a_speck_is_no_cell_unless_it_goes_on_beyond_the_array() -> None:
    foreground = discs((100, 70)) | discs((20, 20), radius=8) | discs((0, 100), radius=8)
    territory = territories(foreground, 42)
    flags = no_cells(territory, foreground, (False,) * 4, smallest=0.25 * np.pi * 21**2, smallest_at_edge=0)
    assert flags[territory[20, 20]]
    assert flags.sum() == 1


def test_what_is_beyond_doubt_shows_that_there_are_two() -> None:
    """Two discs drawn so closely together that their outline shows one."""
    foreground = discs((70, 70), (86, 70))
    assert count(part(foreground, territories(foreground, 42), 42)) == 1
    sure = discs((62, 70), (94, 70), radius=13)
    assert count(part(foreground, territories(foreground, 42, sure=sure), 42)) == 2
