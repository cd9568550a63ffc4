from __future__ import annotations

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.tools.split import cut_along, joined_along, proposed_cut


@given(
    st.integers(6, 30), st.integers(6, 30), st.floats(0, pi), st.floats(-0.6, 0.6), st.floats(0.3, 2.0), st.booleans()
)
def test_a_cell_is_parted_and_made_one_again(
    canvas, discs, width: int, height: int, turn: float, off: float, long: float, disc: bool
) -> None:
    plane = discs((100, 100), (50, 50, min(width, height))) if disc else np.zeros((100, 100), np.uint8)
    if not disc:
        plane[50 - height : 50 + height, 50 - width : 50 + width] = 1
    seen = canvas(plane.copy())
    reach, x, y = long * 30, 50 - off * sin(turn) * 5, 50 + off * cos(turn) * 5
    line = [(x - reach * cos(turn), y - reach * sin(turn)), (x, y), (x + reach * cos(turn), y + reach * sin(turn))]
    try:
        seen.apply(cut_along(seen.read, seen.whole, line))
    except UserError:
        assert reach < 45  # too short to be a cut
        return
    assert seen.cells() >= 2
    assert (seen.plane <= plane).all()
    assert plane.sum() - seen.plane.sum() < 3 * (width + height) + 0.03 * plane.sum()
    seen.apply(joined_along(seen.read, seen.whole, line))
    assert seen.cells() == 1


def test_the_cut_is_a_pixel_wide_and_only_inside_cells(far_out, discs) -> None:
    seen = far_out(discs((100, 100), (50, 50, 30)))
    seen.apply(cut_along(seen.read, seen.whole, [(99_050, 98_000), (99_050, 98_099)]))
    assert seen.cells() == 2
    assert np.array_equal(np.flatnonzero(discs((100, 100), (50, 50, 30)) != seen.plane) % 100, np.full(61, 50))


def test_one_line_parts_several_cells_of_several_classes(canvas, discs) -> None:
    seen = canvas(discs((50, 160), (30, 25, 15), (80, 25, 15)) + discs((50, 160), (130, 25, 15), class_id=2))
    seen.apply(cut_along(seen.read, seen.whole, [(0, 20), (159, 28)]))
    assert (seen.cells(1), seen.cells(2)) == (4, 2)


def test_a_line_that_nearly_crosses_is_carried_on_and_one_that_strays_in_is_not(canvas, discs) -> None:
    seen = canvas(discs((50, 160), (40, 25, 20), (82, 25, 20)))
    seen.apply(cut_along(seen.read, seen.whole, [(10, 25), (50, 25)]))
    assert seen.cells() == 3
    seen = canvas(discs((50, 160), (40, 25, 20), (82, 25, 20)))
    seen.apply(cut_along(seen.read, seen.whole, [(10, 25), (68, 25)]))
    assert seen.cells() == 3


@pytest.mark.parametrize(
    ("line", "says"), [([(0, 2), (99, 2)], "no cell under"), ([(0, 20), (45, 21)], "parts no cell")]
)
def test_says_why_it_parts_nothing(canvas, discs, line: list[tuple[float, float]], says: str) -> None:
    seen = canvas(discs((100, 100), (50, 50, 30)))
    with pytest.raises(UserError, match=says):
        cut_along(seen.read, seen.whole, line)


def test_a_long_line_over_an_enormous_slide_reads_little(far_out, discs) -> None:
    seen = far_out(discs((100, 100), (50, 50, 30)))
    seen.apply(cut_along(seen.read, seen.whole, [(90_000, 89_000), (99_099, 98_099)]))
    assert seen.cells() == 2
    assert seen.largest_read < 512 * 512


def test_a_line_from_one_cell_to_the_next_joins_them(far_out, discs) -> None:
    seen = far_out(discs((60, 160), (40, 30, 20), (84, 30, 20), (140, 30, 12)))
    seen.apply(joined_along(seen.read, seen.whole, [(99_040, 98_030), (99_084, 98_030)]))
    assert seen.cells() == 2
    with pytest.raises(UserError, match="nothing to join"):
        joined_along(seen.read, seen.whole, [(99_035, 98_030), (99_045, 98_030)])
    with pytest.raises(UserError, match="too far apart"):
        joined_along(seen.read, seen.whole, [(99_084, 98_030), (99_140, 98_030)])


def test_touching_cells_are_parted_where_proposed(far_out, discs) -> None:
    seen = far_out(discs((120, 240), (60, 60, 45), (140, 60, 45)))
    line = proposed_cut(seen.read, seen.whole, (99_060, 98_060), 90)
    assert all(abs(x - 99_100) < 4 for x, _ in line)
    seen.apply(cut_along(seen.read, seen.whole, line))
    assert seen.cells() == 2
    assert proposed_cut(seen.read, seen.whole, (99_060, 98_060), 90) is None


def test_proposes_nothing_for_one_cell_or_none(canvas, discs) -> None:
    seen = canvas(discs((120, 120), (60, 60, 45)))
    assert proposed_cut(seen.read, seen.whole, (60, 60), 90) is None
    assert proposed_cut(seen.read, seen.whole, (2, 2), 90) is None
    assert proposed_cut(seen.read, seen.whole, (-2, 2), 90) is None


def test_a_cell_that_the_border_halves_is_one(canvas, discs) -> None:
    seen = canvas(discs((60, 120), (60, 5, 45)))
    assert proposed_cut(seen.read, seen.whole, (60, 10), 90) is None
