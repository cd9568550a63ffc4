from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.change import Change
from bcseg_gui.core.tools.outline import covered_cells, enclosed, kept_apart

WHOLE = Region(0, 0, 40, 30)
coordinates = st.integers(-20 * 8, 60 * 8).map(lambda n: n / 8 + 1 / 64)  # never on a pixel's centre
outlines = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9)
masks = hnp.arrays(np.uint8, (12, 12), elements=st.sampled_from([0, 0, 0, 1, 2]))
wheres = hnp.arrays(np.bool_, (8, 7))


def on(region: Region, where: np.ndarray, frame: Region) -> np.ndarray:
    picture = np.zeros((frame.h, frame.w), bool)
    picture[region.slices_in(frame)] = where
    return picture


@given(outlines)
def test_is_what_a_ray_from_the_pixel_crosses_an_odd_number_of_times(outline: list[tuple[float, float]]) -> None:
    region, where = enclosed(outline, WHOLE)
    assert region == region.intersected(WHOLE)
    assert where.shape == (region.h, region.w)
    found = on(region, where, WHOLE)
    for y in range(WHOLE.h):
        crossings = [
            x0 + (y + 0.5 - y0) / (y1 - y0) * (x1 - x0)
            for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True)
            if (y0 <= y + 0.5) != (y1 <= y + 0.5)
        ]
        for x in range(WHOLE.w):
            if all(abs(crossing - x - 0.5) > 1e-6 for crossing in crossings):
                assert found[y, x] == (sum(crossing < x + 0.5 for crossing in crossings) % 2 == 1)


@given(outlines)
def test_is_the_same_far_out(outline: list[tuple[float, float]]) -> None:
    region, where = enclosed(outline, Region(-50, -50, 200, 200))
    far, far_where = enclosed([(x + 99_000, y + 98_000) for x, y in outline], Region(98_950, 97_950, 200, 200))
    assert np.array_equal(where, far_where)
    assert region.is_empty or far == Region(region.x + 99_000, region.y + 98_000, region.w, region.h)


def test_a_square_along_pixel_edges_is_its_pixels() -> None:
    region, where = enclosed([(3, 4), (8, 4), (8, 6), (3, 6)], WHOLE)
    assert region == Region(3, 4, 5, 2)
    assert where.all()


def test_two_points_enclose_nothing_and_half_a_slide_is_refused() -> None:
    assert enclosed([(1, 1), (9, 9)], WHOLE)[0].is_empty
    side = 100_000
    with pytest.raises(UserError, match="too large"):
        enclosed([(0, 0), (side, 0), (side, side)], Region(0, 0, side, side))


@given(masks, wheres, st.integers(-2, 7), st.integers(-2, 6), st.integers(1, 2))
def test_a_new_cell_changes_no_other(
    canvas, mask: np.ndarray, where: np.ndarray, x: int, y: int, class_id: int
) -> None:
    frame = np.zeros((20, 20), np.uint8)
    frame[4:16, 4:16] = mask
    seen = canvas(frame)
    before = frame.copy()
    change = kept_apart(Change(Region(x + 4, y + 4, 7, 8), where, class_id), seen.read)
    added = canvas(np.zeros_like(frame))
    added.apply([change])
    seen.apply([change])
    assert np.array_equal(seen.plane[before > 0], before[before > 0])
    assert seen.cells(class_id) == canvas(before).cells(class_id) + added.cells(class_id)
    assert seen.cells(3 - class_id) == canvas(before).cells(3 - class_id)


def test_what_is_far_enough_from_others_stays_whole(canvas, discs) -> None:
    seen = canvas(discs((40, 40), (8, 8, 5)))
    change = Change(Region(20, 20, 9, 9), np.ones((9, 9), bool), 1)
    assert kept_apart(change, seen.read).where.all()


def test_the_cell_that_is_meant_may_grow(canvas, discs) -> None:
    seen = canvas(discs((60, 80), (25, 30, 10), (55, 30, 10)))
    own = cell_at(seen.read, seen.whole, (25, 30))
    change = Change(Region(10, 10, 50, 40), np.ones((40, 50), bool), 1)
    seen.apply([kept_apart(change, seen.read, [own])])
    assert seen.cells() == 2
    assert cell_at(seen.read, seen.whole, (25, 30)).region.united(own.region).area > 2 * own.region.area
    assert cell_at(seen.read, seen.whole, (55, 30)).where.sum() == own.where.sum()


def test_background_is_painted_as_it_is(canvas, discs) -> None:
    seen = canvas(discs((20, 20), (10, 10, 5)))
    change = Change(seen.whole, np.ones((20, 20), bool), 0)
    assert kept_apart(change, seen.read) is change


def test_cells_that_are_mostly_drawn_anew_are_told(canvas, discs) -> None:
    seen = canvas(discs((60, 120), (20, 30, 10), (50, 30, 10), (100, 30, 10)))
    change = Change(Region(0, 0, 55, 60), np.ones((60, 55), bool), 1)
    assert [cell.region.x for cell in covered_cells(change, seen.read, seen.whole)] == [10, 40]
    change = Change(Region(0, 0, 45, 60), np.ones((60, 45), bool), 1)
    assert [cell.region.x for cell in covered_cells(change, seen.read, seen.whole)] == [10]
