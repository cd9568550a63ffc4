from __future__ import annotations

import pytest

from model.training.schedule import learning_rate, stalled

FALLING = [1.0, 0.8, 0.6, 0.5]
STANDING = [0.5, 0.5, 0.51, 0.5]


def test_a_run_ends_once_its_loss_stands_still_for_as_long_as_patience_lasts() -> None:
    assert stalled(STANDING, 2, 10)
    assert not stalled(FALLING, 2, 10)
    assert not stalled(STANDING[:2], 2, 10), "there is nothing to compare with yet"
    assert not stalled(STANDING, 0, 10)


def test_epochs_of_few_steps_are_waited_for() -> None:
    assert not stalled([0.5] * 12, 2, 1), "twelve steps say nothing"
    assert stalled([0.5] * 13, 2, 1)
    assert stalled([0.5] * 4, 2, 4)


def test_the_rate_rises_then_falls_to_nothing_also_where_the_run_ends_before_its_time() -> None:
    planned = [learning_rate(step, 40, 40, 10) for step in range(40)]
    assert planned[0] == pytest.approx(0.25)
    assert max(planned) == pytest.approx(1)
    assert planned[-1] < 0.01
    short = [learning_rate(step, 20, 40, 10) for step in range(20)]
    assert short[:11] == planned[:11]
    assert short[-1] == pytest.approx(planned[19] / 10)
