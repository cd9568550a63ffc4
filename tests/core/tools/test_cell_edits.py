from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bcseg_gui.core.cells.cell import Cell
from bcseg_gui.core.cells.picking import cell_at
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.cell_edits import copied, deleted, grown, merged, recoloured, shrunk

masks = hnp.arrays(np.uint8, (14, 14), elements=st.sampled_from([0, 0, 0, 1, 2]))


def every_cell(seen) -> list[Cell]:
    left, cells = seen.classes > 0, []
    while left.any():
        y, x = divmod(int(left.argmax()), left.shape[1])
        cell = cell_at(seen.read, seen.whole, (x + seen.region.x, y + seen.region.y))
        left[cell.region.slices_in(seen.region)] &= ~cell.where
        cells.append(cell)
    return cells


@given(masks)
def test_cells_go_and_change_class(canvas, mask: np.ndarray) -> None:
    seen = canvas(mask.copy())
    cells = every_cell(seen)
    ones = [cell for cell in cells if cell.class_id == 1]
    if ones:
        seen.apply(recoloured(ones, 3))
        assert np.array_equal(seen.plane, np.where(mask == 1, 3, mask))
    if cells:
        seen.apply(deleted(cells))
        assert not seen.plane.any()


@given(masks)
def test_growing_joins_no_cells_and_keeps_them_whole(canvas, mask: np.ndarray) -> None:
    seen = canvas(mask.copy())
    counts = seen.cells(1), seen.cells(2)
    try:
        seen.apply(grown(every_cell(seen), seen.read, seen.whole))
    except UserError:
        return
    assert (seen.cells(1), seen.cells(2)) == counts
    assert np.array_equal(seen.plane[mask > 0], mask[mask > 0])
    for row, col in zip(*np.nonzero((seen.plane > 0) & (mask == 0)), strict=True):
        neighbours = [(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)]
        around = {int(seen.plane[at]) for at in neighbours if 0 <= at[0] < 14 and 0 <= at[1] < 14}
        assert around <= {0, int(seen.plane[row, col])}


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_growing_then_shrinking_loses_nothing_of_a_cell_alone(canvas, shape: np.ndarray) -> None:
    seen = canvas(np.pad(shape.astype(np.uint8), 4))
    for cell in every_cell(seen)[:1]:
        alone = np.zeros_like(seen.plane)
        alone[cell.region.slices_in(seen.whole)] = cell.where
        seen = canvas(alone.copy())
        seen.apply(grown([cell], seen.read, seen.whole))
        seen.apply(shrunk(every_cell(seen)))
        assert (seen.plane[alone > 0] == 1).all()
        assert seen.plane.sum() <= alone.sum() + cell.region.area  # only bays and holes a pixel wide are filled


def test_a_disc_grows_and_shrinks_by_a_pixel_on_every_side(far_out, discs) -> None:
    seen = far_out(discs((60, 60), (30, 30, 20)))
    before = seen.plane.copy()
    seen.apply(grown(every_cell(seen), seen.read, seen.whole))
    assert cell_at(seen.read, seen.whole, (99_030, 98_030)).region == Region(99_009, 98_009, 43, 43)
    seen.apply(shrunk(every_cell(seen)))
    assert np.array_equal(seen.plane, before)


def test_the_border_of_the_slide_neither_gives_room_nor_takes_away(canvas) -> None:
    seen = canvas(np.zeros((20, 20), np.uint8))
    seen.plane[10:, 8:14] = 1
    cells = every_cell(seen)
    seen.apply(shrunk(cells, seen.whole))
    assert (seen.plane[11:, 9:13] == 1).all()
    assert seen.plane.sum() == 9 * 4
    seen.apply(grown(every_cell(seen), seen.read, seen.whole))
    assert seen.plane[19, 8] == 1


def test_cells_of_a_pixel_do_not_shrink_away(canvas) -> None:
    seen = canvas(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.uint8))
    with pytest.raises(UserError, match="too small"):
        shrunk(every_cell(seen))


def test_cells_side_by_side_have_no_room(canvas) -> None:
    seen = canvas(np.array([[1, 1, 0, 2, 2]], np.uint8))
    with pytest.raises(UserError, match="no room"):
        grown(every_cell(seen), seen.read, seen.whole)


