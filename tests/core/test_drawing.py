from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.core.drawing import (
    BROKEN,
    CELL,
    CHANGES_WIDTH,
    LEFT,
    REPAIRED,
    RIGHT,
    changes,
    disagreement,
    filled,
    outlined,
    tinted,
)
from bcseg_gui.core.masks import DEFAULT_CLASSES

masks = arrays(np.uint8, (16, 20), elements=st.integers(0, 1))


def moves_towards(drawn: np.ndarray, grey: int, colour: tuple[int, int, int]) -> bool:
    return bool((np.sign(drawn.astype(int) - grey) == np.sign(np.array(colour) - grey)).all())


@given(left=masks, right=masks)
def test_only_what_differs_is_tinted(left: np.ndarray, right: np.ndarray) -> None:
    picture = np.full((16, 20, 3), 128, np.uint8)
    drawn = disagreement(picture, left, right)
    assert (drawn[left == right] == 128).all()
    for only, colour in (((left > right), LEFT), ((right > left), RIGHT)):
        assert moves_towards(drawn[only], 128, colour)


def test_a_cell_is_outlined_and_its_middle_stays() -> None:
    picture, classes = np.zeros((60, 60, 3), np.uint8), np.zeros((60, 60), np.uint8)
    classes[15:45, 15:45] = 1
    drawn = outlined(picture, classes)
    assert drawn[15, 30].any()
    assert not drawn[30, 30].any()
    assert not drawn[5, 5].any()
    assert not picture.any(), "the picture itself is left alone"


def test_cells_are_filled_and_the_rest_stays() -> None:
    picture = np.full((40, 40, 3), 200, np.uint8)
    cells = np.zeros((40, 40), np.bool_)
    cells[10:30, 10:30] = True
    drawn = filled(picture, cells)
    assert np.array_equal(drawn[:8], picture[:8])
    assert not np.array_equal(drawn[20, 20], picture[20, 20])
    assert np.array_equal(picture, np.full((40, 40, 3), 200))


def test_cells_have_the_colour_of_the_first_class() -> None:
    assert DEFAULT_CLASSES[0].color == "#{:02x}{:02x}{:02x}".format(*CELL)


@given(where=arrays(np.bool_, (16, 20)), opacity=st.floats(0, 1))
def test_a_tint_lies_between_picture_and_colour(where: np.ndarray, opacity: float) -> None:
    picture = np.full((16, 20, 3), 128, np.uint8)
    drawn = tinted(picture, where, RIGHT, opacity)
    assert (drawn[~where] == 128).all()
    low, high = np.minimum(RIGHT, 128), np.maximum(RIGHT, 128)
    assert ((drawn >= np.maximum(low - 1, 0)) & (drawn <= high)).all()


@given(truth=masks, new=masks, old=masks)
def test_repaired_and_broken_pixels_are_told_apart(truth: np.ndarray, new: np.ndarray, old: np.ndarray) -> None:
    picture = np.full((16, 20, 3), 128, np.uint8)
    drawn = changes(picture, truth, new, old)
    assert (drawn[(new == truth) == (old == truth)] == 128).all()
    assert moves_towards(drawn[(new == truth) & (old != truth)], 128, REPAIRED)
    assert moves_towards(drawn[(new != truth) & (old == truth)], 128, BROKEN)


def test_without_an_old_mask_what_is_wrong_is_marked_and_the_picture_shrinks() -> None:
    truth = np.zeros((300, 2 * CHANGES_WIDTH), np.uint8)
    new = truth.copy()
    new[:, CHANGES_WIDTH:] = 1
    drawn = changes(np.full((*truth.shape, 3), 128, np.uint8), truth, new, None)
    assert drawn.shape == (150, CHANGES_WIDTH, 3)
    assert (drawn[:, : CHANGES_WIDTH // 2 - 1] == 128).all()
    assert moves_towards(drawn[:, CHANGES_WIDTH // 2 + 1 :], 128, BROKEN)
