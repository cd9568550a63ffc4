from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bcseg_gui.core.masks import MANUAL
from bcseg_gui.ui.slide_view.mask_sampling import DARK, LIGHT, SPACING, VEIL, VEIL_LINE, marked

values = arrays(np.uint8, (40, 52), elements=st.sampled_from([0, 1, 2, MANUAL, MANUAL | 1, MANUAL | 2]))
far = st.tuples(*[st.integers(-(10**9), 10**9)] * 2)


@given(values, far, st.integers(1, 3))
def test_marks_lie_on_what_a_person_changed_alone(
    values: NDArray[np.uint8], origin: tuple[int, int], width: int
) -> None:
    marks = marked(values, origin, width)
    assert not marks[values < MANUAL].any()
    assert np.isin(marks[values == MANUAL], (VEIL, VEIL_LINE)).all()
    assert np.isin(marks[values > MANUAL], (0, LIGHT, DARK)).all()


@given(values, far, st.integers(1, 3), st.integers(0, 30), st.integers(0, 30))
def test_the_lines_stand_still_whatever_part_is_painted(
    values: NDArray[np.uint8], origin: tuple[int, int], width: int, left: int, top: int
) -> None:
    part = marked(values[top:, left:], (origin[0] - left, origin[1] - top), width)
    np.testing.assert_array_equal(part, marked(values, origin, width)[top:, left:])


def test_nothing_wider_than_the_lines_are_apart_is_missed() -> None:
    for value, line in ((MANUAL | 1, LIGHT), (MANUAL, VEIL_LINE)):
        assert (marked(np.full((1, SPACING), value, np.uint8), (0, 0)) == line).sum() == 1
