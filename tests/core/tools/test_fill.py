from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.tools.fill import fill

masks = hnp.arrays(np.uint8, (14, 14), elements=st.sampled_from([0, 0, 1, 1, 2]))


@given(masks, st.integers(0, 13), st.integers(0, 13), st.integers(0, 2))
def test_changes_the_piece_under_the_click_or_says_why_not(
    canvas, mask: np.ndarray, x: int, y: int, class_id: int
) -> None:
    seen = canvas(mask.copy())
    cell = cell_at(seen.read, seen.whole, (x, y))
    try:
        changes = fill(seen.read, seen.whole, (x + 0.5, y + 0.5), class_id)
    except UserError:
        return
    seen.apply(changes)
    changed = seen.plane != mask
    assert changed.any()
    assert (seen.plane[changed] == class_id).all()
    if cell is None:
        assert mask[y, x] == 0
        assert changed[y, x]
        assert (mask[changed] == 0).all()
        assert not changed[[0, -1]].any()
        assert not changed[:, [0, -1]].any()
    elif cell.class_id != class_id:
        assert np.array_equal(changed[cell.region.slices_in(seen.whole)], cell.where)
        assert changed.sum() == cell.where.sum()
    else:
        assert (mask[changed] == 0).all()
        with pytest.raises(UserError, match="no holes"):
            fill(seen.read, seen.whole, (x + 0.5, y + 0.5), class_id)


@pytest.fixture
def ring(discs) -> np.ndarray:
    mask = discs((80, 80), (40, 40, 30))
    mask[35:45, 30:50] = 0
    mask[20, 40] = 0
    mask[50:54, 40:44] = 2
    return mask


def test_a_click_in_a_hole_fills_that_hole(far_out, ring: np.ndarray) -> None:
    seen = far_out(ring)
    seen.apply(fill(seen.read, seen.whole, (99_040, 98_040), 1))
    assert (ring[35:45, 30:50] == 1).all()
    assert ring[20, 40] == 0


def test_a_click_on_the_cell_fills_all_its_holes_and_no_other_class(far_out, ring: np.ndarray) -> None:
    seen = far_out(ring)
    seen.apply(fill(seen.read, seen.whole, (99_020, 98_030), 1))
    assert (ring[35:45, 30:50] == 1).all()
    assert ring[20, 40] == 1
    assert (ring[50:54, 40:44] == 2).all()


def test_another_class_recolours_the_cell_and_background_takes_it_away(far_out, ring: np.ndarray) -> None:
    seen = far_out(ring)
    seen.apply(fill(seen.read, seen.whole, (99_020, 98_030), 3))
    assert seen.cells(1) == 0
    assert seen.cells(3) == 1
    seen.apply(fill(seen.read, seen.whole, (99_020, 98_030), 0))
    assert seen.cells(3) == 0
    assert seen.cells(2) == 1


@pytest.mark.parametrize(
    ("point", "class_id", "says"),
    [((99_001, 98_001), 1, "open"), ((99_001, 98_001), 0, "nothing to take away"), ((-5, -5), 1, "outside")],
)
def test_says_why_it_cannot(far_out, ring: np.ndarray, point: tuple[int, int], class_id: int, says: str) -> None:
    seen = far_out(ring)
    with pytest.raises(UserError, match=says):
        fill(seen.read, seen.whole, point, class_id)
    assert seen.largest_read < 5000 * 5000