def test_near_cells_become_one_of_the_first_ones_class(far_out, discs) -> None:
    seen = far_out(discs((100, 160), (40, 50, 25), (95, 50, 25)))
    seen.plane[:, 68:] *= 2
    first, second = cell_at(seen.read, seen.whole, (99_040, 98_050)), cell_at(seen.read, seen.whole, (99_095, 98_050))
    seen.apply(merged([first, second], seen.read))
    assert (seen.cells(1), seen.cells(2)) == (1, 0)
    added = int(seen.plane.sum()) - int(first.where.sum()) - int(second.where.sum())
    assert 0 < added < 300


def test_cells_far_apart_or_alone_are_not_joined(canvas, discs) -> None:
    seen = canvas(discs((60, 200), (30, 30, 20), (150, 30, 20)))
    cells = every_cell(seen)
    with pytest.raises(UserError, match="too far apart"):
        merged(cells, seen.read)
    with pytest.raises(UserError, match="two cells"):
        merged(cells[:1], seen.read)


def test_joining_paints_over_no_cell_between(canvas, discs) -> None:
    seen = canvas(discs((60, 120), (30, 30, 20), (75, 30, 20)))
    seen.plane[:, 52:54] = 2
    ones = [cell for cell in every_cell(seen) if cell.class_id == 1]
    with pytest.raises(UserError, match="Another cell"):
        merged(ones, seen.read)


@given(masks, st.integers(-3, 17), st.integers(-3, 17), st.booleans())
def test_a_copy_is_one_cell_more_and_changes_no_other(canvas, mask: np.ndarray, x: int, y: int, apart: bool) -> None:
    seen = canvas(np.kron(mask, np.ones((2, 2), np.uint8)))
    before = seen.plane.copy()
    for cell in every_cell(seen)[:1]:
        try:
            (change,) = copied(cell, (2 * x + 0.5, 2 * y + 0.5), seen.read, seen.whole, apart)
        except UserError:
            return
        counts = seen.cells(1) + seen.cells(2)
        seen.apply([change])
        assert np.array_equal(seen.plane[before > 0], before[before > 0])
        assert change.where.sum() <= cell.where.sum()
        if apart:
            assert seen.cells(1) + seen.cells(2) == counts + 1


def test_a_copy_with_room_is_the_same_shape(far_out, discs) -> None:
    seen = far_out(discs((60, 200), (30, 30, 20)))
    cell = cell_at(seen.read, seen.whole, (99_030, 98_030))
    (change,) = copied(cell, (99_150.4, 98_030.9), seen.read, seen.whole)
    assert change.region == Region(99_130, 98_010, 41, 41)
    assert np.array_equal(change.where, cell.where)
    with pytest.raises(UserError, match="no room"):
        copied(cell, (99_030, 98_030), seen.read, seen.whole)
    with pytest.raises(UserError, match="no room"):
        copied(cell, (-500, -500), seen.read, seen.whole)


def test_a_copy_of_which_less_than_half_finds_room_is_none(canvas, discs) -> None:
    seen = canvas(discs((80, 160), (40, 40, 20)))
    cell = cell_at(seen.read, seen.whole, (40, 40))
    with pytest.raises(UserError, match="no room"):
        copied(cell, (46, 40), seen.read, seen.whole)
    (change,) = copied(cell, (68, 40), seen.read, seen.whole)
    assert change.where.sum() > 0.5 * cell.where.sum()


def test_a_copy_may_hang_over_the_border_of_the_slide(canvas, discs) -> None:
    seen = canvas(discs((80, 160), (40, 40, 20)))
    cell = cell_at(seen.read, seen.whole, (40, 40))
    (change,) = copied(cell, (168, 40), seen.read, seen.whole)
    assert 0 < change.where.sum() < 0.5 * cell.where.sum()


def test_without_cells_there_is_nothing_to_do(canvas, discs) -> None:
    seen = canvas(discs((9, 9), (4, 4, 2)))
    for work in (lambda: deleted([]), lambda: grown([], seen.read, seen.whole), lambda: shrunk([])):
        with pytest.raises(UserError, match="no cell"):
            work()
    with pytest.raises(UserError, match="class already"):
        recoloured(every_cell(seen), 1)
