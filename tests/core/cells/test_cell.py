from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bcseg_gui.core.cells.cell import Cell, Cells
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.outline import enclosed

masks = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 0, 1, 1, 2])
)


@settings(max_examples=40)
@given(masks)
def test_outlines_enclose_just_the_cell(canvas, mask: np.ndarray) -> None:
    seen = canvas(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        cell = cell_at(seen.read, seen.whole, (x, y))
        inside = np.zeros(cell.where.shape, bool)
        for outline in cell.outlines():
            region, where = enclosed(outline, seen.whole)
            inside[region.slices_in(cell.region)] ^= where
        assert np.array_equal(inside, cell.where)


def test_outline_of_a_pixel_is_a_square_and_of_a_ring_two(far_out) -> None:
    ring = np.zeros((5, 5), np.uint8)
    ring[1:4, 1:4] = 1
    ring[2, 2] = 0
    seen = far_out(ring)
    outer, inner = sorted(cell_at(seen.read, seen.whole, (99_001, 98_001)).outlines())
    assert sorted(outer) == [(99_001, 98_001), (99_001, 98_004), (99_004, 98_001), (99_004, 98_004)]
    assert sorted(inner) == [(99_002, 98_002), (99_002, 98_003), (99_003, 98_002), (99_003, 98_003)]


def test_holds_its_own_pixels_only() -> None:
    cell = Cell(1, Region(10, 20, 2, 2), np.array([[True, False], [True, True]]))
    held = [(x, y) for y in range(18, 24) for x in range(8, 14) if cell.holds((x + 0.5, y + 0.5))]
    assert held == [(10, 20), (10, 21), (11, 21)]
    assert cell.area == 3


def test_cells_are_chosen_by_number_and_by_condition() -> None:
    cells = find_cells(np.array([[1, 0, 2, 2], [1, 0, 0, 0], [1, 0, 1, 0]], np.uint8))
    assert cells.areas.tolist() == [3, 1, 2]
    assert cells[cells.areas > 1].class_ids.tolist() == [1, 2]
    assert cells[np.array([2, 0])].areas.tolist() == [2, 3]
    assert len(Cells.none()) == len(Cells.joined([])) == 0


@given(masks)
def test_pieces_are_merged_into_what_they_would_be_as_one(mask: np.ndarray) -> None:
    """Cut into its columns, a mask of one class has the same box, area and centroid."""
    mask = (mask > 0).astype(np.uint8)
    if not mask.any():
        return
    columns = [find_cells(mask[:, x : x + 1], origin=(x, 0)) for x in range(mask.shape[1])]
    merged = Cells.joined(columns).merged()
    rows, cols = np.nonzero(mask)
    left, top = cols.min(), rows.min()
    assert merged.boxes.tolist() == [[left, top, cols.max() + 1 - left, rows.max() + 1 - top]]
    assert merged.areas.tolist() == [np.count_nonzero(mask)]
    assert merged.centroids[0] == pytest.approx((cols.mean() + 0.5, rows.mean() + 0.5))
