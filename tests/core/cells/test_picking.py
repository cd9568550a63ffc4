from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bcseg_gui.core.cells import picking
from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL

masks = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 0, 1, 1, 2])
)


@given(masks, st.integers(0, 13), st.integers(0, 13))
def test_is_the_component_of_its_class(canvas, mask: np.ndarray, x: int, y: int) -> None:
    seen = canvas(mask)
    cell = cell_at(seen.read, seen.whole, (x + 0.5, y + 0.5))
    if not (x < mask.shape[1] and y < mask.shape[0] and mask[y, x]):
        assert cell is None
        return
    _, labels = cv2.connectedComponents((mask == mask[y, x]).astype(np.uint8), connectivity=4)
    expected = labels == labels[y, x]
    found = np.zeros_like(expected)
    found[cell.region.slices_in(seen.whole)] = cell.where
    assert cell.class_id == mask[y, x]
    assert np.array_equal(found, expected)
    assert cell.where.any(axis=0)[[0, -1]].all()
    assert cell.where.any(axis=1)[[0, -1]].all()


def test_grows_its_window_until_the_cell_is_whole_and_reads_no_more(far_out) -> None:
    mask = np.zeros((1500, 900), np.uint8)
    mask[100:1400, 400:405] = 1
    seen = far_out(mask)
    cell = cell_at(seen.read, seen.whole, (99_402, 98_120))
    assert cell.region == Region(99_400, 98_100, 5, 1300)
    assert cell.where.all()
    small = far_out(mask[:150])
    cell_at(small.read, small.whole, (99_402, 98_120))
    assert small.largest_read < 300 * 300


def test_sees_the_class_below_the_manual_bit(canvas) -> None:
    seen = canvas(np.array([[1, 1 | MANUAL, 2]], np.uint8))
    assert cell_at(seen.read, seen.whole, (0, 0)).region == Region(0, 0, 2, 1)


def test_refuses_what_is_too_large_for_a_cell(canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "LARGEST", 300)
    seen = canvas(np.ones((301, 301), np.uint8))
    with pytest.raises(UserError, match="too large"):
        cell_at(seen.read, seen.whole, (5, 5))
