from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.scoring.metrics import label_cells
from model.scoring.mistakes import border_error, find_mistakes

label_pictures = arrays(np.uint8, (8, 8), elements=st.integers(0, 1)).map(lambda mask: label_cells(mask, 1).labels)


def picture(*rows: str) -> np.ndarray:
    return np.array([[int(digit) for digit in row] for row in rows], np.int32)


def test_two_true_cells_under_one_are_merged() -> None:
    mistakes = find_mistakes(picture("11111"), picture("11022"))
    assert mistakes.merged.tolist() == [True]
    assert not mistakes.missed.any()
    assert not mistakes.false.any()


def test_a_true_cell_under_two_is_split() -> None:
    mistakes = find_mistakes(picture("11022"), picture("11111"))
    assert mistakes.split.tolist() == [True]
    assert not mistakes.missed.any()
    assert not mistakes.false.any()


def test_a_cell_with_a_neighbour_s_rim_is_not_merged() -> None:
    mistakes = find_mistakes(picture("11111100"), picture("11110222"))
    assert not mistakes.merged.any()
    assert mistakes.missed.tolist() == [False, True]


def test_missed_and_false() -> None:
    mistakes = find_mistakes(picture("11000", "00022"), picture("11000", "22000"))
    assert mistakes.missed.tolist() == [False, True]
    assert mistakes.false.tolist() == [False, True]


def test_a_cell_outlined_badly_is_a_missed_and_a_false_one() -> None:
    mistakes = find_mistakes(picture("1110000"), picture("0011111"))
    assert mistakes.missed.tolist() == mistakes.false.tolist() == [True]


@given(label_pictures)
def test_the_truth_has_no_mistakes(labels: np.ndarray) -> None:
    mistakes = find_mistakes(labels, labels)
    assert not any(kind.any() for kind in (mistakes.missed, mistakes.false, mistakes.merged, mistakes.split))
    assert border_error(labels, labels, mistakes) == (0, 0)


@given(label_pictures, label_pictures)
def test_exchanged_truth_exchanges_the_mistakes(labels: np.ndarray, true_labels: np.ndarray) -> None:
    there, back = find_mistakes(labels, true_labels), find_mistakes(true_labels, labels)
    assert there.merged.tolist() == back.split.tolist()
    assert there.missed.tolist() == back.false.tolist()


@given(label_pictures)
def test_without_prediction_everything_is_missed(true_labels: np.ndarray) -> None:
    nothing = np.zeros_like(true_labels)
    mistakes = find_mistakes(nothing, true_labels)
    assert mistakes.missed.all()
    assert len(mistakes.missed) == true_labels.max()
    assert border_error(nothing, true_labels, mistakes) == (0, 0)


def test_borders_too_wide_and_too_narrow_are_shares_of_the_true_cells() -> None:
    labels, true_labels = picture("0111110000", "0000002222"), picture("1111000000", "0000002223")
    assert border_error(labels, true_labels, find_mistakes(labels, true_labels)) == (2 / 8, 1 / 8)


def test_missed_and_false_cells_are_no_matter_of_borders() -> None:
    labels, true_labels = picture("11000222"), picture("11033000")
    assert border_error(labels, true_labels, find_mistakes(labels, true_labels)) == (0, 0)
