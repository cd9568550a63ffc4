from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.ui.dialogs.compare import LEFT, RIGHT, differing, outlined

masks = arrays(np.uint8, (16, 20), elements=st.integers(0, 1))


@given(left=masks, right=masks)
def test_only_what_differs_is_tinted(left: np.ndarray, right: np.ndarray) -> None:
    picture = np.full((16, 20, 3), 128, np.uint8)
    drawn = differing(picture, left, right)
    same = left == right
    assert (drawn[same] == 128).all()
    for only, colour in (((left > right), LEFT), ((right > left), RIGHT)):
        assert (np.sign(drawn[only].astype(int) - 128) == np.sign(np.array(colour) - 128)).all()


def test_a_cell_is_outlined_and_its_middle_stays() -> None:
    picture, classes = np.zeros((60, 60, 3), np.uint8), np.zeros((60, 60), np.uint8)
    classes[15:45, 15:45] = 1
    drawn = outlined(picture, classes)
    assert drawn[15, 30].any()
    assert not drawn[30, 30].any()
    assert not drawn[5, 5].any()
    assert not picture.any(), "the picture itself is left alone"
