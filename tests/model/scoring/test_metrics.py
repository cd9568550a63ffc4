from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.scoring.metrics import label_cells, match_cells, score_picture, summary, without_new

masks = arrays(np.uint8, (12, 12), elements=st.integers(0, 1))


@given(masks, masks)
def test_dice_and_jaccard_follow_from_each_other(a: np.ndarray, b: np.ndarray) -> None:
    score = score_picture("x", a, b)
    assert score.dice == pytest.approx(2 * score.jaccard / (1 + score.jaccard))
    assert score_picture("x", b, a).dice == score.dice


@given(masks)
def test_a_perfect_mask_scores_one(a: np.ndarray) -> None:
    score = score_picture("x", a, a, min_area=1)
    assert (score.dice, score.jaccard, score.pixel_accuracy, score.object_f1, score.count_error) == (1, 1, 1, 1, 0)


@given(masks, masks)
def test_no_cell_is_matched_twice(a: np.ndarray, b: np.ndarray) -> None:
    cells, true_cells = label_cells(a, 1), label_cells(b, 1)
    assert 0 <= match_cells(cells, true_cells) <= min(len(cells.areas), len(true_cells.areas))


@given(masks, masks)
def test_blocks_add_up_to_the_picture(a: np.ndarray, b: np.ndarray) -> None:
    score = score_picture("x", a, b, min_area=1)
    overlap, predicted, drawn, cells, drawn_cells = np.sum(score.blocks, axis=0)
    assert score.dice == pytest.approx(2 * overlap / (predicted + drawn) if predicted + drawn else 1)
    assert (cells, drawn_cells) == (score.count, score.true_count)


def test_touching_cells_that_merge_cost_f1_and_count() -> None:
    truth = np.zeros((20, 41), np.uint8)
    truth[:, :20] = truth[:, 21:] = 1
    merged = np.ones_like(truth)
    score = score_picture("x", merged, truth, min_area=10)
    assert (score.count, score.true_count) == (1, 2)
    assert score.object_f1 == 0
    assert score.count_error == 0.5
    assert score.dice > 0.98


def test_specks_are_no_cells() -> None:
    truth = np.zeros((40, 40), np.uint8)
    truth[5:25, 5:25] = 1
    predicted = truth.copy()
    predicted[30:33, 30:33] = 1
    assert score_picture("x", predicted, truth).object_f1 == 1


@given(arrays(np.uint8, (12, 12), elements=st.integers(0, 2)), st.integers(1, 5))
def test_cells_know_their_areas_and_boxes(classes: np.ndarray, min_area: int) -> None:
    cells = label_cells(classes, min_area)
    assert cells.labels.max() == len(cells.areas) == len(cells.boxes)
    for label, (area, box) in enumerate(zip(cells.areas, cells.boxes, strict=True), 1):
        y, x = np.nonzero(cells.labels == label)
        assert len(np.unique(classes[y, x])) == 1
        assert area == len(x) >= min_area
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_loss_is_the_cross_entropy() -> None:
    truth = np.array([[1, 0]], np.uint8)
    score = score_picture("x", truth, truth, np.array([[0.8, 0.4]], np.float32))
    assert score.loss == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2, rel=1e-5)


def test_summary_is_the_mean_and_the_worst() -> None:
    truth = np.ones((10, 10), np.uint8)
    scores = [score_picture("good", truth, truth), score_picture("bad", np.zeros_like(truth), truth)]
    figures = summary(scores)
    assert figures["dice"] == 0.5
    assert figures["worst_dice"] == 0
    assert math.isnan(figures["loss"])


def test_a_cell_of_another_class_is_wrong() -> None:
    truth = np.zeros((60, 120), np.uint8)
    truth[10:50, 10:50], truth[10:50, 70:110] = 1, 2
    score = score_picture("x", np.minimum(truth, 1), truth)
    assert (score.dice, score.object_f1, score.count) == (0.5, 0.5, 2)


def test_what_the_other_model_does_not_know_is_not_held_against_it() -> None:
    truth = np.zeros((60, 180), np.uint8)
    truth[10:50, 10:50], truth[10:50, 70:110] = 1, 2
    parent = np.zeros_like(truth)
    parent[10:50, 10:50] = parent[8:52, 68:112] = 1  # it takes the other for a cell too, and a little more for it
    child = truth.copy()
    child[10:50, 130:170] = 2
    for classes in (parent, child):
        kept, drawn = without_new(classes, truth, 1)
        score = score_picture("x", kept, drawn)
        assert (score.dice, score.count, score.true_count) == (1, 1, 1)
    missed = np.where(truth == 1, 2, truth).astype(np.uint8)
    assert score_picture("x", *without_new(missed, truth, 1)).dice == 0, "it was known before"
